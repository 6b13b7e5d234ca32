"""How well requirements find their capability, and how far the confidence can be trusted.

Run: .venv/bin/python benchmarks/matching.py FOLDER [--ship]

FOLDER holds one folder per crosswalk with requirements.csv (id, text), capabilities.csv (id, text) and
gold.csv (requirement_id, capability_id). Prints hit@1 and mean reciprocal rank per crosswalk, with and
without sentence vectors, the calibration error of a logistic confidence fitted on the other families of
crosswalks each time, and how many rows still look sure once their counterpart is taken out. With --ship
the weights fitted on all of them become the ones that ship.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.linear_model import LogisticRegression

from core.config import load
from core.models.estimators.calibration import auc, error
from core.requirements.catalogue.capabilities import Catalogue
from core.requirements.judge.row_judgement import judge
from core.requirements.match import confidence, matcher
from core.requirements.text import embeddings

MEASURES = ("weights", "n", "left_out_error", "removed_rate")
# Crosswalks to the same catalogue, or of one source, are one family: they are left out together.
FAMILIES = {"fedramp_cisco": "cisco", "sp800171_cisco": "cisco", "ssdf_cisco": "cisco"}


@dataclass(frozen=True)
class Row:
    """A requirement of a crosswalk.

    Attributes
    ----------
    features : list of float
    rank : int
        Of the right capability; 0 for none in reach.
    is_answered : bool
        Whether it has a right capability at all.
    features_removed : list of float
        Once every right capability is taken out of the catalogue.
    may_comply : bool
        Whether the row, then, would be Compliant were the match sure: by its kind, and by what it asks for.
    """

    features: list[float]
    rank: int
    is_answered: bool
    features_removed: list[float]
    may_comply: bool


def crosswalk(folder: Path, by_meaning: bool) -> Iterator[Row]:
    """Yield the requirements of a crosswalk."""
    asked, capabilities, gold = (
        pl.read_csv(folder / f"{n}.csv", infer_schema=False) for n in ("requirements", "capabilities", "gold")
    )
    right = {key[0]: set(part["capability_id"]) for key, part in gold.group_by("requirement_id")}
    catalogue = Catalogue(
        capabilities.select(capability_id="id", name="text", description=pl.lit(None, pl.String)), folder.name
    )
    ids, theirs, texts = capabilities["id"].to_list(), catalogue.texts(), asked["text"].to_list()
    reach = 50 + max(map(len, right.values()))
    matches = matcher.compare(texts, theirs, reach, by_meaning=by_meaning)
    others = []
    for row, name in enumerate(asked["id"]):
        wrong = [k for k, j in enumerate(matches.order[row]) if ids[j] not in right.get(name, set())]
        others.append(wrong[: matcher.NEAR])
    places = np.array(others)
    order, scores = (np.take_along_axis(part, places, 1) for part in (matches.order, matches.scores))
    removed = matcher.judged_by(texts, theirs, order, scores)
    may_comply = _sure(texts, [ids[j] for j in order[:, 0]], catalogue)
    for row, name in enumerate(asked["id"]):
        answers = right.get(name, set())
        near = [ids[j] for j in matches.order[row][:50]]
        rank = next((k for k, c in enumerate(near, 1) if c in answers), 0)
        yield Row(matches.features[row].tolist(), rank, bool(answers), removed[row].tolist(), may_comply[row])


def _sure(texts: list[str], nearest: list[str], catalogue: Catalogue) -> list[bool]:
    """Say which rows would be Compliant were their nearest capability surely right, everything being available."""
    offered = catalogue.frame.with_columns(
        *(pl.lit(None, pl.String).alias(name) for name in ("limit", "commitments", "owner", "evidence")),
        category=pl.lit("security"),
        status=pl.lit("available"),
        available_on=pl.lit(None, pl.Date),
        effort_weeks=pl.lit(None, pl.Float64),
    )
    rows = pl.DataFrame({"text": texts, "category": "security", "priority": "medium", "capability_id": nearest})
    judged = judge(rows.with_columns(confidence=pl.lit(0.999)), Catalogue(offered, catalogue.name), load())
    return (judged["statement"] == "Compliant").to_list()


def measured(folders: list[Path], by_meaning: bool) -> dict[str, object]:
    """Print one table and return the weights fitted on all crosswalks, with how good they are."""
    rows: list[Row] = []
    names: list[str] = []
    for folder in folders:
        begin = time.perf_counter()
        part = list(crosswalk(folder, by_meaning))
        print(f"{folder.name:18} {_ranks(part)}  {time.perf_counter() - begin:.2f} s")
        rows += part
        names += [FAMILIES.get(folder.name, folder.name)] * len(part)
    print(f"{'all':18} {_ranks(rows)}")
    x, y, of = np.array([r.features[1:] for r in rows]), np.array([r.rank == 1 for r in rows], float), np.array(names)
    without = np.array([r.features_removed[1:] for r in rows])
    scale = x.std(0)
    unseen, unseen_removed = np.zeros(len(y)), np.zeros(len(y))
    for name in set(names):
        fitted = LogisticRegression(C=1).fit(x[of != name] / scale, y[of != name])
        unseen[of == name] = fitted.predict_proba(x[of == name] / scale)[:, 1]
        unseen_removed[of == name] = fitted.predict_proba(without[of == name] / scale)[:, 1]
    likely, below = unseen >= confidence.LIKELY, unseen < confidence.FLOOR
    answered = np.array([r.is_answered for r in rows])
    passed = unseen_removed[answered] >= confidence.LIKELY
    comply = passed & np.array([r.may_comply for r in rows])[answered]
    print(
        f"confidence, each family left out once: calibration error {error(y, unseen):.3f} "
        f"({error(y[answered], unseen[answered]):.3f} on those with a counterpart), "
        f"AUC {auc(y, unseen):.3f}; {likely.mean():.1%} likely matches, {y[likely].mean():.0%} of them right; "
        f"{below.mean():.0%} below the floor, {y[below].mean():.0%} of them right; "
        f"counterpart taken out: {passed.mean():.1%} still likely, {comply.mean():.1%} come out Compliant"
    )
    whole = LogisticRegression(C=1).fit(x / scale, y)
    weights = [whole.intercept_[0], *(whole.coef_[0] / scale)]
    return {
        "weights": [round(float(w), 3) for w in weights],
        "n": len(y),
        "left_out_error": round(error(y, unseen), 3),
        "removed_rate": round(float(comply.mean()), 3),
    }


def _ranks(rows: list[Row]) -> str:
    ranks = [row.rank for row in rows if row.is_answered]
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
            **{of: {name: measures[name][of] for name in measures} for of in MEASURES},
        }
        confidence.SHIPPED.write_text(json.dumps(shipped, indent=1) + "\n", encoding="utf-8")
        print(f"Written: {confidence.SHIPPED.name}")


if __name__ == "__main__":
    main()
