"""How near the models come to a sample company's planted truth: discrimination, and calibration with and without luck.

Run `python benchmarks/planted_truth.py FOLDER --seed 10`: makes the company in FOLDER, teaches the close and the churn
model what was known before the first day of which the truth speaks, and judges them on the days after. The AUC is
expected over all outcomes that could have been drawn from the true chances; "off the truth" is the calibration error
against those chances.
"""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from sklearn.metrics import roc_auc_score

from core.config import load
from core.features import accounts, deals
from core.models import churn, close
from core.models.estimators import calibration, landmark_classifier
from core.sample import generate
from core.sources import load_data

HORIZONS = (30, 60, 90, 180)


def expected_auc(chance: Any, score: Any) -> float:
    """Return the AUC of a score over all outcomes that could have been drawn from true chances."""
    both = np.concatenate([np.ones(len(chance)), np.zeros(len(chance))])
    return float(roc_auc_score(both, np.tile(score, 2), sample_weight=np.concatenate([chance, 1 - chance])))


def row(name: str, happened: Any, given: Any, chance: Any) -> str:
    """Return one line of the table."""
    best = expected_auc(chance, chance)
    figures = (
        best,
        expected_auc(chance, given) / best,
        calibration.error(happened, given),
        calibration.error(happened, chance),
        calibration.error(chance, given),
    )
    return f"| {name} | " + " | ".join(f"{figure:.3f}" for figure in figures) + " |"


def as_known(marks: pl.DataFrame, day: date) -> pl.DataFrame:
    """Return the landmarks of deals as they were known on an earlier day."""
    follow = (pl.lit(day) - pl.col("as_of")).dt.total_days()
    over = pl.col("end_days") <= follow
    return marks.filter(pl.col("as_of") < day).with_columns(
        follow_days=follow,
        is_won=(pl.col("is_won") & over).fill_null(value=False),
        end_days=pl.when(over).then("end_days"),
    )


def main() -> None:
    """Train, judge and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=10)
    parser.add_argument("--accounts", type=int, default=1_200)
    asked = parser.parse_args()
    company = generate(asked.folder / f"company-{asked.seed}", asked.accounts, 100 * asked.accounts, seed=asked.seed)
    settings = load(environ={"QUARTERDECK_HOME": str(asked.folder / "home"), "QUARTERDECK_DATA": str(company)})
    data = load_data(settings)
    folder = company.with_name(f"{company.name}_truth")
    truth = {name: pl.read_parquet(folder / f"{name}_truth.parquet") for name in ("opportunity", "account")}
    first = truth["opportunity"]["as_of"].min()
    model = close.CloseModel(settings).fit(as_known(close.marks(data, settings), first))
    past = churn.marks(data, settings).filter(pl.col("is_known_on") <= truth["account"]["as_of"].min())
    leaving = landmark_classifier.fit(past, churn.recipe(settings), settings)
    print("| chance | AUC of the truth | the model, of it | calibration error | the truth's own | off the truth |")
    for days in HORIZONS:
        seen = judged(deals, truth["opportunity"], data, settings, days, "opportunity_id")
        figures = (seen["target"], pl.Series(model.at(days).predict(seen)), seen[f"p_win_{days}"])
        print(row(f"won within {days} days", *(part.cast(pl.Float64).to_numpy() for part in figures)))
    seen = judged(accounts, truth["account"], data, settings, 90, "account_id")
    figures = (seen["target"], pl.Series(leaving.predict(seen)), seen["p_churn_90d"])
    print(row("leaves within 90 days", *(part.cast(pl.Float64).to_numpy() for part in figures)))


def judged(subject: Any, truth: pl.DataFrame, data: Any, settings: Any, days: int, key: str) -> pl.DataFrame:
    """Return what was known of deals or accounts on each day of the truth, with the outcome and the true chances."""
    parts = []
    for day in truth["as_of"].unique().sort():
        seen = subject.outcomes(data, subject.build(data, day, settings), day, [days])
        there = truth.filter(pl.col("as_of") == day).drop("as_of")
        parts.append(seen.filter(pl.col("is_known_on") <= data.as_of).join(there, on=key))
    return pl.concat([part for part in parts if part.height])


if __name__ == "__main__":
    main()
