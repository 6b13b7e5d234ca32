"""Works out which tests need not be traced: they add no line and no branch to what tests before them run through.

`make untraced` runs the whole suite with all tests traced, each process noting what every test adds, and then
`python -m tools.untraced FOLDER` writes `tests/untraced.txt`. In whatever order tests run, those that added nothing can
be left out and the sum stays the same.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

LIST = Path(__file__).resolve().parents[1] / "tests" / "untraced.txt"
# A test that takes less is not worth a line.
LEAST_SECONDS = 0.2
# So many lines and branches may be lost, of about 60,000, where dear tests add few.
LOSS = 30


def chosen(rows: Iterable[tuple[str, int, float]]) -> list[str]:
    """Return the tests that need not be traced, in alphabetical order.

    Parameters
    ----------
    rows : iterable of tuple
        Test, lines and branches it added, seconds it took; a test with several cases has several rows.

    Examples
    --------
    >>> chosen([("a", 0, 1.0), ("a", 0, 2.0), ("b", 900, 9.0), ("c", 0, 0.1), ("d", 20, 8.0), ("e", 20, 1.0)])
    ['a', 'd']
    """
    gains, seconds = Counter[str](), Counter[str]()
    for name, gain, took in rows:
        gains[name] += gain
        seconds[name] += took
    names, left = [], LOSS
    for name in sorted((n for n in seconds if seconds[n] >= LEAST_SECONDS), key=lambda n: (gains[n] / seconds[n], n)):
        if gains[name] <= left:
            names.append(name)
            left -= gains[name]
    return sorted(names)


def main(words: list[str]) -> int:
    """Write the list from a folder of notes."""
    rows = [row for file in Path(words[0]).glob("*.json") for row in json.loads(file.read_text(encoding="utf-8"))]
    names = chosen(rows)
    LIST.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    print(f"{len(names)} of {len({name for name, *_ in rows})} tests need not be traced.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
