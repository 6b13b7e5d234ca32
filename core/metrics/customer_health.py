"""Customer health weighed by hand, and any health score on trial."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from core.config import Settings
from core.config.settings import CustomerSettings
from core.formats import long_day
from core.localization import joined, message
from core.metrics.measure import counted, percent, ratio

BANDS = ("red", "amber", "green")
MONTH_DAYS = 30
LONGEST_LEAD = 12
SCORES = {"learned": "Predicted score", "by_hand": "Rules-based score"}
NAMED = {"learned": "predicted", "by_hand": "rules-based"}


def by_hand(features: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Score accounts from 0 to 100 by the weights in the settings.

    Formula: 100 × Σ weight × points / Σ weight over the signs that are known, where a sign's points
    go in a straight line from 0 at `bad` to 1 at `good`. Coverage is the known share of all weight.

    Parameters
    ----------
    features : pl.DataFrame
        As `features.accounts.build` gives it; a sign that is no column counts as not known.
    settings : Settings
        `customers.health` holds the signs, `customers.green` and `customers.red` the bands.

    Returns
    -------
    pl.DataFrame
        [account_id, by_hand, coverage_rate, band]; by_hand and band are null where nothing is known.
    """
    usable_signs = {n: s for n, s in settings.customers.health.items() if n in features.columns}
    total = sum(s.weight for s in settings.customers.health.values())
    points, known_weights = [pl.lit(0.0)], [pl.lit(0.0)]
    for name, sign in usable_signs.items():
        share = ((pl.col(name).cast(pl.Float64) - sign.bad) / (sign.good - sign.bad)).clip(0, 1)
        points.append((share * sign.weight).fill_null(0.0))
        known_weights.append(pl.when(pl.col(name).is_not_null()).then(sign.weight).otherwise(0.0))
    return (
        features.select("account_id", points=pl.sum_horizontal(points), known=pl.sum_horizontal(known_weights))
        .with_columns(
            by_hand=100 * pl.col("points") / pl.when(pl.col("known") > 0).then("known"),
            coverage_rate=pl.col("known") / total if total else pl.lit(0.0),
        )
        .select("account_id", "by_hand", "coverage_rate", band=band(pl.col("by_hand"), settings.customers))
    )


