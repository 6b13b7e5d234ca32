"""The path of the pipeline inside a window of days: what went out and came back, which the two ends do not show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.contracts.amount_visibility import needs_amounts
from core.localization import message
from core.metrics.deal_events import between, tracks
from core.metrics.deal_scope import cut, people
from core.metrics.flow import ORDER, days, parts
from core.metrics.measure import Measure, counted, left_over, money
from core.metrics.pipeline_moves import MOVES, NEEDED, classified, summed, worth

SHOWN_DEALS = 200
IN = ("New", "Transferred in", "Pulled in")
KINDS = {
    "Left and entered by close date": (IN, ("Pushed out", "Pulled out")),
    "Handed over, out and in": (IN, ("Transferred out",)),
    "Entered, and lost or deleted": (IN, ("Lost", "Deleted")),
    "Raised and cut": (("Increased",), ("Decreased",)),
}
ENDS = ("state", "cents", "close_on", "owner_id", "team", "region")
SPLITS = ("region", "team", "segment", "product family")


@dataclass(frozen=True)
class Path:
    """What happened between two days beyond the difference of their ends.

    Attributes
    ----------
    steps : pl.DataFrame
        [step, n_deals, amount, ends_n_deals, ends_amount]: each move as it happened, and as it would look
        if only the state of each deal at both ends were compared.
    frame : pl.DataFrame
        [kind, n_deals, in_amount, out_amount, net_amount]: deals that did the one and the other.
    deals : pl.DataFrame
        [opportunity_id, opportunity_name, account_name, n_moves, in_amount, out_amount, net_amount, path],
        the deals behind `frame`, largest first, at most 200 with their path in words.
    n_deals : int
        Different deals in `frame`.
    n_put_off, n_back : int
        Deals whose expected close was put off at least once, and those of them whose expected close was in
        the end no later than at the beginning.
    hidden : float
        Money moved that a comparison of the ends does not show.
    """

    steps: pl.DataFrame
    frame: pl.DataFrame
    deals: pl.DataFrame
    n_deals: int
    n_put_off: int
    n_back: int
    hidden: float
    currency: str

    def sentence(self) -> str:
        """Say how many deals went out and came back, and what comparing the ends alone would miss."""
        shown = money(self.hidden, self.currency)
        n = self.n_deals
        text = "No deal both entered and left in this period."
        if n:
            which = counted(n, "deal")
            text = message("{which} entered and left, or rose and fell, within this period.", which=which)
        text += (
            message(" Comparing only the start and the end would hide {shown} of moves.", shown=shown)
            if round(self.hidden)
            else ""
        )
        if not self.n_put_off:
            return message("{text} No close date was pushed.", text=text)
        was = "deal was" if self.n_put_off == 1 else "deals were"
        returned = (
            message("; {n_back:,} of them came back to the original date or an earlier one", n_back=self.n_back)
            if self.n_back
            else ""
        )
        return message(
            "{text} {n_put_off:,} {was} pushed at least once{returned}.",
            text=text,
            n_put_off=self.n_put_off,
            was=was,
            returned=returned,
        )


@needs_amounts
def path(
    data: Dataset,
    settings: Settings,
    since: date | str,
    until: date | str,
    level: str = "company",
    name: str | None = None,
    due: str = "any date",
    hierarchy: str = "then",
) -> Path:
    """All moves within the period beside the net change between its two ends.

    The flow counts every change: a deal pushed out and brought back adds to both bars and nets to zero. Here
    the same moves are worked out a second time from each deal's state at the end of the first and of the
    last day only. Both add up from opening to closing; what the second does not show happened on the way.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    since, until, level, name, due, hierarchy
        As for `flow.flow`.

    Raises
    ------
    ContractError
        When the days are no dates or the wrong way round, or the scope is not known.
    """
    first, last = days(since, until)
    scope = cut(data, settings, last, level, name, due, hierarchy)
    rows = between(tracks(data, settings), first, last)
    seen = classified(rows, scope)
    ends = summed(classified(_ends(rows), scope))
    steps = _steps(summed(seen), ends)
    each, chosen = _trips(seen)
    hidden = float((steps["amount"].abs() - steps["ends_amount"].abs()).sum())
    late = seen.filter("is_put_off").select("deal").unique()
    moved = (
        rows.join(late, on="deal", how="semi")
        .group_by("deal")
        .agg(pl.col("prev_close_on").drop_nulls().first(), pl.col("close_on").last())
    )
    back = moved.filter(pl.col("close_on") <= pl.col("prev_close_on")).height
    described = _described(seen, chosen, data)
    return Path(steps, each, described, chosen.height, late.height, back, hidden, settings.currency)


def _ends(rows: pl.DataFrame) -> pl.DataFrame:
    """Return one change per deal: from its state before the first day's end to that at the last."""
    states = rows.select("deal", *ENDS, *(f"prev_{c}" for c in ENDS), "prev_stage", "segment", "family")
    return (
        states.group_by("deal", maintain_order=True)
        .agg(
            *(pl.col(f"prev_{c}").first() for c in ENDS),
            *(pl.col(c).last() for c in ENDS),
            pl.col("prev_stage", "segment", "family").first(),
        )
        .select(NEEDED)
    )


