"""What to do about an open deal at risk, and what doing it has gone with in the past."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import polars as pl

from core import marts
from core.artifacts import remembered
from core.config import Settings
from core.contracts import Dataset
from core.explain.actions import playbooks
from core.localization import message, message_plural
from core.metrics import percent
from core.metrics.confidence_intervals import difference
from core.metrics.deal_events import at, tracks
from core.metrics.measure import money, ratio
from core.metrics.risk import past
from core.metrics.signals import SIGNALS, open_marks, words

DONE_DAYS = 28
NO_LINK, HURT = "no clear link", "won less often"
HELPED = "won more often"


@dataclass(frozen=True)
class Actions:
    """What to do about one deal.

    Attributes
    ----------
    frame : pl.DataFrame
        [action, signal, n_did, won_did_rate, n_did_not, won_did_not_rate, difference, low, high, stage,
        evidence, expected_amount, expected_low_amount, expected_high_amount, effort_days, who, steps], one row per
        play against a signal of the deal, the surest help first. Expected amounts are the difference and its
        interval × the deal's amount; null without evidence or without an amount. Effort is in days of work.
    currency : str
    """

    frame: pl.DataFrame
    currency: str

    @property
    def names(self) -> tuple[str, ...]:
        """Return the actions by name, the surest help first."""
        return tuple(self.frame["action"])

    def sentence(self) -> str:
        """Say what has helped most, or that nothing has a record."""
        if self.frame.is_empty():
            return "This deal shows no warning sign."
        top = self.frame.row(0, named=True)
        if top["evidence"] != HELPED:
            why = {NO_LINK: "similar deals did not differ", HURT: "similar deals were won less often"}
            return message(
                "{action}. No evidence yet that it helps: {why}.",
                action=top["action"],
                why=why.get(top["evidence"], top["evidence"]),
            )
        return message(
            "{action}: similar deals where this was done won more often ({won_did_rate} of {n_did:,} "
            "in time, against {won_did_not_rate} of {n_did_not:,}; not proof of cause).{worth}",
            action=top["action"],
            won_did_rate=percent(top["won_did_rate"]),
            n_did=top["n_did"],
            won_did_not_rate=percent(top["won_did_not_rate"]),
            n_did_not=top["n_did_not"],
            worth=self._worth(top),
        )

    def _worth(self, row: dict[str, Any]) -> str:
        """Say what the difference stands for on this deal, and what the action costs in work."""
        days = message_plural("{n:g} day of work", "{n:g} days of work", row["effort_days"])
        if row["expected_amount"] is None:
            return message(" It takes about {days}; the deal has no amount to say what that is worth.", days=days)
        amount, low, high = (money(row[f"expected_{n}amount"], self.currency) for n in ("", "low_", "high_"))
        return message(
            " On this deal that is worth {amount} ({low} to {high}), for about {days}.",
            amount=amount,
            low=low,
            high=high,
            days=days,
        )


def actions(data: Dataset, settings: Settings, opportunity_id: str) -> Actions:
    """What to do about a deal's warning signs, with how similar deals went.

    The record of an action: past deals with the same signal that were due within the horizon, in the
    same stage (in any stage where those are too few), and still open four weeks later; the share won
    within the horizon of those where it was done in the four weeks, against those where it was not, with
    Newcombe's 95 % interval. Deals that ended within the four weeks are left out of both sides, since
    nothing more could be done to them. "No clear link" where the interval holds 0, "too few similar deals" where
    a side has fewer than the settings ask for; what a CRM's history does not keep has no evidence. It is an
    association: what went with wins need not have brought them.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    opportunity_id : str

    Returns
    -------
    Actions
    """
    now = open_marks(data, settings).filter(pl.col("opportunity_id") == opportunity_id)
    labels, cases = words(settings), _followed(data, settings)
    rows = []
    for signal in SIGNALS:
        if now.is_empty() or not now[signal][0]:
            continue
        for play in (task for task in playbooks.load("deal") if task.signal == signal):
            evidence = _evidence(cases, signal, play.done, now["stage"][0], settings)
            rows.append(
                {
                    "action": play.name,
                    "signal": labels[signal],
                    **evidence,
                    **_expected(evidence, now["cents"][0]),
                    "effort_days": play.effort_days,
                    "who": play.who,
                    "steps": "; ".join(play.steps),
                }
            )
    schema = {
        "action": pl.String,
        "signal": pl.String,
        "n_did": pl.Int64,
        "won_did_rate": pl.Float64,
        "n_did_not": pl.Int64,
        "won_did_not_rate": pl.Float64,
        "difference": pl.Float64,
        "low": pl.Float64,
        "high": pl.Float64,
        "stage": pl.String,
        "evidence": pl.String,
        "expected_amount": pl.Float64,
        "expected_low_amount": pl.Float64,
        "expected_high_amount": pl.Float64,
        "effort_days": pl.Float64,
        "who": pl.String,
        "steps": pl.String,
    }
    frame = pl.DataFrame(rows, schema=schema)
    return Actions(frame.sort("low", "action", descending=[True, False], nulls_last=True), settings.currency)


def _expected(evidence: dict[str, Any], cents: int | None) -> dict[str, float | None]:
    """Return what the difference stands for in money, where there is evidence and an amount."""
    names = {"expected_amount": "difference", "expected_low_amount": "low", "expected_high_amount": "high"}
    if evidence["evidence"] != HELPED or cents is None:
        return dict.fromkeys(names)
    return {name: evidence[of] * cents / 100 for name, of in names.items()}


def _evidence(cases: pl.DataFrame, signal: str, done: str, stage: str, settings: Settings) -> dict[str, Any]:
    if done == playbooks.NOT_KEPT:
        return {"evidence": "the CRM does not record when that was done"}
    fewest = settings.risk.fewest_deals
    flagged = cases.filter(pl.col(signal))
    here = flagged.filter(pl.col("stage") == stage)
    enough = min(here.filter(pl.col(done)).height, here.filter(~pl.col(done)).height) >= fewest
    alike, where = (here, stage) if enough else (flagged, "any stage")
    did, did_not = alike.filter(pl.col(done)), alike.filter(~pl.col(done))
    won, won_not = (side.filter("is_won").height for side in (did, did_not))
    gap = difference(won, did.height, won_not, did_not.height)
    if gap is None or min(did.height, did_not.height) < fewest:
        word = "too few similar deals"
    elif gap[1] <= 0 <= gap[2]:
        word = NO_LINK
    else:
        word = HELPED if gap[0] > 0 else HURT
    middle, low, high = gap or (None, None, None)
    return {
        "n_did": did.height,
        "won_did_rate": ratio(won, did.height),
        "n_did_not": did_not.height,
        "won_did_not_rate": ratio(won_not, did_not.height),
        "difference": middle,
        "low": low,
        "high": high,
        "stage": where,
        "evidence": word,
    }


@remembered(2)
def _followed(data: Dataset, settings: Settings) -> pl.DataFrame:
    """Return the past cases still open four weeks later, with what was done in those weeks."""
    track, cases = tracks(data, settings), past(data, settings)
    order = {name: k for k, name in enumerate(settings.stages.open)}
    met = marts.of(data).deal_activity_days.filter(pl.col("n_meetings") > 0)
    parts = []
    for day in cases["day"].unique().sort():
        last = day + timedelta(days=DONE_DAYS)
        later = at(track, last).select(
            "deal", later_stage=pl.col("stage").cast(pl.String), later_close_on="close_on", later_cents="cents"
        )
        seen = met.filter((pl.col("on") > day) & (pl.col("on") <= last))["opportunity_id"].unique().implode()
        here = cases.filter(pl.col("day") == day).join(later, on="deal")
        parts.append(here.with_columns(has_met=pl.col("opportunity_id").is_in(seen)))
    if not parts:
        parts = [
            cases.with_columns(
                later_stage="stage", later_close_on="close_on", later_cents="cents", has_met=pl.lit(value=False)
            )
        ]
    rank = {c: pl.col(c).replace_strict(order, default=None, return_dtype=pl.Int64) for c in ("stage", "later_stage")}
    later_date = pl.col("later_close_on") > pl.col("close_on")
    return pl.concat(parts).with_columns(
        has_advanced=(rank["later_stage"] > rank["stage"]).fill_null(value=False),
        has_kept_its_date=~later_date.fill_null(value=False),
        is_redated=later_date.fill_null(value=False),
        is_resized=pl.col("later_cents").ne_missing(pl.col("cents")),
    )
