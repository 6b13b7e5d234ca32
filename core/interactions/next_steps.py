"""Next steps that were promised in calls, and whether what was promised was seen to be done."""

from __future__ import annotations

from typing import Any

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.contracts.constants import NOT_KNOWN
from core.interactions.address_book import US
from core.interactions.call_record import DAYS, NO_CALLS, recent
from core.interactions.interaction_view import IN, OUT, Interactions
from core.interactions.open_deals import end_of
from core.localization import message
from core.metrics.measure import Measure, counted, ratio
from core.store.interaction_records import MAIL

DONE, LATE, OPEN, OVERDUE, UNSEEN = "done", "done late", "open", "overdue", "cannot be seen"
PROMISES = {"send": "Send something", "meet": "Set up a meeting", "check": "Check and come back"}
STEPS: dict[str, Any] = {
    "interaction_id": pl.Int64,
    "called_at": pl.Datetime("us"),
    "opportunity_id": pl.String,
    "deal": pl.String,
    "who": pl.String,
    "side": pl.String,
    "promise": pl.String,
    "due_on": pl.Date,
    "state": pl.String,
    "done_on": pl.Date,
    "text": pl.String,
}


def steps(data: Dataset, settings: Settings, interactions: Interactions, days: int = DAYS) -> Measure:
    """Next steps promised in calls of the last days, and whether a mail or meeting since shows them done.

    Formula: a sentence in which somebody binds themselves ("I will send …"), with the day it names, else a week. To
    send, or to check and come back, counts as done by the first mail of that side with somebody who was in the call;
    to meet by the first meeting or call with them. That is a sign, not a proof: the mail may be about something else.
    Where no mails at all are known of the account, what was promised to be sent cannot be seen.

    Parameters
    ----------
    data : Dataset
    settings : Settings
        Not used; every call behind a page takes data and settings.
    interactions : Interactions
    days : int

    Returns
    -------
    Measure
        Unit rate. Value: share of those past their day that were done by it; None where there are none. Frame:
        interaction_id, called_at, opportunity_id, deal, who, side, promise, due_on, state ("overdue", "open",
        "done late", "done" or "cannot be seen"), done_on, text (empty unless the settings allow texts); overdue ones
        first.
    """
    turns = recent(data, interactions, days)
    name = "Next steps done in time"
    if turns.is_empty():
        return Measure(name, None, "rate", pl.DataFrame(schema=STEPS), NO_CALLS.format(days))
    promised = turns.filter(pl.col("step") != "")
    if promised.is_empty():
        return Measure(name, None, "rate", pl.DataFrame(schema=STEPS), "Nobody promised a next step in these calls.")
    rows = promised.join(_done(data, interactions, promised), on=["interaction_id", "number"], how="left")
    mailed = interactions.touches.filter(pl.col("kind") == MAIL)["account_id"].unique().implode()
    is_late = pl.col("done_on") > pl.col("step_due_on")
    is_over = pl.col("step_due_on") < data.as_of
    state = (
        pl.when(pl.col("done_on").is_not_null())
        .then(pl.when(is_late).then(pl.lit(LATE)).otherwise(pl.lit(DONE)))
        .when((pl.col("step") != "meet") & ~pl.col("account_id").is_in(mailed))
        .then(pl.lit(UNSEEN))
        .when(is_over)
        .then(pl.lit(OVERDUE))
        .otherwise(pl.lit(OPEN))
    )
    deals = data.opportunities.select("opportunity_id", deal=pl.coalesce("opportunity_name", "opportunity_id"))
    order = {OVERDUE: 0, OPEN: 1, LATE: 2, DONE: 3, UNSEEN: 4}
    frame = (
        rows.with_columns(state=state, promise=pl.col("step").replace(PROMISES))
        .join(deals, on="opportunity_id", how="left")
        .rename({"at": "called_at", "step_due_on": "due_on", "speaker": "who"})
        .with_columns(pl.col("who").fill_null(NOT_KNOWN))
        .sort(pl.col("state").replace_strict(order, return_dtype=pl.Int64), "due_on", "interaction_id", "number")
        .select(*STEPS)
    )
    return Measure(name, *_summed(data, frame))


def _done(data: Dataset, interactions: Interactions, promised: pl.DataFrame) -> pl.DataFrame:
    """Return the day of the first mail or meeting with somebody of a call after it, which may be what was promised."""
    later = interactions.touches.filter(pl.col("at") < end_of(data), ~pl.col("is_cancelled")).select(
        "contact_id", "kind", "direction", "interaction_id", seen_at="at"
    )
    with_whom = interactions.touches.select("interaction_id", "contact_id").unique()
    pairs = (
        promised.select("interaction_id", "number", "at", "side", "step")
        .join(with_whom, on="interaction_id")
        .join(later, on="contact_id", suffix="_seen")
    )
    wanted = pl.when(pl.col("side") == US).then(pl.lit(OUT)).otherwise(pl.lit(IN))
    is_mail = (pl.col("step") != "meet") & (pl.col("kind") == MAIL) & (pl.col("direction") == wanted)
    is_meeting = (pl.col("step") == "meet") & (pl.col("kind") != MAIL)
    is_after = (pl.col("seen_at") > pl.col("at")) & (pl.col("interaction_id_seen") != pl.col("interaction_id"))
    shown = pairs.filter(is_after, is_mail | is_meeting).group_by("interaction_id", "number")
    return shown.agg(done_on=pl.col("seen_at").min().dt.date())


def _summed(data: Dataset, frame: pl.DataFrame) -> tuple[float | None, Any, pl.DataFrame, str]:
    over = frame.filter(pl.col("due_on") < data.as_of, pl.col("state") != UNSEEN)
    n_done, n_missed = over.filter(pl.col("state") == DONE).height, frame.filter(pl.col("state") == OVERDUE).height
    begin = message("{next} promised in these calls", next=counted(frame.height, "next step was", "next steps were"))
    text = (
        message(
            "{begin}. Of {height:,} past {words} day, {n_done:,} {words_2} followed in time by what may "
            "be it, and {n_missed:,} {words_3} overdue.",
            begin=begin,
            height=over.height,
            words=message("its") if over.height == 1 else message("their"),
            n_done=n_done,
            words_2=message("was") if n_done == 1 else message("were"),
            n_missed=n_missed,
            words_3=message("is") if n_missed == 1 else message("are"),
        )
        if over.height
        else message("{begin}; none is past its day.", begin=begin)
    )
    return ratio(n_done, over.height), "rate", frame, text
