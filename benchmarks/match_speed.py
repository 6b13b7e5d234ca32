"""How long matching takes, and what memory it needs.

Run: .venv/bin/python benchmarks/match_speed.py

The texts are drawn from the training lines of the categories, each with words of its own. Prints 1,000
requirements against 1,000 capabilities with sentence vectors, cold and with vectors cached, and 10,000 against
10,000 by words and letters.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "training"))
import categories

from core.requirements.catalogue.capabilities import Catalogue
from core.requirements.match import matcher
from core.requirements.text import embeddings


def texts(n: int, seed: int) -> list[str]:
    """Return n different requirements of usual length."""
    made = random.Random(seed)
    lines = [text for text, _ in categories.drawn()]
    return [f"{made.choice(lines)} {made.choice(lines)} Item {seed}-{k}." for k in range(n)]


def timed(asked: list[str], catalogue: Catalogue, home: Path, by_meaning: bool) -> str:
    """Return the time of one matching and the peak memory so far."""
    begin = time.perf_counter()
    matches = matcher.candidates(asked, catalogue, home=home, by_meaning=by_meaning)
    spent = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return f"{spent:6.2f} s, {matches.height:,} candidates, peak {peak:.2f} GB"


def main() -> None:
    """Print the table."""
    for n, by_meaning in ((1_000, True), (10_000, False)):
        if by_meaning and embeddings.folder() is None:
            print("The sentence vectors are not installed.")
            continue
        asked, offered = texts(n, 1), texts(n, 2)
        ids = [f"C{k}" for k in range(n)]
        frame = pl.DataFrame({"capability_id": ids, "name": offered}).with_columns(description=pl.lit(None, pl.String))
        catalogue = Catalogue(frame, "benchmark")
        with tempfile.TemporaryDirectory() as home:
            for state in ("cold", "cached") if by_meaning else ("without meaning",):
                print(f"{n:,} x {n:,} {state:16} {timed(asked, catalogue, Path(home), by_meaning)}", flush=True)


if __name__ == "__main__":
    main()
