"""What a full garbage collection costs with the app loaded, before and after it is frozen.

Streamlit collects fully after every run of a script, so this is paid on every move of a slider.
Run: .venv/bin/python benchmarks/collect.py
"""

from __future__ import annotations

import gc
import statistics
import time
from pathlib import Path

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[1]


def pause() -> float:
    """Return the median milliseconds of a full collection."""
    times = []
    for _ in range(15):
        begin = time.perf_counter()
        gc.collect()
        times.append((time.perf_counter() - begin) * 1000)
    return statistics.median(times)


def main() -> None:
    """Print both pauses."""
    freeze, gc.freeze = gc.freeze, lambda: None
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    for page in ("forecast", "customers", "scenarios"):
        test.switch_page(f"pages/{page}.py").run()
    before = pause()
    freeze()
    print(f"full collection before freezing {before:.1f} ms, after {pause():.1f} ms")


if __name__ == "__main__":
    main()