def signs(row: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return [sign, value, bad, good, weight, points] of one account; value and points null where not known."""
    rows = []
    for name, sign in settings.customers.health.items():
        value = row[name][0] if name in row.columns and row.height else None
        share = None if value is None else min(max((value - sign.bad) / (sign.good - sign.bad), 0.0), 1.0)
        points = None if share is None else share * sign.weight
        rows.append((_plain(name), value, sign.bad, sign.good, sign.weight, points))
    kinds = dict.fromkeys(("value", "bad", "good", "weight", "points"), pl.Float64)
    return pl.DataFrame(rows, schema={"sign": pl.String, **kinds}, orient="row")


def _plain(name: str) -> str:
    return (
        name.removeprefix("n_")
        .replace("_90d", ", 90 days")
        .replace("_180d", ", 180 days")
        .replace("_", " ")
        .capitalize()
    )


def band(score: pl.Expr, settings: CustomerSettings) -> pl.Expr:
    """Return red, amber or green for a score; null for a null."""
    return (
        pl.when(score >= settings.green)
        .then(pl.lit("green"))
        .when(score < settings.red)
        .then(pl.lit("red"))
        .when(score.is_not_null())
        .then(pl.lit("amber"))
    )


def bands_alike(past: pl.DataFrame, score: str, like: str) -> pl.Expr:
    """Give a score bands of the same sizes as those of another score, on every date.

    The lowest scores are red, as many as the other score calls red; likewise for green. So two scores
    are held against each other with the same number of alarms.
    """
    red, green = ((pl.col(like) == name).sum().over("as_of") for name in ("red", "green"))
    rank = pl.col(score).rank("ordinal").over("as_of")
    n = pl.col(score).count().over("as_of")
    return (
        pl.when(rank <= red)
        .then(pl.lit("red"))
        .when(rank > n - green)
        .then(pl.lit("green"))
        .when(rank.is_not_null())
        .then(pl.lit("amber"))
    )


@dataclass(frozen=True)
class Trial:
    """Health scores held against who left.

    Attributes
    ----------
    past : pl.DataFrame
        [account_id, as_of, mrr_amount, learned, by_hand, learned_band, by_hand_band, left_on,
        has_left]: scores as they stood, has_left within `days`; null where that is not over yet.
    lead : pl.DataFrame
        [score, months_before, n, red_rate, mean_score]: of those who left, the share that was red so
        many months before; months_before 0 stands for all that stayed.
    lift : pl.DataFrame
        [score, tenth, n, n_left, left_rate, lift_rate], the worst tenth first; lift is the share that
        left over that of all.
    days : int
    """

    past: pl.DataFrame
    lead: pl.DataFrame
    lift: pl.DataFrame
    days: int

    @property
    def frame(self) -> pl.DataFrame:
        """Return the lift table."""
        return self.lift

    def misses(self, score: str, as_of: date | None = None) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return the greens that left and the reds that stayed, as of one past date (default the last known)."""
        judged = self.past.filter(pl.col("has_left").is_not_null())
        if judged.is_empty():
            return judged, judged
        here = judged.filter(pl.col("as_of") == (as_of or judged["as_of"].max())).sort("mrr_amount", descending=True)
        green, red = (here.filter(pl.col(f"{score}_band") == name) for name in ("green", "red"))
        return green.filter("has_left"), red.filter(~pl.col("has_left"))

    def sentence(self) -> str:
        """Say which score finds leavers better, and how long before."""
        if self.lift.is_empty():
            return "The history is too short to check health scores."
        parts = []
        for key, name in NAMED.items():
            worst = self.lift.filter((pl.col("score") == key) & (pl.col("tenth") == 1))
            early = self.lead.filter((pl.col("score") == key) & (pl.col("months_before") == 3))
            if worst.is_empty() or worst["lift_rate"][0] is None:
                continue
            clause = message(
                "the lowest tenth by the {name} score churned {lift_rate:.1f}x as often as average",
                name=name,
                lift_rate=worst["lift_rate"][0],
            )
            if early.height and early["red_rate"][0] is not None:
                clause += message(
                    ", and {red_rate} of churned customers were red three months before",
                    red_rate=percent(early["red_rate"][0]),
                )
            parts.append(clause)
        if not parts:
            return "Nobody churned in the months checked."
        text = joined(*parts, by="; ")
        return f"{text[0].upper()}{text[1:]}."

    def told(self, score: str) -> str:
        """Count the greens that left and the reds that stayed."""
        green, red = self.misses(score)
        judged = self.past.filter(pl.col("has_left").is_not_null())
        if judged.is_empty():
            return "No past date is far enough back."
        day: date = judged["as_of"].max()  # type: ignore[assignment]
        here = judged.filter(pl.col("as_of") == day)
        n = {b: here.filter(pl.col(f"{score}_band") == b).height for b in BANDS}
        return message(
            "Of {accounts} that were green on {day}, {height:,} churned within {days} days; of "
            "{red:,} that were red, {height_2:,} stayed.",
            accounts=counted(n["green"], "account"),
            day=long_day(day),
            height=green.height,
            days=self.days,
            red=n["red"],
            height_2=red.height,
        )


def trial(past: pl.DataFrame, as_of: date, days: int, settings: Settings) -> Trial:
    """Put two health scores on trial over past dates.

    Parameters
    ----------
    past : pl.DataFrame
        [account_id, as_of, mrr_amount, learned, by_hand, left_on, …], scores as they stood, by models that
        had not seen what came later; left_on null for those still there.
    as_of : date
        The last day the data speaks of.
    days : int
        Within how many days leaving counts for lift and misses.
    settings : Settings

    Returns
    -------
    Trial
        The learned score gets as many reds and greens as the hand-weighted one on every date.
    """
    over = pl.col("as_of") + pl.duration(days=days)
    judged = past.with_columns(by_hand_band=band(pl.col("by_hand"), settings.customers)).with_columns(
        learned_band=bands_alike(past, "learned", "by_hand_band"),
        has_left=pl.when(over <= as_of).then((pl.col("left_on") <= over).fill_null(value=False)),
    )
    lead = pl.concat([_lead(judged, score) for score in SCORES])
    lift = pl.concat([_lift(judged, score) for score in SCORES])
    return Trial(judged, lead, lift, days)


def _lead(past: pl.DataFrame, score: str) -> pl.DataFrame:
    before = ((pl.col("left_on") - pl.col("as_of")).dt.total_days() / MONTH_DAYS).ceil().cast(pl.Int64)
    rows = past.with_columns(months_before=pl.when(pl.col("left_on").is_null()).then(0).otherwise(before))
    return (
        rows.filter(pl.col("months_before").is_between(0, LONGEST_LEAD) & pl.col(score).is_not_null())
        .group_by("months_before")
        .agg(n=pl.len(), red_rate=(pl.col(f"{score}_band") == "red").mean(), mean_score=pl.col(score).mean())
        .sort("months_before")
        .select(pl.lit(score).alias("score"), "months_before", "n", "red_rate", "mean_score")
    )


def _lift(past: pl.DataFrame, score: str) -> pl.DataFrame:
    rows = past.filter(pl.col("has_left").is_not_null() & pl.col(score).is_not_null())
    tenth = (pl.col(score).rank("ordinal").over("as_of") - 1) * 10 // pl.len().over("as_of") + 1
    table = (
        rows.with_columns(tenth=tenth.cast(pl.Int64))
        .group_by("tenth")
        .agg(n=pl.len(), n_left=pl.col("has_left").cast(pl.Int64).sum(), left_rate=pl.col("has_left").mean())
    )
    base = ratio(float(table["n_left"].sum()), float(table["n"].sum()))
    return table.sort("tenth").select(
        pl.lit(score).alias("score"),
        "tenth",
        "n",
        "n_left",
        "left_rate",
        lift_rate=pl.col("left_rate") / base if base else pl.lit(None, pl.Float64),
    )
