"""What differs: one account or deal since a week ago, one group of them from another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import polars as pl

from core.artifacts import remembered
from core.config import Settings
from core.contracts import Dataset
from core.contracts.constants import NOT_KNOWN
from core.contracts.errors import ModelError, closest
from core.explain import customers as reasons
from core.explain import explained_models
from core.explain.contributions import Contributions, explain, path_slope, probability
from core.explain.deals import mixed, opened
from core.features import accounts, deals
from core.localization import joined, message
from core.metrics.measure import chance, counted
from core.models import outlook
from core.models.bundle import Bundle

WEEK = 7
GROUPS = {"region": "Region", "segment": "Segment", "industry": "Industry"}
FEWEST = 10
SMALL = 0.05


@dataclass(frozen=True)
class Difference:
    """How two chances differ, driver by driver.

    Attributes
    ----------
    parts : Contributions
        In percentage points: base is the first chance, shown the second, and the contributions lead from one to
        the other.
    first, second : str
        What the two ends are called, as in "a week ago" and "today".
    head : str
        The sentence's beginning.
    n_first, n_second : int
        How many accounts or deals stand behind each end.
    """

    parts: Contributions
    first: str
    second: str
    head: str
    n_first: int = 1
    n_second: int = 1

    @property
    def frame(self) -> pl.DataFrame:
        """Return [driver, feature, value, contribution]; value is written as then → now where there are two."""
        return self.parts.ranked()

    @property
    def ends(self) -> tuple[str, str]:
        """Return what the ends of a waterfall are called."""
        return self.first, self.second

    def sentence(self) -> str:
        """Say both chances and what moved most."""
        moved = [r for r in self.parts.by_driver().head(3).to_dicts() if abs(r["contribution"]) >= SMALL]
        if not moved:
            return message("{head} Nothing the model looks at changed it.", head=self.head)
        named = joined(
            *(
                message("{driver} ({signed})", driver=r["driver"].lower(), signed=_signed(r["contribution"]))
                for r in moved
            ),
            by=", ",
        )
        return message("{head} Biggest reasons, in points: {named}.", head=self.head, named=named)

    def check(self) -> str:
        """Say that the parts add up."""
        return self.parts.check()


def _signed(points: float) -> str:
    return f"{'+' if points >= 0 else '−'}{abs(points):.1f}"


def account(dataset: Dataset, settings: Settings, bundle: Bundle, account_id: str, days: int = WEEK) -> Difference:
    """Why an account's churn risk changed since some days ago.

    The same model looks at what was known on both days. Its log odds split exactly over what it looks at; their
    differences are carried to percentage points along the straight line between the two, so that they add up to
    the change.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    account_id : str
    days : int

    Raises
    ------
    ModelError
        When there is no churn model, or the account does not pay, or did not then.
    """
    now = reasons.paying(bundle.account_features, account_id)
    day = dataset.as_of - timedelta(days=days)
    then = accounts.build(dataset, day, settings, account_id)
    if then.is_empty():
        raise ModelError(
            message("The account did not pay on {day:%d %B %Y}, so there is nothing to compare today with.", day=day),
            mend="Look at one that paid then.",
        )
    parts = between(bundle.need_churn().ready(), then, now)
    head = message(
        "Churn risk within {churn_days} days {went} since {day} {day_2:%B}.",
        churn_days=settings.models.churn_days,
        went=_went(parts),
        day=day.day,
        day_2=day,
    )
    return Difference(parts.with_amounts(dataset.amounts), f"{day:%d %B}", f"{dataset.as_of:%d %B}", head)


def deal(
    dataset: Dataset, settings: Settings, bundle: Bundle, opportunity_id: str, ahead: int = 90, days: int = WEEK
) -> Difference:
    """Why a deal's win chance changed since some days ago.

    As for an account; both chances look the same number of days ahead.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    opportunity_id : str
    ahead : int
        Days ahead; between two horizons the straight line between them, as the forecast has it.
    days : int

    Raises
    ------
    ModelError
        When there is no close model, or the deal is not open, or was not then.
    """
    model = bundle.need_close()
    now = opened(bundle, opportunity_id)
    day = dataset.as_of - timedelta(days=days)
    then = deals.build(dataset, day, settings, opportunity_id)
    if then.is_empty():
        raise ModelError(
            message("The deal was not open on {day:%d %B %Y} yet.", day=day), mend="Look at one that is older."
        )
    weights = outlook.knots(bundle.deal_scores.columns, ahead)
    parts = mixed([(weight, between(model.at(horizon), then, now)) for horizon, weight in weights.items()])
    head = message(
        "The win chance within {ahead} days {went} since {day} {day_2:%B}.",
        ahead=ahead,
        went=_went(parts),
        day=day.day,
        day_2=day,
    )
    return Difference(parts.with_amounts(dataset.amounts), f"{day:%d %B}", f"{dataset.as_of:%d %B}", head)


def _went(parts: Contributions) -> str:
    if abs(parts.shown - parts.base) < SMALL:
        return message("has stayed at {shown}", shown=chance(parts.shown / 100))
    word = "risen" if parts.shown > parts.base else "fallen"
    return message(
        "has {word} from {base} to {shown}", word=word, base=chance(parts.base / 100), shown=chance(parts.shown / 100)
    )


def between(model: object, then: pl.DataFrame, now: pl.DataFrame) -> Contributions:
    """Split the change of one prediction between two descriptions of the same thing.

    Parameters
    ----------
    model : Explainable
    then, now : pl.DataFrame
        One row each.

    Returns
    -------
    Contributions
        In points: contribution_i = (phi_i(now) − phi_i(then)) × (g(m') − g(m)) / (m' − m), g being the calibration
        map and m the log odds. What the model's base differs by, which is nothing for most, is a part of its own.
    """
    earlier, later = explain(model, then), explain(model, now)
    margins = np.array([earlier.shown, later.shown])
    p = probability(model, margins) * 100
    slope = float(path_slope(model, margins[:1], margins[1:])[0]) * 100
    keys = ["driver", "feature"]
    both = later.frame.join(
        earlier.frame.select(*keys, before="contribution", was="value"), on=keys, maintain_order="left"
    )
    changed = pl.when(pl.col("was") == pl.col("value")).then("value").otherwise(pl.format("{} → {}", "was", "value"))
    parts = both.select(
        "entity_id",
        "driver",
        "feature",
        changed.alias("value"),
        contribution=(pl.col("contribution") - pl.col("before")) * slope,
    )
    shift = (later.base - earlier.base) * slope
    if abs(shift) > 1e-9:
        extra = parts.head(1).with_columns(
            driver=pl.lit("The model's base"), feature=pl.lit("base"), value=pl.lit(""), contribution=pl.lit(shift)
        )
        parts = pl.concat([parts, extra])
    left = float(p[1] - p[0] - parts["contribution"].sum())
    ends = later.entities.with_columns(base=pl.lit(float(p[0])), shown=pl.lit(float(p[1])), residual=pl.lit(left))
    return Contributions(parts, ends, float(p[0]), float(p[1]), left, "points")


def groups(
    dataset: Dataset, settings: Settings, bundle: Bundle, by: str = "region", subject: str = "churn"
) -> pl.DataFrame:
    """Return the groups that can be held against each other: [value, n, mean_rate], the lowest chance first.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    by : {"region", "segment", "industry"}
    subject : {"churn", "close"}

    Raises
    ------
    ModelError
        When there is no such model or column.
    """
    rows, _ = _described(dataset, settings, bundle, by, subject)
    return (
        rows.group_by(value=by)
        .agg(n=pl.len(), mean_rate=pl.col("p").mean())
        .filter(pl.col("n") >= FEWEST)
        .sort("mean_rate", "value")
    )


def compare(
    dataset: Dataset,
    settings: Settings,
    bundle: Bundle,
    by: str = "region",
    group: str | None = None,
    other: str | None = None,
    subject: str = "churn",
) -> Difference:
    """Why the chances of one group are higher or lower than those of another.

    Each account's (or deal's) distance from a typical one is split exactly in percentage points; the difference
    of the two groups' means, driver by driver, adds up to the difference of their mean chances.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    by : {"region", "segment", "industry"}
    group, other : str, optional
        Two groups; default those with the highest and the lowest mean chance. The second is the base.
    subject : {"churn", "close"}

    Raises
    ------
    ModelError
        When there is no such model, column or group, or fewer than two groups of ten.
    """
    rows, explained = _described(dataset, settings, bundle, by, subject)
    names = groups(dataset, settings, bundle, by, subject)["value"].to_list()
    if len(names) < 2:
        raise ModelError(
            message(
                "There are no two groups of at least {fewest} by {groups}.", fewest=FEWEST, groups=GROUPS[by].lower()
            ),
            mend="Compare by something else.",
        )
    ends = (group or names[-1], other or names[0])
    for name in ends:
        if name not in names:
            near = closest(name, names)
            raise ModelError(
                message("There is no group {name!r}.", name=name),
                mend=message("Did you mean {near!r}?", near=near) if near else "",
            )
    whole = _explained(dataset, settings, bundle, subject)
    sides = [_of(whole, rows.filter(pl.col(by) == name)[explained.key]) for name in ends]
    keys = ["driver", "feature"]
    means = [s.frame.group_by(keys, maintain_order=True).agg(pl.col("contribution").mean()) for s in sides]
    both = means[0].join(means[1].rename({"contribution": "second"}), on=keys, maintain_order="left")
    parts = both.select(
        entity_id=pl.lit(message("{ends} against {ends_2}", ends=ends[0], ends_2=ends[1])),
        driver="driver",
        feature="feature",
        value=pl.Series(_means(rows, by, ends, both["feature"].to_list())),
        contribution=pl.col("contribution") - pl.col("second"),
    )
    low, high = sides[1].shown, sides[0].shown
    left = high - low - float(parts["contribution"].sum())
    entity = pl.DataFrame({"entity_id": [parts["entity_id"][0]], "base": [low], "shown": [high], "residual": [left]})
    counts = [len(s.entities) for s in sides]
    side = "higher" if high >= low else "lower"
    head = message(
        "{ends} {chance} is {high:.1f} points {side} than {ends_2}: {high_2:.1f} % against {low:.1f} "
        "% ({counts:,} and {things}).",
        ends=ends[0],
        chance=explained.chance,
        high=abs(high - low),
        side=side,
        ends_2=ends[1],
        high_2=high,
        low=low,
        counts=counts[0],
        things=counted(counts[1], explained.noun),
    )
    contributions = Contributions(parts, entity, low, high, left, "points").with_amounts(dataset.amounts)
    return Difference(contributions, ends[1], ends[0], head, counts[1], counts[0])


@remembered(4)
def _explained(dataset: Dataset, settings: Settings, bundle: Bundle, subject: str) -> Contributions:
    """Return today's chances of all rows, split; kept while data and models stay: any group is a part of it."""
    explained = explained_models.subject(dataset, settings, bundle, subject)
    return explain(explained.model, explained.rows, unit="points")


