"""What was done by day: on deals, with accounts, by people, each one function for any engine narwhals knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.marts.exact import exact_total

if TYPE_CHECKING:
    from narwhals.typing import IntoFrameT

DEALS = ("on", "opportunity_id")
ACCOUNTS = ("on", "account_id", "kind", "outcome")
PEOPLE = ("on", "rep_id", "kind")


def deal_activity_days(activities: IntoFrameT) -> IntoFrameT:
    """Count what was done on each deal on each day.

    Parameters
    ----------
    activities : frame of Polars, DuckDB or another engine narwhals knows
        With opportunity_id, occurred_at, kind.

    Returns
    -------
    frame of the same engine
        [on, opportunity_id, n_activities, n_meetings]; activities without a deal are left out.
    """
    import narwhals as nw

    met = nw.when(nw.col("kind") == "meeting").then(nw.lit(1)).otherwise(nw.lit(0))
    dated = _dated(activities, "opportunity_id").with_columns(_met=met)
    out: IntoFrameT = dated.group_by(*DEALS).agg(n_activities=nw.len(), n_meetings=nw.col("_met").sum()).to_native()
    return out


def account_activity_days(activities: IntoFrameT) -> IntoFrameT:
    """Count what was done with each account on each day, by kind and outcome, with its mood and its size.

    Parameters
    ----------
    activities : frame
        With account_id, occurred_at, kind, outcome, sentiment_score, quantity.

    Returns
    -------
    frame of the same engine
        [on, account_id, kind, outcome, n_activities, sentiment_sum, n_sentiments, quantity_sum, n_quantities]: sums
        over as many activities as have a mood or a quantity; activities without an account are left out.
    """
    import narwhals as nw

    mood, size = nw.col("sentiment_score"), nw.col("quantity")
    dated = _dated(activities, "account_id")
    out: IntoFrameT = (
        dated.group_by(*ACCOUNTS)
        .agg(
            n_activities=nw.len(),
            sentiment_sum=exact_total(mood, dated),
            n_sentiments=mood.count(),
            quantity_sum=exact_total(size, dated),
            n_quantities=size.count(),
        )
        .to_native()
    )
    return out


def rep_activity_days(activities: IntoFrameT) -> IntoFrameT:
    """Count what each person did on each day, by kind.

    Parameters
    ----------
    activities : frame
        With rep_id, occurred_at, kind.

    Returns
    -------
    frame of the same engine
        [on, rep_id, kind, n_activities]; activities of nobody are left out.
    """
    import narwhals as nw

    out: IntoFrameT = _dated(activities, "rep_id").group_by(*PEOPLE).agg(n_activities=nw.len()).to_native()
    return out


def _dated(activities: Any, subject: str) -> Any:
    import narwhals as nw

    rows: Any = nw.from_native(activities)
    return rows.filter(~nw.col(subject).is_null()).with_columns(on=nw.col("occurred_at").dt.date())
