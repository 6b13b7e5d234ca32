"""Where deals against a competitor are won less often, and whether that turns."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from core.config import Settings
from core.config.calendar import add_quarters, quarter_label, quarter_start
from core.contracts import Dataset
from core.contracts.constants import NOT_KNOWN
from core.contracts.errors import ContractError, closest
from core.localization import message
from core.metrics.competitors import (
    ALIKE,
    FEWEST_DEALS,
    MONTHS,
    comparable,
    ended,
    is_met,
    points,
    rate_beside,
    same_types,
)
from core.metrics.confidence_intervals import difference, is_beyond_chance, wilson
from core.metrics.deal_scope import people
from core.metrics.measure import Measure, counted, percent, ratio

RECENT, EARLIER = 2, 6
PARTS = ("segment", "region", "product", "rep", "deal size", "type")
PART = {
    "part": pl.String,
    "n_deals": pl.Int64,
    "win_rate": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "n_others": pl.Int64,
    "others_rate": pl.Float64,
    "difference": pl.Float64,
    "difference_low": pl.Float64,
    "difference_high": pl.Float64,
    "is_sure": pl.Boolean,
}
QUARTER = {
    "quarter": pl.String,
    "begin": pl.Date,
    "n_deals": pl.Int64,
    "n_won": pl.Int64,
    "win_rate": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "others_rate": pl.Float64,
}


def parts(
    data: Dataset, settings: Settings, competitor: str = "", by: str = "segment", months: int = MONTHS
) -> Measure:
    """Win rate against one competitor by part of the business, beside the deals of that part without a competitor.

    Formula: as `competitors.record`, within each part; the interval is widened for the number of parts. Under 10 deals
    on either side a part is listed and not compared.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    competitor : str
        Empty for all of them together.
    by : {"segment", "region", "product", "rep", "deal size", "type"}
    months : int

    Returns
    -------
    Measure
        Unit count. Value: in how many parts the difference is sure; None where none can be compared. Frame: part,
        n_deals, win_rate, low, high, n_others, others_rate, difference, difference_low, difference_high, is_sure; sure
        ones first, then the largest difference.

    Raises
    ------
    ContractError
        When deals cannot be split so.
    """
    column = _column(by)
    deals = ended(data, months).with_columns(part=pl.col(column).cast(pl.String).fill_null(NOT_KNOWN))
    met = deals.filter(is_met(competitor)).partition_by("part", as_dict=True)
    alone = deals.filter(pl.col("competitor").is_null()).partition_by("part", as_dict=True)
    nobody = deals.clear()
    n_fit = sum(min(rows.height, alone.get(key, nobody).height) >= FEWEST_DEALS for key, rows in met.items())
    called = people(data) if by == "rep" else {}
    alike = tuple(name for name in ALIKE if name != column)
    rows = [
        _part(called.get(str(key[0]), str(key[0])), rows, alone.get(key, nobody), max(n_fit, 1), alike)
        for key, rows in met.items()
    ]
    frame = pl.DataFrame(rows, schema=PART, orient="row").sort(
        "is_sure", pl.col("difference").abs(), "n_deals", "part", descending=[True, True, True, False], nulls_last=True
    )
    sure = frame.filter("is_sure")
    value = float(sure.height) if n_fit else None
    text = _parts_text(competitor or "competitors", by, frame, sure, n_fit)
    return Measure("Parts against a competitor", value, "count", frame, text)


def _column(by: str) -> str:
    columns = dict(zip(PARTS, ("segment", "region", "product", "owner_id", "size", "opportunity_type"), strict=True))
    if by not in columns:
        mend = message("Deals can be split by {parts}.", parts=", ".join(PARTS))
        raise ContractError(
            message("Deals cannot be split by {by!r}{closest}.", by=by, closest=closest(by, PARTS)), mend=mend
        )
    return columns[by]


def _part(name: str, met: pl.DataFrame, alone: pl.DataFrame, n_claims: int, alike: tuple[str, ...]) -> tuple[Any, ...]:
    n, won = met.height, int(met["is_won"].sum())
    n_others, gap = comparable(met, alone, n_claims, alike)
    own = (name, n, won / n, *(wilson(won, n) or (None, None)), n_others)
    if gap is None:
        return (*own, None, None, None, None, False)
    return (*own, rate_beside(won / n, gap[0]), *gap, is_beyond_chance(*gap[1:]))


def _parts_text(competitor: str, by: str, frame: pl.DataFrame, sure: pl.DataFrame, n_fit: int) -> str:
    if frame.is_empty():
        return message("No deal against {competitor} has closed.", competitor=competitor)
    if not n_fit:
        return message(
            "Too few deals against {competitor} in any {by} to compare: {fewest_deals} on either side are needed.",
            competitor=competitor,
            by=by,
            fewest_deals=FEWEST_DEALS,
        )
    if sure.is_empty():
        return message(
            "Against {competitor} no {by} differs from its deals without a competitor beyond chance.",
            competitor=competitor,
            by=by,
        )
    top = sure.row(0, named=True)
    word, verb = ("less" if top["difference"] < 0 else "more"), ("differs" if sure.height == 1 else "differ")
    return message(
        "Against {competitor} {height} of {things} {verb} from deals without a competitor beyond "
        "chance. Largest difference: {part}, {win_rate} of {n_deals:,} won, {points} points {word} "
        "than its comparable deals without one.",
        competitor=competitor,
        height=sure.height,
        things=counted(n_fit, by),
        verb=verb,
        part=top["part"],
        win_rate=percent(top["win_rate"]),
        n_deals=top["n_deals"],
        points=points(top["difference"]),
        word=word,
    )


def trend(data: Dataset, settings: Settings, competitor: str = "") -> Measure:
    """Whether deals against a competitor are won less often lately than before.

    Formula: win rate by fiscal quarter of close, over the eight quarters that are over; the last two together less the
    six before, with Newcombe's interval. The same rates of deals of these types without a competitor stand beside it in
    the sentence, for a whole market may have turned. None under 10 deals on either side.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    competitor : str
        Empty for all competitors together.

    Returns
    -------
    Measure
        Unit rate. Value: the difference. Frame: quarter, begin, n_deals, n_won, win_rate, low, high, others_rate (of
        comparable deals without a competitor); null where too little closed.
    """
    begins = [add_quarters(quarter_start(data.as_of, settings), -k, settings) for k in range(RECENT + EARLIER, -1, -1)]
    quarters = pl.DataFrame({"begin": begins[:-1], "end": begins[1:]})
    deals = ended(data, 12 * 3)
    met, alone = deals.filter(is_met(competitor)), deals.filter(pl.col("competitor").is_null())
    rows = []
    for begin, end in quarters.iter_rows():
        own, others = (part.filter(pl.col("close_on").is_between(begin, end, closed="left")) for part in (met, alone))
        n, won = own.height, int(own["is_won"].sum())
        gap = comparable(own, others)[1]
        beside = rate_beside(won / n, gap[0]) if gap else None
        rows.append(
            (quarter_label(begin, settings), begin, n, won, ratio(won, n), *(wilson(won, n) or (None, None)), beside)
        )
    frame = pl.DataFrame(rows, schema=QUARTER, orient="row")
    sides = [_sides(part, begins[-1 - RECENT], (begins[0], begins[-1])) for part in (met, same_types(alone, met))]
    return _turned(competitor or "competitors", sides, frame)


def _sides(deals: pl.DataFrame, turn: date, span: tuple[date, date]) -> tuple[int, int, int, int]:
    """Return won and closed deals of the last quarters, and of those before."""
    rows = deals.filter(pl.col("close_on").is_between(*span, closed="left"))
    late, early = rows.filter(pl.col("close_on") >= turn), rows.filter(pl.col("close_on") < turn)
    return int(late["is_won"].sum()), late.height, int(early["is_won"].sum()), early.height


def _turned(name: str, sides: list[tuple[int, int, int, int]], frame: pl.DataFrame) -> Measure:
    own, others = sides
    title = "Change of the win rate against competitors"
    if min(own[1], own[3]) < FEWEST_DEALS:
        text = message("Too few deals against {name} closed to compare two quarters with the six before.", name=name)
        return Measure(title, None, "rate", frame, text)
    gap, low, high = difference(*own) or (0.0, 0.0, 0.0)
    now, before = percent(own[0] / own[1]), percent(own[2] / own[3])
    span = message(
        "{now} of {own:,} deals against {name} were won in the last two quarters, {before} in the six before",
        now=now,
        own=own[1],
        name=name,
        before=before,
    )
    rest = ""
    if min(others[1], others[3]) >= FEWEST_DEALS:
        rest = message(
            " Without a competitor: {others} against {others_2} before.",
            others=percent(others[0] / others[1]),
            others_2=percent(others[2] / others[3]),
        )
    if low <= 0 <= high:
        return Measure(
            title, gap, "rate", frame, message("{span}, which chance can explain.{rest}", span=span, rest=rest)
        )
    word = "less" if gap < 0 else "more"
    return Measure(
        title,
        gap,
        "rate",
        frame,
        message("{span}: {word} often than chance explains.{rest}", span=span, word=word, rest=rest),
    )
