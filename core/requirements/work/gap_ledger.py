"""The gap ledger: over all requirement lists, what each gap holds up and what closing it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.contracts.constants import SEVERITY_RANK
from core.localization import message, message_plural
from core.metrics import brief, confidence_intervals, counted, money
from core.metrics.largest_remainder import split
from core.requirements.catalogue.capabilities import Catalogue
from core.requirements.judge.bid_scores import kept
from core.requirements.judge.gap_analysis import weight_of_gaps
from core.requirements.judge.row_judgement import judge
from core.requirements.match import matcher

DEALS = {
    "gap_id": pl.String,
    "gap": pl.String,
    "list": pl.String,
    "opportunity_id": pl.String,
    "deal": pl.String,
    "is_closed": pl.Boolean,
    "is_won": pl.Boolean,
    "amount": pl.Float64,
    "p_win": pl.Float64,
    "gap_type": pl.String,
    "severity": pl.String,
    "n_rows": pl.Int64,
    "effort_weeks": pl.Float64,
    "timeline_weeks": pl.Float64,
    "cost_amount": pl.Float64,
    "approach": pl.String,
    "owner": pl.String,
    "weight": pl.Float64,
    "share": pl.Float64,
    "exposed_amount": pl.Float64,
    "weighted_amount": pl.Float64,
}
UNCLEAR = "unclear"
FEW_DEALS = 30
GAPS = {
    "gap_id": pl.String,
    "gap": pl.String,
    "gap_type": pl.String,
    "severity": pl.String,
    "approach": pl.String,
    "owner": pl.String,
    "n_deals": pl.Int64,
    "exposed_amount": pl.Float64,
    "weighted_amount": pl.Float64,
    "effort_weeks": pl.Float64,
    "timeline_weeks": pl.Float64,
    "cost_amount": pl.Float64,
    "unlocked_per_week_amount": pl.Float64,
    "n_closed": pl.Int64,
    "n_won": pl.Int64,
    "survival_rate": pl.Float64,
    "survival_lower": pl.Float64,
    "survival_upper": pl.Float64,
}


@dataclass(frozen=True)
class RequirementSet:
    """A requirement list with its counterparts, belonging to one deal.

    Attributes
    ----------
    name, opportunity_id : str
    rows : pl.DataFrame
        [text, category, priority, capability_id, confidence], as `judge` takes them.
    """

    name: str
    opportunity_id: str
    rows: pl.DataFrame


@dataclass(frozen=True)
class Ledger:
    """What each gap holds up.

    Attributes
    ----------
    frame : pl.DataFrame
        The columns of `GAPS`, one row per gap, most open pipeline per person-week first, and those that are
        still a question to the buyer last. n_deals,
        exposed_amount and weighted_amount are of open deals; survival is the share won of the closed
        deals that had the gap, null where there is none, with its 95 % Wilson interval.
    deals : pl.DataFrame
        The columns of `DEALS`, one row per gap and deal. Over a deal the shares add up to 1 and the
        exposed amounts to its amount, to the cent.
    n_lists : int
    """

    frame: pl.DataFrame
    deals: pl.DataFrame
    n_lists: int
    currency: str

    def sentence(self) -> str:
        """Say how much open pipeline hangs on gaps, and which gap brings most for its work."""
        if self.frame.is_empty():
            return "No requirement list is attached to a deal yet, or none has a gap."
        open_deals = self.deals.filter(~pl.col("is_closed"))
        total = float(open_deals["exposed_amount"].sum())
        text = message_plural(
            "{requirement} {gaps}; {total} in {open} on it, {sum} of it weighted.",
            "{requirement} {gaps}; {total} in {open} on them, {sum} of it weighted.",
            self.frame.height,
            requirement=counted(self.n_lists, "requirement list shows", "requirement lists show"),
            gaps=counted(self.frame.height, "gap"),
            total=money(total, self.currency),
            open=counted(open_deals["opportunity_id"].n_unique(), "open deal depends", "open deals depend"),
            sum=money(float(open_deals["weighted_amount"].sum()), self.currency),
        )
        asked = self.frame.filter((pl.col("gap_type") == UNCLEAR) & (pl.col("n_deals") > 0)).height
        if asked:
            text += message(
                " {of} to be answered first.", of=counted(asked, "of them is a question", "of them are questions")
            )
        best = self.frame.row(0, named=True)
        if best["unlocked_per_week_amount"] is None or best["gap_type"] == UNCLEAR:
            return text
        worth = money(best["unlocked_per_week_amount"], self.currency)
        return message(
            "{text} Closing “{gap}” pays off most: {worth} of pipeline per week of work ({weeks}).",
            text=text,
            gap=best["gap"],
            worth=worth,
            weeks=_weeks(best["effort_weeks"]),
        )

    def gap_sentence(self, gap_id: str) -> str:
        """Say what one gap holds up, how deals fared with it and what closing it takes."""
        rows = self.frame.filter(pl.col("gap_id") == gap_id)
        if rows.is_empty():
            return "This gap is in no list any more."
        row = rows.row(0, named=True)
        work = message(
            "closing it takes {weeks} and {cost_amount}",
            weeks=_weeks(row["effort_weeks"]),
            cost_amount=money(row["cost_amount"], self.currency),
        )
        text = message(
            "“{gap}” holds up {exposed_amount} in {opens}; {words}.",
            gap=row["gap"],
            exposed_amount=money(row["exposed_amount"], self.currency),
            opens=counted(row["n_deals"], "open deal"),
            words=message("it is a question to clarify first") if row["gap_type"] == UNCLEAR else work,
        )
        if row["n_closed"]:
            text += (
                message(
                    " Won despite the gap: {n_won:,} of {closeds} ({survival_rate:.0f} %, rough).",
                    n_won=row["n_won"],
                    closeds=counted(row["n_closed"], "closed deal"),
                    survival_rate=row["survival_rate"] * 100,
                )
                if row["n_closed"] < FEW_DEALS
                else message(
                    " Won despite the gap: {n_won:,} of {closeds} ({survival_rate:.0f} %).",
                    n_won=row["n_won"],
                    closeds=counted(row["n_closed"], "closed deal"),
                    survival_rate=row["survival_rate"] * 100,
                )
            )
        return text


def _weeks(value: float) -> str:
    return "1 person-week" if value == 1 else message("{value} person-weeks", value=brief(value))


def build(
    sets: Sequence[RequirementSet],
    dataset: Dataset,
    catalogue: Catalogue,
    settings: Settings,
    chances: pl.DataFrame | None = None,
    groups: Mapping[str, str] | None = None,
) -> Ledger:
    """Build the ledger over requirement lists.

    A deal's amount is divided over its gaps by weight: priority (4, 3, 2, 1) × gap type (missing 1,
    partial and roadmap ½, unclear ¼), the heaviest row of a gap standing for it. So no amount counts
    twice, whatever the number of lists and rows. Closing a gap takes what its most severe row says, once
    for all deals.

    Parameters
    ----------
    sets : sequence of RequirementSet
        Lists of deals the data does not know are left out.
    dataset : Dataset
    catalogue : Catalogue
        Gaps are judged against it as it is now.
    settings : Settings
    chances : pl.DataFrame, optional
        [opportunity_id, p_win] of open deals; where missing, weighted_amount is null.
    groups : mapping, optional
        What was merged or split by hand: gap to the gap it counts as; a key `gap@deal` holds for one deal.
    """
    rows = _rows(sets, catalogue, settings)
    if rows.is_empty():
        return Ledger(pl.DataFrame(schema=GAPS), pl.DataFrame(schema=DEALS), len(sets), settings.currency)
    names = {str(r[0]): str(r[1]) for r in catalogue.frame.select("capability_id", "name").iter_rows()}
    deals = _shared(_merged(rows, groups or {}, names), dataset, chances)
    return Ledger(_gaps(deals), deals, len(sets), settings.currency)


def _rows(sets: Sequence[RequirementSet], catalogue: Catalogue, settings: Settings) -> pl.DataFrame:
    """Judge all lists in one go and keep their gaps; a gap is a capability, or a text without a counterpart."""
    asked = [
        requirement_set.rows.select("text", "category", "priority", "capability_id", "confidence").with_columns(
            list=pl.lit(requirement_set.name), opportunity_id=pl.lit(requirement_set.opportunity_id)
        )
        for requirement_set in sets
    ]
    if not asked:
        return pl.DataFrame()
    stacked = pl.concat(asked, how="vertical_relaxed")
    judged = stacked.select("text", "priority", "list", "opportunity_id").hstack(judge(stacked, catalogue, settings))
    text = pl.col("text").str.strip_chars().str.to_lowercase().str.slice(0, 80)
    sure = pl.when(pl.col("confidence") >= matcher.LIKELY).then("capability_id")
    return judged.filter(pl.col("gap_type").is_not_null()).select(
        pl.coalesce(sure, text).alias("gap_id"),
        pl.col("text").str.slice(0, 80).alias("gap"),
        "list",
        "opportunity_id",
        *("gap_type", "severity", "effort_weeks", "timeline_weeks", "cost_amount", "approach", "owner"),
        weight_of_gaps(settings).alias("weight"),
    )


def _merged(rows: pl.DataFrame, groups: Mapping[str, str], names: Mapping[str, str]) -> pl.DataFrame:
    """Apply what was merged or split by hand, and keep the heaviest row of each gap and deal."""
    here = pl.format("{}@{}", "gap_id", "opportunity_id").replace_strict(dict(groups) or {"": ""}, default=None)
    everywhere = pl.col("gap_id").replace_strict(dict(groups) or {"": ""}, default=None)
    rows = rows.with_columns(gap_id=pl.coalesce(here, everywhere, "gap_id"))
    label = pl.col("gap_id").replace_strict(dict(names) or {"": ""}, default=None, return_dtype=pl.String)
    rows = rows.with_columns(gap=pl.coalesce(label, "gap"), n_rows=pl.len().over("opportunity_id", "gap_id"))
    rank = pl.col("severity").replace_strict(SEVERITY_RANK, return_dtype=pl.Int64)
    ordered = rows.sort(pl.col("weight"), rank, "gap", descending=[True, False, False], maintain_order=True)
    return ordered.unique(["opportunity_id", "gap_id"], keep="first", maintain_order=True)


def _shared(rows: pl.DataFrame, dataset: Dataset, chances: pl.DataFrame | None) -> pl.DataFrame:
    """Divide each deal's amount over its gaps, in whole cents."""
    accounts = dataset.accounts.select("account_id", "account_name")
    facts = dataset.opportunities.join(accounts, on="account_id", how="left").select(
        "opportunity_id",
        pl.coalesce("account_name", "opportunity_name", "opportunity_id").alias("deal"),
        *("is_closed", "is_won", "amount"),
    )
    win_chances = (
        chances if chances is not None else pl.DataFrame(schema={"opportunity_id": pl.String, "p_win": pl.Float64})
    )
    joined = rows.join(facts, on="opportunity_id", how="inner", maintain_order="left")
    joined = joined.join(
        win_chances.select("opportunity_id", "p_win"), on="opportunity_id", how="left", maintain_order="left"
    )
    parts = []
    for part in joined.sort("opportunity_id", "gap_id").partition_by("opportunity_id", maintain_order=True):
        weights = part["weight"].to_list()
        amounts = divide(part["amount"][0], weights)
        shares = [w / sum(weights) for w in weights]
        new = pl.Series("exposed_amount", amounts, dtype=pl.Float64), pl.Series("share", shares, dtype=pl.Float64)
        parts.append(part.with_columns(*new))
    if not parts:
        return pl.DataFrame(schema=DEALS)
    return pl.concat(parts).with_columns(weighted_amount=pl.col("exposed_amount") * pl.col("p_win")).select(*DEALS)


