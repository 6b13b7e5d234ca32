"""The quarter by manager: closed, commit, best case, pipeline, forecast, quota and gap, last week beside it."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from core import marts
from core.config import Settings
from core.config.calendar import quarter_end, quarter_start
from core.contracts import Dataset
from core.contracts.amount_visibility import needs_amounts
from core.forecasts import calls
from core.forecasts.calls import Rollup
from core.forecasts.week_ago import WEEK, dataset_on, earlier_day, outlook_on
from core.localization import message
from core.metrics import hierarchy
from core.metrics.measure import counted, money, percent, ratio
from core.models import outlook
from core.models.bundle import Bundle

SHOWN = {
    "person_id": pl.String,
    "who": pl.String,
    "closed_amount": pl.Float64,
    "commit_amount": pl.Float64,
    "best_case_amount": pl.Float64,
    "pipeline_amount": pl.Float64,
    "call_amount": pl.Float64,
    "model_amount": pl.Float64,
    "quota_amount": pl.Float64,
    "gap_amount": pl.Float64,
    "attained_rate": pl.Float64,
    "closed_change_amount": pl.Float64,
    "commit_change_amount": pl.Float64,
    "model_change_amount": pl.Float64,
}
INDENT = "\u2003"


@dataclass(frozen=True)
class Monday:
    """The quarter by manager.

    Attributes
    ----------
    frame : pl.DataFrame
        [person_id, who, closed_amount, commit_amount, best_case_amount, pipeline_amount, call_amount, model_amount,
        quota_amount, gap_amount, attained_rate, closed_change_amount, commit_change_amount, model_change_amount], one
        row per leader in the order of an outline, deals of nobody last. Commit, best case and pipeline are open deals
        due by the end of the quarter in that category; model is the forecast's part of who is below, and those of the
        top add up to the forecast of the pages; gap is quota less the model; changes are on an earlier day.
    whole : dict of str to float or None
        amount, lower, upper, quota_amount, closed_amount of all of it.
    early : pl.DataFrame
        Deals won in the quarter that were due after it a week before they closed: pulled in from later.
    """

    frame: pl.DataFrame
    whole: dict[str, float | None]
    early: pl.DataFrame
    label: str
    currency: str

    def sentence(self) -> str:
        """Say the number with its range against the quota, what is closed, and who is furthest from the quota."""
        amount, quota = self.whole["amount"], self.whole["quota_amount"]
        if amount is None:
            return "There are no deals to forecast from."
        if not self.whole["upper"]:
            return message(
                "There is no forecast for {label} yet: no deal has been won to learn from.", label=self.label
            )
        low, high, closed = (money(self.whole[name], self.currency) for name in ("lower", "upper", "closed_amount"))
        share = message("{amount:.0f} % of quota, ", amount=amount / quota * 100) if quota else ""
        number = money(amount, self.currency)
        text = message(
            "{label} forecast: {number}, {share}likely range {low} to {high}; {closed} is closed.",
            label=self.label,
            number=number,
            share=share,
            low=low,
            high=high,
            closed=closed,
        )
        if not quota:
            return message("{text} There is no quota to hold it against.", text=text)
        side = "short of" if amount < quota else "above"
        gap = money(abs(quota - amount), self.currency)
        return message(
            "{text} That is {gap} {side} the quota of {quota}.{furthest}",
            text=text,
            gap=gap,
            side=side,
            quota=money(quota, self.currency),
            furthest=self._furthest(),
        )

    def _furthest(self) -> str:
        is_short = pl.col("is_manager") & (pl.col("gap_amount") > 0)
        short = self.frame.filter(is_short).sort("gap_amount", descending=True)
        if short.is_empty():
            return ""
        row = short.row(0, named=True)
        return message(
            " Furthest from it: {who}, {gap_amount} short.",
            who=row["who"].strip(INDENT),
            gap_amount=money(row["gap_amount"], self.currency),
        )

    def pulled(self) -> str:
        """Say how much of what is closed was due later and pulled in."""
        if self.early.is_empty():
            return "All that is closed was due in the quarter."
        amount = float(self.early["amount"].sum())
        rate = percent(ratio(amount, self.whole["closed_amount"] or 0.0))
        return message(
            "{deals} of {amount} closed in the quarter and was due later when it began: {rate} of "
            "what is closed was pulled in.",
            deals=counted(self.early.height, "deal"),
            amount=money(amount, self.currency),
            rate=rate,
        )


@needs_amounts
def monday(
    data: Dataset, settings: Settings, bundle: Bundle, calls_kept: pl.DataFrame, edits: pl.DataFrame, days: int = WEEK
) -> Monday:
    """Put closed, commit, best case, pipeline, forecast, quota and gap of the running quarter beside last week's.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    bundle : Bundle
    calls_kept, edits : pl.DataFrame
        As `calls.kept` and `calls.reviewed` give them; calls count as they stood on each of the two days.
    days : int
        The earlier day is never before the quarter's first.

    Returns
    -------
    Monday
        A leader's part of the forecast is what the deals below make up, with their share of create-and-close and of
        what past quarters have taught; rows of leaders roll up all below.
    """
    day = earlier_day(data, settings, days)
    then_data = dataset_on(data, settings, day)
    now = calls.rollup(data, settings, bundle, calls_kept, edits)
    before = calls.rollup(
        then_data,
        settings,
        bundle,
        calls_kept.filter(pl.col("called_on") <= day),
        edits.clear(),
        None,
        outlook_on(data, settings, bundle, day),
    )
    rows = _parted(now).join(_changes(now, before), on="person_id", how="left", maintain_order="left")
    rows = rows.join(_quotas(data, settings), on="person_id", how="left", maintain_order="left").with_columns(
        gap_amount=pl.col("quota_amount") - pl.col("model_amount"),
        attained_rate=pl.when(pl.col("quota_amount") > 0).then(pl.col("closed_amount") / pl.col("quota_amount")),
    )
    seen = outlook.current(data, settings, bundle)
    whole: dict[str, float | None] = dict.fromkeys(("amount", "lower", "upper", "quota_amount", "closed_amount"))
    if not seen.frame.is_empty():
        whole = {name: seen.frame[name][-1] for name in whole}
    frame = rows.select(*SHOWN, "is_manager")
    return Monday(frame, whole, _early(data, settings), now.label, settings.currency)


def _parted(team: Rollup) -> pl.DataFrame:
    """Return the leaders with each category apart; the roll-up has them one on top of the other."""
    leaders = team.leaders
    name = pl.col("person_name")
    return leaders.select(
        "person_id",
        who=pl.when(pl.col("depth") > 0).then(pl.lit(INDENT).repeat_by("depth").list.join("") + name).otherwise(name),
        is_manager=pl.col("role") == "manager",
        closed_amount="closed_amount",
        commit_amount=pl.col("deals_commit_amount") - pl.col("closed_amount"),
        best_case_amount=pl.col("deals_best_case_amount") - pl.col("deals_commit_amount"),
        pipeline_amount=pl.col("deals_pipeline_amount") - pl.col("deals_best_case_amount"),
        call_amount="commit_amount",
        model_amount="system_amount",
    )


def _changes(now: Rollup, before: Rollup) -> pl.DataFrame:
    parts = {
        "closed": pl.col("closed_amount"),
        "commit": pl.col("deals_commit_amount") - pl.col("closed_amount"),
        "model": pl.col("system_amount"),
    }
    after = now.frame.select("person_id", **parts)
    earlier = before.frame.select("person_id", **{f"{name}_then": part for name, part in parts.items()})
    changed = {f"{name}_change_amount": pl.col(name) - pl.col(f"{name}_then") for name in parts}
    return after.join(earlier, on="person_id", how="left").select("person_id", **changed)


def _quotas(data: Dataset, settings: Settings) -> pl.DataFrame:
    """Return the quota below each leader: of everybody who leads nobody, and the leader's own where none has any."""
    begin = quarter_start(data.as_of, settings)
    team = hierarchy.people(data, data.as_of)
    own = data.quotas.filter(pl.col("period_start_on") == begin).select(person_id="rep_id", quota_amount="quota_amount")
    leads = team["manager_id"].drop_nulls().unique().implode()
    reps = team.filter(~pl.col("person_id").is_in(leads)).select("person_id")
    below = hierarchy.chains(team).join(reps.join(own, on="person_id"), on="person_id")
    summed = below.group_by("leader_id").agg(pl.col("quota_amount").sum()).rename({"leader_id": "person_id"})
    alone = own.join(summed, on="person_id", how="anti")
    return pl.concat([summed, alone])


def _early(data: Dataset, settings: Settings) -> pl.DataFrame:
    """Return the deals won in the quarter that were due after it when it began."""
    begin, end = quarter_start(data.as_of, settings), quarter_end(data.as_of, settings)
    won = data.opportunities.filter("is_won", pl.col("close_on").is_between(begin, min(end, data.as_of)))
    first = (
        marts.of(data)
        .deal_states.filter(pl.col("valid_from") <= begin, pl.col("valid_to").is_null() | (pl.col("valid_to") > begin))
        .unique("opportunity_id", keep="last", maintain_order=True)
    )
    due = first.select("opportunity_id", due_on="close_on")
    return (
        won.join(due, on="opportunity_id")
        .filter(pl.col("due_on") > end)
        .select("opportunity_id", "opportunity_name", "amount", "close_on", "due_on")
    )
