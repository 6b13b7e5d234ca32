"""Which kinds of customers there are: recency, frequency and money, and groups found in the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import ModelError
from core.features import accounts
from core.localization import joined, message
from core.marts.exact import exact_sum
from core.metrics.measure import counted, percent
from core.models.customers import clustering
from core.models.customers.lifetime import orders

Floats = NDArray[np.float64]
FEWEST = 30
CHOICES = (3, 4, 5, 6, 7)
MOST_TO_FIT = 4_000
SIGNS = {
    "spent_amount": ("low spend", "high spend"),
    "n_orders": ("few orders", "many orders"),
    "silence_days": ("recent orders", "no order for long"),
    "mrr_amount": ("low recurring revenue", "high recurring revenue"),
    "mrr_change_rate_180d": ("shrinking contract", "growing contract"),
    "tenure_days": ("new customers", "long-standing customers"),
    "usage_change_rate_90d": ("falling usage", "rising usage"),
    "recent_tickets": ("few tickets", "many tickets"),
    "recent_ticket_sentiment": ("unhappy in tickets", "happy in tickets"),
}
SKEWED = ("spent_amount", "n_orders", "mrr_amount", "recent_tickets")


@dataclass(frozen=True)
class Segments:
    """Customers in groups.

    Attributes
    ----------
    frame : pl.DataFrame
        [account_id, account_name, group, recency_score, frequency_score, money_score, kind, …the signs]:
        scores are fifths, 5 the best; kind is their usual name.
    profile : pl.DataFrame
        [group, n, spent_amount, share_rate, …the medians of the signs].
    choice : pl.DataFrame
        [n_groups, silhouette, agreement, is_chosen]: how apart the groups lie, and the adjusted Rand index
        between groups found again on resamples and those of all.
    axes : tuple of str
        The two signs that set the groups apart most.
    """

    frame: pl.DataFrame
    profile: pl.DataFrame
    choice: pl.DataFrame
    axes: tuple[str, str]
    currency: str

    def sentence(self) -> str:
        """Say how many groups there are, how steady they are, and which holds most of the money."""
        chosen = self.choice.filter("is_chosen").to_dicts()[0]
        top = self.profile.sort("spent_amount", descending=True).to_dicts()[0]
        largest = message(
            " “{group}” ({customers}) makes {share_rate} of all spend",
            group=top["group"],
            customers=counted(top["n"], "customer"),
            share_rate=percent(top["share_rate"]),
        )
        how = "stable when re-tested" if chosen["agreement"] >= clustering.STEADY else "not stable when re-tested"
        return message("There are {segments}, {how}.", segments=counted(chosen["n_groups"], "segment"), how=how) + (
            f"{largest}." if top["share_rate"] is not None else ""
        )

    def members(self, group: str = "All") -> pl.DataFrame:
        """Return the customers of a group, or all of them, the highest spend first."""
        rows = self.frame if group == "All" else self.frame.filter(pl.col("group") == group)
        return rows.sort("spent_amount", "account_id", descending=[True, False], nulls_last=True)

    def told(self, group: str = "All") -> str:
        """Count the usual kinds by recency, frequency and money within a group."""
        kinds = self.members(group)["kind"].drop_nulls().value_counts(sort=True).rows()
        if not kinds:
            return "Nothing was ordered yet."
        return message(
            "By recency, frequency and spend: {kinds}.", kinds=", ".join((f"{n:,} {kind.lower()}" for kind, n in kinds))
        )


def rfm(dataset: Dataset) -> pl.DataFrame:
    """Score customers by how lately, how often and for how much they ordered.

    Formula: fifths of the days since the last order (fewest = 5), of the number of orders and of their sum;
    ties get the same score. Orders are bookings, or billed lines where nothing was booked.

    Returns
    -------
    pl.DataFrame
        [account_id, silence_days, n_orders, spent_amount, recency_score, frequency_score, money_score, kind].
    """
    bought = orders(dataset).filter(pl.col("ordered_on") <= dataset.as_of)
    sums = bought.group_by(account_id="customer_id").agg(
        silence_days=(pl.lit(dataset.as_of) - pl.col("ordered_on").max()).dt.total_days(),
        n_orders=(pl.col("amount") > 0).sum().cast(pl.Int64),
        spent_amount=exact_sum("amount"),
    )

    def fifth(column: pl.Expr) -> pl.Expr:
        return (column.rank("average") * 5 / pl.len()).ceil().clip(1, 5).cast(pl.Int64)

    scored = sums.with_columns(
        recency_score=fifth(-pl.col("silence_days")),
        frequency_score=fifth(pl.col("n_orders")),
        money_score=fifth(pl.col("spent_amount")),
    )
    late, often = pl.col("recency_score"), pl.max_horizontal("frequency_score", "money_score")
    kind = (
        pl.when((late >= 4) & (often >= 4))
        .then(pl.lit("Best customers"))
        .when((late <= 2) & (often >= 4))
        .then(pl.lit("Good customers gone quiet"))
        .when((late >= 4) & (often <= 2))
        .then(pl.lit("New or small"))
        .when((late <= 2) & (often <= 2))
        .then(pl.lit("Quiet and small"))
        .otherwise(pl.lit("In between"))
    )
    return scored.with_columns(kind=kind).sort("account_id")


def build(dataset: Dataset, settings: Settings, way: str = "kmeans") -> Segments:
    """Put customers into groups and say what sets each apart.

    k-means, or a mixture of normal distributions, on standardised signs (skewed ones in logs, ends cut at the 1st
    and 99th percentile, gaps filled with the median). The number of groups is the steadiest on resamples (mean
    adjusted Rand index) among those that lie nearly as far apart as the best (80 % of its silhouette). A group is
    named by the two signs that lie farthest from the mean of all.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    way : {"kmeans", "mixture"}

    Raises
    ------
    ModelError
        With fewer than 30 customers, when all are alike, or when the way is not known.
    """
    if way not in clustering.WAYS:
        raise ModelError(
            message("There is no way of grouping called {way}.", way=way),
            mend=message("Known: {ways}.", ways=", ".join(clustering.WAYS)),
        )
    base = rfm(dataset)
    paying = accounts.build(dataset, dataset.as_of, settings)
    if base.is_empty():
        base = paying.select("account_id").with_columns(_nothing(base))
    signs = [n for n in SIGNS if n in paying.columns]
    both = base.join(paying.select("account_id", *signs), on="account_id", how="left")
    if both.height < FEWEST:
        raise ModelError(
            message("{height:,} customers are too few to group.", height=both.height),
            mend=message("Load at least {fewest}.", fewest=FEWEST),
        )
    used, z = standardised(both, list(SIGNS))
    if not used:
        raise ModelError("All customers are alike in what is known of them.", mend="Load orders or subscriptions.")
    thin = np.random.default_rng(settings.models.seed).permutation(len(z))[:MOST_TO_FIT]
    choice = clustering.choose(z[thin], settings.models.seed, CHOICES, way)
    n_groups = int(choice.filter("is_chosen")["n_groups"][0])
    labels = clustering.groups(z[thin], n_groups, settings.models.seed, way)(z)
    names = named(z, labels, used)
    apart = _apart(z, labels)
    axes = tuple(used[i] for i in np.argsort(-apart, kind="stable")[:2])
    frame = both.with_columns(group=pl.Series([names[g] for g in labels])).join(
        dataset.accounts.select("account_id", "account_name"), on="account_id", how="left"
    )
    total = float(frame["spent_amount"].fill_null(0).sum())
    profile = (
        frame.group_by("group")
        .agg(
            n=pl.len(),
            spent_amount=pl.col("spent_amount").sum(),
            share_rate=pl.col("spent_amount").sum() / total if total else pl.lit(None, pl.Float64),
            **{name: pl.col(name).median() for name in used if name != "spent_amount"},
        )
        .sort("spent_amount", "group", descending=[True, False])
    )
    return Segments(frame, profile, choice, (axes[0], axes[-1]), settings.currency)


def _nothing(like: pl.DataFrame) -> list[pl.Expr]:
    return [pl.lit(None, t).alias(n) for n, t in like.schema.items() if n != "account_id"]


def standardised(frame: pl.DataFrame, names: Sequence[str]) -> tuple[list[str], Floats]:
    """Return the signs that tell anything and their standardised values, one column each."""
    used, columns = [], []
    for name in names:
        values = frame[name].cast(pl.Float64).to_numpy().astype(np.float64) if name in frame.columns else np.zeros(0)
        finite = values[np.isfinite(values)]
        if len(finite) < len(frame) / 2:
            continue
        low, high = np.quantile(finite, [0.01, 0.99])
        filled = np.clip(np.where(np.isfinite(values), values, np.median(finite)), low, high)
        filled = np.log1p(np.maximum(filled, 0)) if name in SKEWED else filled
        if filled.std() > 1e-9:
            used.append(name)
            columns.append(np.clip((filled - filled.mean()) / filled.std(), -3, 3))
    return used, np.column_stack(columns) if columns else np.zeros((len(frame), 0))


def named(z: Floats, groups: NDArray[Any], used: Sequence[str]) -> dict[int, str]:
    """Name each group by the two signs that lie farthest from the mean; the same name twice is numbered."""
    out: dict[int, str] = {}
    for group in sorted(set(groups.tolist())):
        centre = z[groups == group].mean(axis=0)
        order = np.argsort(-np.abs(centre), kind="stable")[:2]
        words = [SIGNS[used[i]][int(centre[i] > 0)] for i in order]
        name = joined(*words, by=", ").capitalize()
        twice = sum(o == name or o.startswith(f"{name} (") for o in out.values())
        out[group] = message("{name} ({twice})", name=name, twice=twice + 1) if twice else name
    return out


def _apart(z: Floats, groups: NDArray[Any]) -> Floats:
    """Return per sign the share of its variance that lies between the groups."""
    labels, sizes = np.unique(groups, return_counts=True)
    centres = np.array([z[groups == g].mean(axis=0) for g in labels])
    return np.asarray((sizes[:, None] * centres**2).sum(axis=0) / len(z), dtype=np.float64)
