"""Works out which tests need not be traced for the share of lines and branches that the suite promises.

`make untraced` runs the whole suite with all tests traced, each process noting what every test runs through and takes,
and then `python -m tools.untraced FOLDER` writes two lists: `tests/untraced.txt`, of tests that are traced unless they
are named, and `tests/traced.txt`, of tests of whole pages and the like, which are not unless they are named. Which
tests are traced is a weighted set cover: all that take next to nothing, and of the others one by one whichever brings
most that is still missing for its seconds (the greedy rule of Chvátal, 1979), until what is missing is little.
"""

from __future__ import annotations

import heapq
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

TESTS = Path(__file__).resolve().parents[1] / "tests"
UNTRACED, TRACED = TESTS / "untraced.txt", TESTS / "traced.txt"
# A test that takes less is not worth a line.
LEAST_SECONDS = 0.02
# Of the lines and branches that anything runs through, so many may be left to tests that are not traced: dear ones that
# add few. The share that is counted is that much less than the true one.
LOSS = 0.005


def chosen(marks: Mapping[str, np.ndarray], seconds: Mapping[str, float], loss: float = LOSS) -> list[str]:
    """Return the tests that need not be traced, in alphabetical order.

    Parameters
    ----------
    marks : mapping of str to np.ndarray
        The lines and branches each test runs through, as numbers.
    seconds : mapping of str to float
        What each takes.
    loss : float
        Share of all lines and branches that the traced ones may miss.

    Examples
    --------
    >>> marks = {"a": np.array([1, 2]), "b": np.array([1, 2, *range(100, 200)]), "c": np.array([3])}
    >>> chosen(marks, {"a": 1.0, "b": 2.0, "c": 0.01})
    ['a']
    """
    traced = {name for name in marks if seconds[name] < LEAST_SECONDS}
    every, places = np.unique(np.concatenate([np.empty(0, np.uint64), *marks.values()]), return_inverse=True)
    ends = np.cumsum([own.size for own in marks.values()])
    own_places = dict(zip(marks, np.split(places, ends[:-1]), strict=True)) if marks else {}
    missing = np.ones(every.size, dtype=bool)
    for name in traced:
        missing[own_places[name]] = False
    queue = [(-np.inf, name) for name in sorted(marks) if name not in traced]
    while queue and missing.sum() > loss * every.size:
        promised, name = heapq.heappop(queue)
        worth = missing[own_places[name]].sum() / seconds[name]
        if worth == 0:
            continue
        # What a test brings only shrinks: as good as promised, it is the best there is.
        if -promised > worth:
            heapq.heappush(queue, (-worth, name))
        else:
            traced.add(name)
            missing[own_places[name]] = False
    return sorted(set(marks) - traced)


def read(folder: Path) -> tuple[dict[str, np.ndarray], dict[str, float], set[str]]:
    """Return what each test ran through and took, its cases together, and those not traced unless they are named."""
    parts, seconds, unless_named = dict[str, list[np.ndarray]](), dict[str, float](), set[str]()
    for file in sorted(folder.glob("*.npz")):
        notes = np.load(file)
        cases = np.split(notes["marks"], np.cumsum(notes["sizes"])[:-1])
        for name, took, own in zip(notes["names"].tolist(), notes["seconds"].tolist(), cases, strict=True):
            parts.setdefault(name, []).append(own)
            seconds[name] = seconds.get(name, 0.0) + took
        unless_named |= set(notes["unless_named"].tolist())
    return {name: np.unique(np.concatenate(own)) for name, own in parts.items()}, seconds, unless_named


def write_down(file: Path, names: Iterable[str]) -> None:
    """Write a list, a test in a line."""
    file.write_text("".join(f"{name}\n" for name in sorted(names)), encoding="utf-8")


def main(words: list[str]) -> int:
    """Write both lists from a folder of notes."""
    marks, seconds, unless_named = read(Path(words[0]))
    names = set(chosen(marks, seconds))
    write_down(UNTRACED, names - unless_named)
    write_down(TRACED, unless_named - names)
    saved, total = sum(seconds[name] for name in names), sum(seconds.values())
    print(f"{len(names)} of {len(marks)} tests need not be traced: {saved:.0f} of {total:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