def divide(amount: float | None, weights: Sequence[float]) -> list[float | None]:
    """Divide an amount by weights into whole cents that add up to it.

    Examples
    --------
    >>> divide(100.0, [1, 1, 1])
    [33.34, 33.33, 33.33]
    """
    if amount is None:
        return [None] * len(weights)
    return [part / 100 for part in split(round(amount * 100), weights)]


def _gaps(deals: pl.DataFrame) -> pl.DataFrame:
    if deals.is_empty():
        return pl.DataFrame(schema=GAPS)
    rank = pl.col("severity").replace_strict(SEVERITY_RANK, return_dtype=pl.Int64)
    is_open = ~pl.col("is_closed")
    worst = deals.sort(rank, "weight", descending=[False, True], maintain_order=True)
    gaps = worst.group_by("gap_id", maintain_order=True).agg(
        *(pl.col(name).first() for name in ("gap", "gap_type", "severity", "approach", "owner")),
        *(pl.col(name).first() for name in ("effort_weeks", "timeline_weeks", "cost_amount")),
        n_deals=is_open.sum().cast(pl.Int64),
        exposed_amount=pl.col("exposed_amount").filter(is_open).sum(),
        weighted_amount=pl.col("weighted_amount").filter(is_open).sum(),
        n_known=pl.col("weighted_amount").filter(is_open).count(),
        n_closed=pl.col("is_closed").sum().cast(pl.Int64),
        n_won=(pl.col("is_closed") & pl.col("is_won")).sum().cast(pl.Int64),
    )
    survived = [wilson(won, of) for won, of in gaps.select("n_won", "n_closed").iter_rows()]
    names = ("survival_rate", "survival_lower", "survival_upper")
    gaps = gaps.hstack(pl.DataFrame(survived, schema=dict.fromkeys(names, pl.Float64), orient="row"))
    gaps = gaps.with_columns(
        weighted_amount=pl.when((pl.col("n_known") > 0) | (pl.col("n_deals") == 0)).then("weighted_amount"),
        unlocked_per_week_amount=pl.when((pl.col("n_deals") > 0) & (pl.col("effort_weeks") > 0)).then(
            pl.col("exposed_amount") / pl.col("effort_weeks")
        ),
    )
    # A question to the buyer takes no work, which says nothing of the work behind it: gaps that are known come first.
    order = (pl.col("gap_type") == UNCLEAR, pl.col("unlocked_per_week_amount"), pl.col("gap_id"))
    return gaps.sort(*order, descending=[False, True, False], nulls_last=True).select(*GAPS)


