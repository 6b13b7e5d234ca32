"""What the core works for each page of the weekly review, with data, marts and models in memory.

Run: .venv/bin/python benchmarks/page_work.py [--folder FOLDER [--models] [--home HOME]] [--rounds N] [--page PAGE]

Every page is opened once on the sample company and each call of the core it makes is noted. Then every call is
made again as it was, past the app's own cache of results: what is told is the work a change of scope or window
costs, with nothing but the shared tables warm. With FOLDER, which is what `quarterdeck sample` writes, the same
measures are then worked out on its rows; what needs models trained on them is left out and counted. With
--models the pages are opened on the folder's own rows instead and every call is timed: models are trained first and
kept, with the snapshot of the rows, under HOME (a temporary folder when none is given).
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from streamlit.testing.v1 import AppTest

from core.config import load
from core.metrics import growth
from core.models import registry
from core.sources import load_data, read_folder
from pages.ui.forecast import call_cache
from pages.ui.kit import bundles, cache

ROOT = Path(__file__).resolve().parents[1]
PAGES = {
    "Executive": "app.py",
    "Pipeline": "pages/pipeline.py",
    "Forecast": "pages/forecast.py",
    "Weekly review": "pages/review.py",
}
SLOWEST = 4
Call = tuple[str, bool, Callable[[Any], Any]]


@contextmanager
def listening(calls: list[Call]) -> Iterator[None]:
    """Note every call of the core that goes through the app's caches."""
    originals = cache.result, cache.change, call_cache.result

    def result(function: Any, data: Any, config: Any, *more: Any) -> Any:
        calls.append((_name(function, more), _is_plain(function), _work(function, data, config, more)))
        return originals[0](function, data, config, *more)

    def change(metric: Any, data: Any, config: Any) -> str:
        calls.append((f"change of {_name(metric, ())}", True, lambda d: growth.change(d, config, metric)))
        return originals[1](metric, data, config)

    def reviewed(function: Any, data: Any, config: Any, stamp: Any, *more: Any, **frames: Any) -> Any:
        calls.append((_name(function, more), False, _work(function, data, config, more, **frames)))
        return originals[2](function, data, config, stamp, *more, **frames)

    cache.result, cache.change, call_cache.result = result, change, reviewed
    try:
        yield
    finally:
        cache.result, cache.change, call_cache.result = originals


def _work(
    function: Callable[..., Any], data: Any, config: Any, more: tuple[Any, ...], **frames: Any
) -> Callable[[Any], Any]:
    """Return a call on other data, with the models it is handed fetched beforehand."""
    given = bundles.handed(function, data, config, more)
    models = given.fetch()
    return lambda other: function(other, config, *models, *given.more, **frames)


def _is_plain(function: Any) -> bool:
    return bool(function.__module__.startswith("core.metrics"))


def _name(function: Any, more: tuple[Any, ...]) -> str:
    given = ", ".join(str(argument) for argument in more)
    return f"{function.__module__.rsplit('.', 1)[-1]}.{function.__name__}({given})"


def calls_of(page: str) -> list[Call]:
    """Open a page and return its different calls of the core, in order."""
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=1_200)
    if page != "app.py":
        test.run()
    heard: list[Call] = []
    with listening(heard):
        test = test.run() if page == "app.py" else test.switch_page(page).run()
    for error in (*test.exception, *test.error):
        print("  !", error.value)
    return list({call[0]: call for call in heard}.values())


def timed(call: Callable[[], Any], rounds: int) -> tuple[float, float]:
    """Return the medians of some runs: time passed and processor time of all threads, in milliseconds."""
    times = []
    call()
    for _ in range(rounds):
        begin, busy = time.perf_counter(), time.process_time()
        call()
        times.append(((time.perf_counter() - begin) * 1000, (time.process_time() - busy) * 1000))
    return statistics.median(f[0] for f in times), statistics.median(f[1] for f in times)


def report(name: str, calls: list[Call], data: Any, rounds: int) -> None:
    """Print what a page's calls take together, and the slowest."""
    spent = {call: timed(lambda w=work: w(data), rounds) for call, _, work in calls}
    slow = sorted(spent.items(), key=lambda item: -item[1][0])[:SLOWEST]
    passed, busy = (sum(each[k] for each in spent.values()) for k in (0, 1))
    print(f"{name:14}{len(spent):4} calls{passed:8.0f} ms,{busy:6.0f} ms of processor; slowest: ", end="")
    print(", ".join(f"{call} {ms:.0f}" for call, (ms, _) in slow), flush=True)


def measure(pages: dict[str, list[Call]], data: Any, rounds: int, only_plain: bool = False) -> None:
    """Print a line per page; calls that need models trained on other data are left out when told so."""
    for name, calls in pages.items():
        taken = [call for call in calls if call[1] or not only_plain]
        if taken:
            report(name, taken, data, rounds)
        if len(taken) < len(calls):
            print(f"{'':14}{len(calls) - len(taken)} calls need models and are left out")


def read(work: Callable[[], Any]) -> Any:
    """Read a folder, and print how long it took and what it holds."""
    begin = time.perf_counter()
    data = work()
    print(f"Folder, read in {time.perf_counter() - begin:.0f} s: ", end="")
    print(", ".join(f"{n:,} {e}" for e, n in data.row_counts.items()), flush=True)
    return data


def at_home(folder: str, home: str, rounds: int) -> None:
    """Train on a folder's rows, open the pages on them, and time every call."""
    os.environ |= {"QUARTERDECK_DATA": folder, "QUARTERDECK_HOME": home}
    settings = load()
    data = read(lambda: load_data(settings))
    begin = time.perf_counter()
    bundle = registry.load_or_train(data, settings)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"Models there in {time.perf_counter() - begin:.0f} s, at most {peak:.1f} GB {bundle.problems or ''}")
    for name, page in PAGES.items():
        begin = time.perf_counter()
        calls = calls_of(page)
        print(f"{name} opened for the first time in {time.perf_counter() - begin:.1f} s")
        measure({name: calls}, data, rounds)


def main() -> None:
    """Print a line per page and its slowest calls."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--folder", help="a folder of Parquet files beside the sample company")
    ask.add_argument("--models", action="store_true", help="train on the folder and time every call on its rows")
    ask.add_argument("--home", help="where models trained with --models are kept")
    ask.add_argument("--rounds", type=int, default=3)
    ask.add_argument("--page", choices=PAGES, help="measure this page alone, on the sample company")
    given = ask.parse_args()
    if given.models:
        if not given.folder:
            ask.error("--models needs a --folder to train on.")
        with nullcontext(given.home) if given.home else TemporaryDirectory() as home:
            at_home(given.folder, home, given.rounds)
    else:
        settings = load()
        data = load_data(settings)
        registry.load_or_train(data, settings)
        pages = {name: calls_of(page) for name, page in PAGES.items() if given.page in (None, name)}
        print("Sample company")
        measure(pages, data, given.rounds)
        if given.folder:
            data = read(lambda: read_folder(Path(given.folder), settings=settings))
            measure(pages, data, given.rounds, only_plain=True)
    print(f"load average {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
