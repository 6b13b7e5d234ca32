"""Trains the close model: the race of both ends, the correction by later deals, the record of past chances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl

from core.config import Settings
from core.contracts.errors import ModelError
from core.models import drift
from core.models.close import word_columns
from core.models.close.competing_risks import Periods, Risks, paths
from core.models.close.joint_calibration import Ends, corrected
from core.models.close.quarter_pace import QuarterPace
from core.models.close.risk_intervals import CALENDAR, PERIOD_DAYS, STRETCHES, each_period, rows_of
from core.models.estimators import fitting, landmark_classifier, model_selection
from core.models.estimators.calibration import Calibrator
from core.models.estimators.contenders import Floats, Mean
from core.models.estimators.fitting import Plan
from core.models.estimators.landmark_classifier import HORIZON, encode

QUARTERS = 4
TYPICAL_ROWS = 240
RISING = (
    "n_meetings_30d",
    "n_meetings_60d",
    "meetings_per_week",
    "meeting_pace",
    "n_contacts",
    "owner_win_rate",
    "rival_win_rate",
)
FALLING = ("n_pushes",)
TREES = {
    "num_leaves": 8,
    "min_data_in_leaf": 400,
    "learning_rate": 0.1,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 10.0,
    "cat_smooth": 50.0,
    "cat_l2": 30.0,
}
ROUNDS = 120
PACED = ("meeting_pace", "n_meetings_60d", "n_contacts", "n_pushes", "days_in_stage", "competitor")
CAUSES = ("won", "lost")
DATED = ("days_to_quarter_end", "fiscal_quarter")


class Trial:
    """Landmarks spread over periods, and both ends raced on each quarter of the last two years."""

    def __init__(self, marks: pl.DataFrame, settings: Settings, quarters: int = 2 * QUARTERS) -> None:
        self.quarters = quarters
        won = marks.filter("is_won")["opportunity_id"].n_unique() if not marks.is_empty() else 0
        if not won or won == marks["opportunity_id"].n_unique():
            raise ModelError(
                "There are too few past outcomes to learn when a deal is won.",
                mend="Load more history: at least some deals that were won and some that were not.",
            )
        self.marks, self.settings, self.n_won = marks.sort("as_of", maintain_order=True), settings, won
        names, words, cut = word_columns.columns(self.marks)
        unfit = word_columns.unfit(self.marks, names, words)
        self.left_out = cut | unfit
        self.names = tuple(name for name in names if name not in unfit)
        self.words = {name: categories for name, categories in words.items() if name not in unfit}
        self.x = encode(self.marks, self.names, self.words)
        longest = settings.models.horizons_days[-1]
        self.n_periods = -(-longest // PERIOD_DAYS)
        self.periods = Periods.of(self.marks, self.n_periods)
        if not len(self.periods.won) or not self.periods.won.sum():
            raise ModelError("No deal has been followed long enough to learn when it is won.", mend="Load history.")
        self.is_simple = won < settings.models.min_closed_deals
        self.plans = [_plan(self.names, self.words, settings, self.is_simple, cause) for cause in CAUSES]
        self.deal = self.marks["opportunity_id"].rank("dense").cast(pl.Int64).to_numpy()
        self._judge()

    def matrix(self, rows: Any) -> Floats:
        """Return the period matrix of some of the period rows."""
        landmark, period = self.periods.landmark[rows], self.periods.period[rows]
        out = np.empty((len(landmark), len(self.names) + len(CALENDAR)))
        for k in np.unique(period):
            out[period == k] = rows_of(self.x[landmark[period == k]], self.names, int(k))
        return out

    def _rows(self, cause: int, chosen: Any) -> Any:
        """Return the period rows of a cause: all of them for won; those not won for lost."""
        return chosen if cause == 0 else chosen[self.periods.won[chosen] == 0]

    def _target(self, cause: int) -> Floats:
        return self.periods.won if cause == 0 else self.periods.lost

    def _judge(self) -> None:
        """Fit both ends at eight quarterly cuts and let each speak of the deals of the quarter after."""
        p, day = self.periods, self.marks["as_of"].to_physical().to_numpy().astype(np.float64)
        last = float(p.known_on.max())
        self.cuts = [last - 91 * k for k in range(self.quarters, -1, -1)]
        splits = model_selection.in_order(p.when, p.known_on, self.cuts)
        usable = [
            (k, train, np.flatnonzero((day >= begin) & (day < end)))
            for k, ((train, _), begin, end) in enumerate(zip(splits, self.cuts, self.cuts[1:], strict=False))
            if p.won[train].sum() >= 2 and p.lost[train].sum() >= 2
        ]
        tasks = [(cause, k, train, test) for k, train, test in usable for cause in (0, 1) if len(test)]
        judged = model_selection.side_by_side(self._speak, tasks, self.settings.models.threads)
        self.margins: dict[tuple[int, int], dict[str, Floats]] = {
            (cause, k): margins for (cause, k, _, _), margins in zip(tasks, judged, strict=True)
        }
        self.tested = {k: test for k, _, test in usable if len(test)}

    def _speak(self, cause: int, fold: int, train: Any, test: Any) -> dict[str, Floats]:
        rows = self._rows(cause, train)
        fitted = fitting.fit_all(self.matrix(rows), self._target(cause)[rows], self.plans[cause])
        apart = {n: m for n, m in fitted.items() if not isinstance(m, Mean)}
        log_odds = each_period(list(apart.values()), self.x[test], self.names, self.n_periods)
        margins = dict(zip(apart, log_odds, strict=True))
        if "mean of both" in fitted:
            margins["mean of both"] = (margins["logistic regression"] + margins["boosted trees"]) / 2
        return margins

    def fold_race(self, cause: int, first: int, last: int) -> model_selection.Race:
        """Return what was said in some folds of the period rows known when the last of them ended."""
        p, parts = self.periods, []
        where = np.full(self.marks.height, -1)
        for k in range(first, last):
            if (cause, k) not in self.margins:
                continue
            test = self.tested[k]
            where[:] = -1
            where[test] = np.arange(len(test))
            rows = self._rows(cause, np.flatnonzero((where[p.landmark] >= 0) & (p.known_on <= self.cuts[last])))
            fold_margins = {n: m[where[p.landmark[rows]], p.period[rows]] for n, m in self.margins[cause, k].items()}
            parts.append((fold_margins, rows, k))
        if not parts:
            none = np.zeros(0, dtype=np.int64)
            return model_selection.Race({}, np.zeros(0), none, none)
        rows = np.concatenate([r for _, r, _ in parts])
        margins = {n: np.concatenate([fold_margins[n] for fold_margins, _, _ in parts]) for n in parts[0][0]}
        fold = np.concatenate([np.full(len(r), k) for _, r, k in parts])
        return model_selection.Race(margins, self._target(cause)[rows], rows, fold, self.deal[p.landmark[rows]])

    def results(self, last: int) -> list[model_selection.Result]:
        """Return who won each race on the four quarters before a cut, corrected together where that helps."""
        races = [self.fold_race(cause, max(last - QUARTERS, 0), last) for cause in (0, 1)]
        selected = [r.result() if len(r.target) else model_selection.Result("", Calibrator()) for r in races]
        plain = [replace(r, calibrator=Calibrator()) for r in selected]
        if any(r.winner in ("", model_selection.SIMPLE) for r in plain):
            return plain
        maps = self._corrected([r.winner for r in plain], last)
        return [replace(r, calibrator=m) for r, m in zip(plain, maps, strict=True)]

    def _corrected(self, winners: list[str], last: int) -> tuple[Calibrator, Calibrator]:
        folds = [
            k for k in range(max(last - 2 * QUARTERS, 0), last) if (0, k) in self.margins and (1, k) in self.margins
        ]
        rows = np.concatenate([self.tested[k] for k in folds])
        margins = np.stack([np.concatenate([self.margins[c, k][winners[c]] for k in folds]) for c in (0, 1)])
        fold = np.concatenate([np.full(len(self.tested[k]), k) for k in folds])
        day = self.marks["as_of"].to_physical().to_numpy().astype(np.float64)[rows]
        follow = np.minimum(self.marks["follow_days"].to_numpy()[rows], self.cuts[last] - day)
        end = self.marks["end_days"].fill_null(10**6).to_numpy()[rows]
        ends = Ends(margins, follow, end, self.marks["is_won"].to_numpy()[rows], self.settings.models.horizons_days)
        return corrected(ends, fold)

    def risks(self) -> Risks:
        """Return the winners, trained on everything known."""
        results = self.results(self.quarters)
        fallback = "table" if self.is_simple else "mean of both"

        def last(cause: int) -> Any:
            rows = self._rows(cause, np.arange(len(self.periods.won)))
            name = results[cause].winner or fallback
            return fitting.fit_one(self.matrix(rows), self._target(cause)[rows], self.plans[cause], name)

        fitted = model_selection.side_by_side(last, [(0,), (1,)], self.settings.models.threads)
        maps = [r.calibrator for r in results]
        shape = (2, self.n_periods, len(self.names))
        rough = Risks(
            fitted[0],
            fitted[1],
            maps[0],
            maps[1],
            self.names,
            self.words,
            self.n_periods,
            np.zeros(shape),
            np.zeros(shape[:2]),
        )
        return replace(_centred(replace(rough, pace=self._pace()), self.x), card=self._card(results))

    def _pace(self) -> QuarterPace:
        """Return how wins fell on the days of past quarters, each deal counted once."""
        won = self.marks.filter("is_won").unique("opportunity_id", keep="last", maintain_order=True)
        return QuarterPace.of(won.select(pl.col("as_of") + pl.duration(days="end_days")).to_series(), self.settings)

    def _card(self, results: list[model_selection.Result]) -> dict[str, Any]:
        return {
            "subject": "when a deal is won",
            "is_simple": self.is_simple,
            "n_rows": self.marks.height,
            "n_outcomes": self.n_won,
            "trained_from": self.marks["as_of"].min(),
            "trained_to": self.marks.select(pl.col("as_of") + pl.duration(days="follow_days")).to_series().max(),
            "features": list(self.names),
            "left_out": self.left_out,
            "winner": results[0].winner,
            "has_skill": results[0].has_skill,
            "race": results[0].rows,
            "race_lost": results[1].rows,
            "winner_lost": results[1].winner,
            "calibration": results[0].calibrator.kind,
            "reference": drift.reference(_recent(self.marks), [n for n in self.names if n not in DATED]),
        }

    def past(self) -> pl.DataFrame:
        """Return the last year's chances, each quarter by what had won and was corrected before it began."""
        parts = [
            self._scored(k) for k in range(QUARTERS, self.quarters) if (0, k) in self.margins and (1, k) in self.margins
        ]
        return pl.concat(parts) if parts else pl.DataFrame(schema={"opportunity_id": pl.String, **PAST})

    def _scored(self, fold: int) -> pl.DataFrame:
        test, results = self.tested[fold], self.results(fold)

        def margins(names: list[str], maps: list[Calibrator]) -> Floats:
            raw = [self.margins[c, fold][names[c]] for c in (0, 1)]
            return np.stack([m.slope * r + m.shift for m, r in zip(maps, raw, strict=True)])

        fallback = list(self.margins[0, fold])[-1]
        best = margins([r.winner or fallback for r in results], [r.calibrator for r in results])
        base = "logistic regression" if "logistic regression" in self.margins[0, fold] else fallback
        other = margins([base, base], [Calibrator(), Calibrator()])
        rows = self.marks[test]
        days = self.settings.models.horizons_days
        each = zip(days, paths(best, days), paths(other, days), strict=True)
        return pl.concat([self._at(rows, d, ends, plain[0]) for d, ends, plain in each])

    def _at(self, rows: pl.DataFrame, days: int, ends: tuple[Floats, Floats], plain: Floats) -> pl.DataFrame:
        won, lost = ends
        within = (pl.col("end_days") <= days).fill_null(value=False)
        begin = rows["as_of"].min()
        earlier = self.marks.filter(pl.col("as_of") + pl.duration(days=days) <= begin)
        share = earlier.select((within & pl.col("is_won")).mean()).item() if earlier.height else None
        return (
            rows.with_columns(
                pl.lit(days, pl.Int64).alias(HORIZON),
                target=(within & pl.col("is_won")).cast(pl.Int8),
                p=pl.Series(won),
                logistic=pl.Series(plain),
                share=pl.lit(share, pl.Float64),
                p_lost=pl.Series(lost),
                is_lost=(within & ~pl.col("is_won")).cast(pl.Int8),
            )
            .filter(pl.col("follow_days") >= days)
            .select("opportunity_id", *PAST)
        )