def wilson(won: int, of: int) -> tuple[float | None, float | None, float | None]:
    """Return a rate with its 95 % interval after Wilson; nulls without a denominator.

    Examples
    --------
    >>> [round(x, 3) for x in wilson(3, 10)]
    [0.3, 0.108, 0.603]
    """
    interval = confidence_intervals.wilson(won, of)
    return (won / of, *interval) if interval else (None, None, None)


def uplift(ledger: Ledger, capability_id: str, settings: Settings) -> pl.DataFrame:
    """Return what closing a gap does to each open deal's chance and expected amount.

    The model's chance knows nothing of the list and is taken as that with every gap closed; each gap
    left open takes its part (`scores.kept`). Closing one gap gives its part back.

    Parameters
    ----------
    ledger : Ledger
    capability_id : str
    settings : Settings
        `requirements.chance_lost`.

    Returns
    -------
    pl.DataFrame
        [opportunity_id, deal, severity, share, amount, p_win, p_as_is, p_closed, uplift_amount]: nulls
        where the chance is not known.
    """
    mine = (pl.col("gap_id") == capability_id) & ~pl.col("is_closed")
    rows = ledger.deals.filter(mine).sort("opportunity_id")
    others = [ledger.deals.filter((pl.col("opportunity_id") == key) & ~mine) for key in rows["opportunity_id"]]
    rest = pl.Series("rest", [kept(part, settings) for part in others], dtype=pl.Float64)
    own = pl.Series("own", [kept(rows[k], settings) for k in range(rows.height)], dtype=pl.Float64)
    gain = ((pl.col("p_closed") - pl.col("p_as_is")) * pl.col("amount")).alias("uplift_amount")
    return rows.with_columns(p_as_is=pl.col("p_win") * rest * own, p_closed=pl.col("p_win") * rest).select(
        "opportunity_id", "deal", "severity", "share", "amount", "p_win", "p_as_is", "p_closed", gain
    )


