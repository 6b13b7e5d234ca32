"""How well requirements find their capability, and how far the confidence can be trusted.

Run: .venv/bin/python benchmarks/matching.py FOLDER

FOLDER holds one folder per crosswalk with requirements.csv (id, text), capabilities.csv (id, text) and
gold.csv (requirement_id, capability_id). Prints hit@1 and mean reciprocal rank per crosswalk, and the
calibration error of a logistic confidence fitted on the other crosswalks each time.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.linear_model import LogisticRegression

from core.models.calibration import auc, error
from core.requirements import match
from core.requirements.catalogue import Catalogue


def crosswalk(folder: Path) -> tuple[list[tuple[float, float, float, bool]], int, float, int]:
    """Return (score, lead, covered, right) per answered requirement, hits, reciprocal ranks and their number."""
    asked, held, gold = (
        pl.read_csv(folder / f"{n}.csv", infer_schema=False) for n in ("requirements", "capabilities", "gold")
    )
    right = {key[0]: set(part["capability_id"]) for key, part in gold.group_by("requirement_id")}
    known = Catalogue(held.select(capability_id="id", name="text", description=pl.lit(None, pl.String)), folder.name)
    found = match.candidates(asked["text"].to_list(), known, top=50).partition_by("place", maintain_order=True)
    words = {name: set(match.tokens(text)) for name, text in held.select("id", "text").iter_rows()}
    rows, hits, reciprocal = [], 0, 0.0
    for part, (name, text) in zip(found, asked.select("id", "text").iter_rows(), strict=True):
        if name not in right:
            continue
        ids, scores = part["capability_id"].to_list(), part["score"].to_list()
        rank = next((k for k, c in enumerate(ids, 1) if c in right[name]), 0)
        hits += rank == 1
        reciprocal += 1 / rank if rank else 0
        rows.append((scores[0], scores[0] - scores[1], match.covered(text, words[ids[0]]), rank == 1))
    return rows, hits, reciprocal, len(rows)


def main() -> None:
    """Print the table."""
    folders = sorted(p for p in Path(sys.argv[1]).iterdir() if (p / "gold.csv").exists())
    every, names, hits, reciprocal = [], [], 0, 0.0
    for folder in folders:
        begin = time.perf_counter()
        rows, h, r, n = crosswalk(folder)
        print(f"{folder.name:18} n {n:4}  hit@1 {h / n:.3f}  MRR {r / n:.3f}  {time.perf_counter() - begin:.2f} s")
        every += rows
        names += [folder.name] * n
        hits, reciprocal = hits + h, reciprocal + r
    print(f"{'all':18} n {len(every):4}  hit@1 {hits / len(every):.3f}  MRR {reciprocal / len(every):.3f}")
    x, y, of = np.array([r[:3] for r in every]), np.array([r[3] for r in every], float), np.array(names)
    unseen = np.zeros(len(y))
    for name in set(names):
        fitted = LogisticRegression(C=10).fit(x[of != name], y[of != name])
        unseen[of == name] = fitted.predict_proba(x[of == name])[:, 1]
    whole = LogisticRegression(C=10).fit(x, y)
    print(
        f"confidence, each crosswalk left out once: calibration error {error(y, unseen):.3f}, AUC {auc(y, unseen):.3f}"
    )
    print(f"fitted on all: {whole.intercept_[0]:.2f}, {', '.join(f'{w:.2f}' for w in whole.coef_[0])}")


if __name__ == "__main__":
    main()