PAST = {
    "as_of": pl.Date,
    HORIZON: pl.Int64,
    "target": pl.Int8,
    "p": pl.Float64,
    "logistic": pl.Float64,
    "share": pl.Float64,
    "p_lost": pl.Float64,
    "is_lost": pl.Int8,
}


def scored(past: pl.DataFrame) -> dict[str, Any]:
    """Return how past chances did, by horizon."""
    if past.is_empty():
        return {}
    filled = past.with_columns(pl.col("share").fill_null(pl.col("target").mean()))
    by_days = {str(p[HORIZON][0]): landmark_classifier.scores(p) for p in filled.sort(HORIZON).partition_by(HORIZON)}
    return {"judged_from": past["as_of"].min(), "judged_to": past["as_of"].max(), "horizons": by_days}


def _recent(marks: pl.DataFrame) -> pl.DataFrame:
    """Return the last year's landmarks, which today's deals are held against."""
    last: Any = marks["as_of"].max()
    return marks.filter(pl.col("as_of") > last - timedelta(days=365))


def _plan(
    names: tuple[str, ...], words: Mapping[str, tuple[str, ...]], settings: Settings, is_simple: bool, cause: str
) -> Plan:
    every = (*names, *CALENDAR)
    at = every.index
    pairs = [("stage", "period_log"), ("stage", "period"), *(("stage", name) for name in STRETCHES)]
    pairs += [(name, "period_log") for name in PACED]
    pairs.append(("competitor", "region"))
    up, down = (RISING, FALLING) if cause == "won" else ((), ())
    coded = {at(n): len(w) for n, w in words.items()}
    few = ("base rate", "table")
    return Plan(
        every,
        {**coded, at("quarter_place"): 4},
        TREES,
        ROUNDS,
        frozenset(up),
        frozenset(down),
        ridge=0.05,
        products=tuple((at(a), at(b)) for a, b in pairs),
        table=(at("stage"), at("period")) if is_simple else (),
        contenders=few if is_simple else Plan.contenders,
        threads=settings.models.threads,
        seed=settings.models.seed,
    )


def _centred(risks: Risks, x: Floats) -> Risks:
    """Return the model with the contributions of typical past deals taken into its base."""
    some = x[np.unique(np.linspace(0, len(x) - 1, min(TYPICAL_ROWS, len(x))).astype(int))]
    parts, _ = risks.contributions(some, risks.n_periods)
    typical = parts.mean(axis=1)
    margins = risks.margins(some[:1])
    base = margins[:, 0] - parts[:, 0].sum(axis=2) + typical.sum(axis=2)
    return replace(risks, typical=typical, base=base)
