"""What could be done for an account, and what became of past accounts like it where it stood so."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import ModelError
from core.explain import drivers, nearest_cases
from core.explain.actions import playbooks
from core.explain.actions.playbooks import Play
from core.explain.sentences import number
from core.localization import message
from core.metrics.measure import counted
from core.models.bundle import Bundle
from core.models.customers.account_outlook import Customers

MONTHS = 12
VERDICTS = ("Fewer churned", "No clear link", "More churned", "Too few cases")
_COLUMNS = {
    "action": pl.String,
    "field": pl.String,
    "now": pl.Float64,
    "to": pl.Float64,
    "verdict": pl.String,
    "n_did": pl.Int64,
    "did_rate": pl.Float64,
    "n_not": pl.Int64,
    "not_rate": pl.Float64,
    "difference_rate": pl.Float64,
    "low_rate": pl.Float64,
    "high_rate": pl.Float64,
    "kept_amount": pl.Float64,
    "effort_days": pl.Float64,
    "who": pl.String,
    "steps": pl.String,
}


@dataclass(frozen=True)
class Recommendations:
    """What could be done for one account, with what is known of it.

    Attributes
    ----------
    frame : pl.DataFrame
        [action, field, now, to, verdict, n_did, did_rate, n_not, not_rate, difference_rate, low_rate,
        high_rate, kept_amount, effort_days, who, steps]: shares that left within the churn window of past
        accounts like this one, where the field stood as the play would bring it and where it stood as now;
        kept_amount is the yearly revenue the difference stands for, null without evidence.
    days : int
    currency : str
    """

    frame: pl.DataFrame
    days: int
    currency: str

    def sentence(self) -> str:
        """Name the action with the most evidence, or say that there is none."""
        if self.frame.is_empty():
            return "Nothing to do: everything a play could change is already where it should be, or is not known."
        best = self.frame.filter(pl.col("verdict") == VERDICTS[0])
        if best.is_empty():
            return message(
                "No evidence yet for {possibles}: similar accounts churned as often with as without them.",
                possibles=counted(self.frame.height, "possible action"),
            )
        row = best.to_dicts()[0]
        return message(
            "Best bet: “{action}”. Of {n_did:,} similar accounts where this was so, {did_rate:.0f} % "
            "churned within {days} days, against {not_rate:.0f} % of {n_not:,} where it was not "
            "({difference_rate:+.0f} points, likely {low_rate:+.0f} to {high_rate:+.0f}). On this "
            "account that is {number} of yearly revenue (not proof of cause).",
            action=row["action"],
            n_did=row["n_did"],
            did_rate=row["did_rate"] * 100,
            days=self.days,
            not_rate=row["not_rate"] * 100,
            n_not=row["n_not"],
            difference_rate=row["difference_rate"] * 100,
            low_rate=row["low_rate"] * 100,
            high_rate=row["high_rate"] * 100,
            number=number(row["kept_amount"], "money", self.currency),
        )


def recommend(
    dataset: Dataset, settings: Settings, bundle: Bundle, customers: Customers, account_id: str
) -> Recommendations:
    """What could be done for an account, with what happened on similar accounts.

    For each play the past accounts nearest to this one in all else are taken (by the model's log odds with
    the play's fields held fixed; at most 400, each account once on either side). Those whose field stood
    where the play would bring it are held against those whose field stood no better than it does now. The
    verdict is "Fewer churned" or "More churned" only where the 95 % interval of the difference (Newcombe) leaves
    out 0; it is an association: whoever did so may have differed in what no data shows. Plays whose target
    lies outside what past accounts had (1st to 99th percentile) are left out.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    customers : Customers
    account_id : str

    Raises
    ------
    ModelError
        When there is no churn model, or the account does not pay.
    """
    model = bundle.need_churn().ready()
    row = customers.features.filter(pl.col("account_id") == account_id)
    if row.is_empty():
        raise ModelError(
            message("The account {account_id} does not pay at present.", account_id=account_id),
            mend="Choose one that is listed.",
        )
    lived = customers.lived
    past = lived.filter(pl.col("account_id") != account_id) if lived.height else lived
    rows = [_try(model, past, row, play) for play in playbooks.load() if past.height]
    frame = pl.DataFrame([r for r in rows if r is not None], schema=_COLUMNS)
    rank = pl.col("verdict").replace_strict({v: i for i, v in enumerate(VERDICTS)}, return_dtype=pl.Int64)
    return Recommendations(
        frame.sort(rank, "kept_amount", "action", descending=[False, True, False], nulls_last=True),
        settings.models.churn_days,
        settings.currency,
    )


def _try(model: object, past: pl.DataFrame, row: pl.DataFrame, play: Play) -> dict[str, object] | None:
    now = row[play.feature][0] if play.feature in row.columns else None
    if now is None or play.is_done(now):
        return None
    observed = past.filter(pl.col(play.feature).is_not_null())
    if observed.is_empty():
        return None
    low, high = (float(observed[play.feature].cast(pl.Float64).quantile(q) or 0.0) for q in (0.01, 0.99))
    if not low <= play.to <= high:
        return None
    near = nearest_cases.alike(model, observed, row, [play.feature, *play.together])
    field = pl.col(play.feature)
    did, stayed = (field >= play.to, field <= now) if play.direction == "more" else (field <= play.to, field >= now)
    groups = [near.filter(side).unique("account_id", keep="first", maintain_order=True) for side in (did, stayed)]
    gap = nearest_cases.difference(*(g["has_left"].to_list() for g in groups))
    verdict = _verdict(gap)
    mrr = float(row["mrr_amount"][0])
    retained = -gap.value * MONTHS * mrr if verdict == VERDICTS[0] and gap.value is not None else None
    return {
        "action": play.name,
        "field": drivers.plain(play.feature),
        "now": float(now),
        "to": play.to,
        "verdict": verdict,
        "n_did": gap.n_did,
        "did_rate": gap.did_rate,
        "n_not": gap.n_not,
        "not_rate": gap.not_rate,
        "difference_rate": gap.value,
        "low_rate": gap.low,
        "high_rate": gap.high,
        "kept_amount": retained,
        "effort_days": play.effort_days,
        "who": play.who,
        "steps": "; ".join(play.steps),
    }


def _verdict(gap: nearest_cases.Difference) -> str:
    if min(gap.n_did, gap.n_not) < nearest_cases.FEWEST or gap.low is None or gap.high is None:
        return VERDICTS[3]
    return VERDICTS[0] if gap.high < 0 else VERDICTS[2] if gap.low > 0 else VERDICTS[1]