def _of(whole: Contributions, ids: pl.Series) -> Contributions:
    """Return the part of some rows, with their mean chance."""
    mine = pl.col("entity_id").is_in(ids.cast(pl.String).implode())
    entities, frame = whole.entities.filter(mine), whole.frame.filter(mine)
    base, shown = (float(entities.select(pl.col(name).mean()).item()) for name in ("base", "shown"))
    return replace(whole, frame=frame, entities=entities, base=base, shown=shown)


def _described(
    dataset: Dataset, settings: Settings, bundle: Bundle, by: str, subject: str
) -> tuple[pl.DataFrame, explained_models.Subject]:
    """Return today's rows with the group and the chance, and the model they are of."""
    if by not in GROUPS:
        raise ModelError(
            message("Groups by {by} are not known.", by=by),
            mend=message("Did you mean {closest}?", closest=closest(by, list(GROUPS))),
        )
    explained = explained_models.subject(dataset, settings, bundle, subject)
    rows = explained.rows
    if by not in rows.columns:
        rows = rows.join(dataset.accounts.select("account_id", by), on="account_id", how="left")
    return rows.with_columns(pl.col(by).fill_null(NOT_KNOWN)), explained


def _means(rows: pl.DataFrame, by: str, ends: tuple[str, str], features: list[str]) -> list[str]:
    """Write both groups' mean of each feature; categories are left out."""
    out = []
    for name in features:
        numeric = name in rows.columns and (rows.schema[name].is_numeric() or rows.schema[name] == pl.Boolean)
        if not numeric:
            out.append("")
            continue
        means = [rows.filter(pl.col(by) == end)[name].cast(pl.Float64).mean() for end in ends]
        out.append(message("{short} against {short_2}", short=_short(means[0], name), short_2=_short(means[1], name)))
    return out


def _short(value: object, name: str) -> str:
    if not isinstance(value, float) or value != value:  # noqa: PLR0124
        return "not known"
    if "_rate" in name:
        return f"{round(value * 100) + 0} %"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}"