def _steps(whole: tuple[dict[str, int], dict[str, int]], ends: tuple[dict[str, int], dict[str, int]]) -> pl.DataFrame:
    rows = [(m, whole[1][m], whole[0][m] / 100, ends[1][m], ends[0][m] / 100) for m in MOVES]
    schema = {
        "step": pl.String,
        "n_deals": pl.Int64,
        "amount": pl.Float64,
        "ends_n_deals": pl.Int64,
        "ends_amount": pl.Float64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _trips(seen: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the deals that moved both ways: summed by kind, and one row per deal."""
    by_deal = seen.group_by("deal").agg(
        *(pl.col(m).any() for m in MOVES),
        *(worth(m).filter(pl.col(m)).sum().alias(f"cents {m}") for m in MOVES),
        n_moves=pl.sum_horizontal(pl.col(m).cast(pl.Int64) for m in MOVES).sum(),
    )
    rows, picked = [], []
    for kind, (ins, outs) in KINDS.items():
        both = by_deal.filter(pl.any_horizontal(ins), pl.any_horizontal(outs)).select(
            "deal",
            "n_moves",
            ins=pl.sum_horizontal(message("cents {m}", m=m) for m in ins),
            outs=pl.sum_horizontal(message("cents {m}", m=m) for m in outs),
        )
        rows.append((kind, both.height, int(both["ins"].sum()), int(both["outs"].sum())))
        picked.append(both)
    frame = pl.DataFrame(rows, schema=["kind", "n_deals", "ins", "outs"], orient="row").filter(pl.col("n_deals") > 0)
    deals = pl.concat(picked).group_by("deal").agg(pl.col("n_moves").first(), pl.col("ins").max(), pl.col("outs").min())
    money_of = {
        "in_amount": pl.col("ins") / 100,
        "out_amount": pl.col("outs") / 100,
        "net_amount": (pl.col("ins") + pl.col("outs")) / 100,
    }
    return (
        frame.select("kind", "n_deals", **money_of),
        deals.select("deal", "n_moves", **money_of).sort(
            pl.min_horizontal("in_amount", pl.col("out_amount").abs()), "deal", descending=[True, False]
        ),
    )


def _described(seen: pl.DataFrame, chosen: pl.DataFrame, data: Dataset) -> pl.DataFrame:
    """Return the chosen deals with their names, and their moves in words."""
    top = chosen.head(SHOWN_DEALS).with_row_index("place")
    rows = seen.join(top.select("deal", "place"), on="deal").filter(pl.any_horizontal(MOVES))
    who = people(data)
    to_owner = pl.col("owner_id").cast(pl.String).replace(who).fill_null("nobody")
    to_date = pl.col("close_on").dt.strftime("%d %b %Y").fill_null("no date")
    more = {
        **dict.fromkeys(("Pulled in", "Pushed out", "Pulled out"), pl.format(" to {}", to_date)),
        **dict.fromkeys(("Transferred in", "Transferred out"), pl.format(" to {}", to_owner)),
        **dict.fromkeys(
            ("Increased", "Decreased"), pl.format(" to {}", (pl.col("after") / 100).round(0).cast(pl.Int64))
        ),
    }
    words = [pl.when(pl.col(m)).then(pl.lit(m.lower()) + more.get(m, pl.lit(""))) for m in MOVES]
    move_text = pl.format(
        "{}: {}", pl.col("day").dt.strftime("%d %b"), pl.concat_str(words, separator=", ", ignore_nulls=True)
    )
    trail = (
        rows.with_columns(said=move_text)
        .group_by("place", maintain_order=True)
        .agg(pl.col("opportunity_id").first(), path=pl.col("said").str.join(" → "))
    )
    accounts = data.accounts.select("account_id", "account_name")
    about = data.opportunities.select("opportunity_id", "opportunity_name", "account_id").join(
        accounts, on="account_id", how="left"
    )
    columns = ("opportunity_id", "opportunity_name", "account_name", "n_moves", "in_amount", "out_amount", "net_amount")
    return (
        top.join(trail, on="place").join(about, on="opportunity_id", how="left").sort("place").select(*columns, "path")
    )


@needs_amounts
def split(
    data: Dataset, settings: Settings, since: date | str, until: date | str, level: str, due: str, hierarchy: str
) -> Measure:
    """Which region, team, segment or product family changed the pipeline most.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    since, until, due, hierarchy
        As for `flow.flow`.
    level : {"region", "team", "segment", "product family"}

    Returns
    -------
    Measure
        Value: the closing pipeline of all. Frame: as of `flow.parts`, with change_amount, largest change first.
    """
    frame = parts(data, settings, since, until, level, due, hierarchy)
    frame = frame.with_columns(change_amount=pl.col("Closing") - pl.col("Opening"))
    frame = frame.sort(pl.col("change_amount").abs(), "name", descending=[True, False]).select(
        "name", "Opening", "change_amount", *ORDER[1:]
    )
    if frame.is_empty():
        return Measure("Flow by part", None, "money", frame, "No part had open pipeline.")
    top = frame.row(0, named=True)
    word = "grew" if top["change_amount"] > 0 else "shrank"
    change = money(abs(top["change_amount"]), settings.currency)
    left = abs(round(sum(float(frame[s].sum()) for s in ORDER[:-1]) - float(frame["Closing"].sum()), 2))
    gone = round(float(frame["Transferred in"].sum()) + float(frame["Transferred out"].sum()), 2)
    text = (
        message("{name} moved most: it {word} by {change}.", name=top["name"], word=word, change=change)
        if top["change_amount"]
        else "Nothing changed overall."
    )
    text += message(" The parts add up to the whole change: {left_over}", left_over=left_over(left, settings.currency))
    text += "; deals handed over leave one part and enter another." if not gone else "."
    return Measure("Flow by part", float(str(frame["Closing"].sum())), "money", frame, text)