def lever(ledger: Ledger, capability_id: str, settings: Settings) -> float | None:
    """Return by how much more often deals are won once a gap is closed, per full share of a deal waiting for it.

    The worth of closing it over all open deals ÷ the sum of share × chance × amount; a lever that raises
    each deal's chance by this times its share brings the same money. Null where no chance is known.

    Parameters
    ----------
    ledger : Ledger
    capability_id : str
    settings : Settings
    """
    rows = uplift(ledger, capability_id, settings)
    worth = float(rows["uplift_amount"].sum())
    exposed = float(rows.select((pl.col("share") * pl.col("p_win") * pl.col("amount")).sum()).item() or 0.0)
    return worth / exposed if exposed else None


def lever_names(ledger: Ledger) -> dict[str, str]:
    """Return the name of each gap by its id; gaps of one name carry the id behind it, so that no two share one."""
    named = ledger.frame.select("gap_id", "gap", pl.col("gap").is_duplicated().alias("is_shared"))
    return {gap_id: f"{gap} ({gap_id})" if is_shared else gap for gap_id, gap, is_shared in named.iter_rows()}


def waiting(ledger: Ledger) -> dict[str, pl.DataFrame]:
    """Return what waits for each gap, by its name among the levers.

    Parameters
    ----------
    ledger : Ledger

    Returns
    -------
    dict of str to pl.DataFrame
        Open deals, [opportunity_id, share of the deal]; a gap without any is left out.
    """
    open_deals = (
        ledger.deals.filter(~pl.col("is_closed")).sort("opportunity_id").select("gap_id", "opportunity_id", "share")
    )
    parts = open_deals.partition_by("gap_id", as_dict=True, include_key=False, maintain_order=True)
    return {name: parts[gap_id,] for gap_id, name in lever_names(ledger).items() if (gap_id,) in parts}


def of_deal(ledger: Ledger, opportunity_id: str) -> pl.DataFrame:
    """Return the gaps of one deal, heaviest first; the columns of `DEALS`."""
    rows = ledger.deals.filter(pl.col("opportunity_id") == opportunity_id)
    return rows.sort("exposed_amount", "gap_id", descending=[True, False], nulls_last=True)
