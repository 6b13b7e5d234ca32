"""How well requirements find their capability, and how far the confidence can be trusted.

Run: .venv/bin/python benchmarks/matching.py FOLDER [--ship]

FOLDER holds one folder per crosswalk with requirements.csv (id, text), capabilities.csv (id, text) and
gold.csv (requirement_id, capability_id). Prints hit@1 and mean reciprocal rank per crosswalk, with and
without sentence vectors, and the calibration error of a logistic confidence fitted on the other crosswalks
each time. With --ship the weights fitted on all of them become the ones that ship.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.linear_model import LogisticRegression

from core.models.estimators.calibration import auc, error
from core.requirements.catalogue.capabilities import Catalogue
from core.requirements.match import confidence, matcher
from core.requirements.text import embeddings


def crosswalk(folder: Path, by_meaning: bool) -> Iterator[tuple[list[float], int]]:
    """Yield the features and the rank of the right capability (0 for none) of each answered requirement."""
    asked, capabilities, gold = (
        pl.read_csv(folder / f"{n}.csv", infer_schema=False) for n in ("requirements", "capabilities", "gold")
    )
    right = {key[0]: set(part["capability_id"]) for key, part in gold.group_by("requirement_id")}
    catalogue = Catalogue(
        capabilities.select(capability_id="id", name="text", description=pl.lit(None, pl.String)), folder.name
    )
    ids = capabilities["id"].to_list()
    matches = matcher.compare(asked["text"].to_list(), catalogue.texts(), 50, by_meaning=by_meaning)
    for row, name in enumerate(asked["id"]):
        if name in right:
            near = [ids[j] for j in matches.order[row]]
            yield matches.features[row].tolist(), next((k for k, c in enumerate(near, 1) if c in right[name]), 0)


def measured(folders: list[Path], by_meaning: bool) -> dict[str, object]:
    """Print one table and return the weights fitted on all crosswalks, with how good they are."""
    rows: list[tuple[list[float], int]] = []
    names: list[str] = []
    for folder in folders:
        begin = time.perf_counter()
        part = list(crosswalk(folder, by_meaning))
        print(f"{folder.name:18} {_ranks(part)}  {time.perf_counter() - begin:.2f} s")
        rows += part
        names += [folder.name] * len(part)
    print(f"{'all':18} {_ranks(rows)}")
    x, y, of = np.array([r[0] for r in rows]), np.array([r[1] == 1 for r in rows], float), np.array(names)
    scale = x.std(0)
    unseen = np.zeros(len(y))
    for name in set(names):
        fitted = LogisticRegression(C=1).fit(x[of != name] / scale, y[of != name])
        unseen[of == name] = fitted.predict_proba(x[of == name] / scale)[:, 1]
    likely, below = unseen >= confidence.LIKELY, unseen < confidence.FLOOR
    print(
        f"confidence, each crosswalk left out once: calibration error {error(y, unseen):.3f}, "
        f"AUC {auc(y, unseen):.3f}; {likely.mean():.0%} likely matches, {y[likely].mean():.0%} of them right; "
        f"{below.mean():.0%} below the floor, {y[below].mean():.0%} of them right"
    )
    whole = LogisticRegression(C=1).fit(x / scale, y)
    weights = [whole.intercept_[0], *(whole.coef_[0] / scale)]
    return {"weights": [round(float(w), 3) for w in weights], "n": len(y), "left_out_error": round(error(y, unseen), 3)}


def _ranks(rows: list[tuple[list[float], int]]) -> str:
    ranks = [rank for _, rank in rows]
    hits = sum(rank == 1 for rank in ranks) / len(ranks)
    reciprocal = sum(1 / rank if rank else 0 for rank in ranks) / len(ranks)
    return f"n {len(ranks):4}  hit@1 {hits:.3f}  MRR {reciprocal:.3f}"


def main() -> None:
    """Print the tables."""
    folders = sorted(p for p in Path(sys.argv[1]).iterdir() if (p / "gold.csv").exists())
    measures: dict[str, dict[str, object]] = {}
    for name, by_meaning in (("words", False), ("vectors", True)):
        if by_meaning and embeddings.folder() is None:
            print("The sentence vectors are not installed.")
            return
        print(f"Words and letters{' and meaning' * by_meaning}")
        measures[name] = measured(folders, by_meaning)
    if "--ship" in sys.argv:
        shipped = {
            "made_by": "benchmarks/matching.py",
            "features": ["constant", *confidence.FEATURES],
            **{of: {name: measures[name][of] for name in measures} for of in ("weights", "n", "left_out_error")},
        }
        confidence.SHIPPED.write_text(json.dumps(shipped, indent=1) + "\n", encoding="utf-8")
        print(f"Written: {confidence.SHIPPED.name}")


if __name__ == "__main__":
    main()
