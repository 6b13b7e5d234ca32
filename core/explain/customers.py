"""Who may leave, what is at stake, and why."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.contracts.amount_visibility import visible
from core.contracts.errors import ModelError
from core.explain.contributions import Contributions, explain
from core.explain.sentences import number
from core.localization import message
from core.metrics.measure import counted
from core.models.bundle import Bundle

MONTHS = 12


@dataclass(frozen=True)
class ChurnList:
    """Paying accounts, the most revenue at risk first.

    Attributes
    ----------
    frame : pl.DataFrame
        [account_id, account_name, segment, region, owner_id, mrr_amount, p_churn, at_risk_amount,
        driver]: at_risk_amount is p_churn × 12 × MRR; driver is what raises the chance most, null
        where nothing raises it.
    """

    frame: pl.DataFrame
    days: int
    currency: str

    @property
    def value(self) -> float:
        """Return the yearly revenue at risk of all accounts."""
        return float(self.frame["at_risk_amount"].sum())

    def sentence(self) -> str:
        """Say what is at risk and where most of it lies."""
        n = self.frame.height
        mrr = float(self.frame["mrr_amount"].sum())
        expected = float(self.frame["p_churn"].sum())
        if self.frame["mrr_amount"].null_count() == n:
            return message(
                "Of {payings}, {expected:,.0f} are expected to churn within {days} days.",
                payings=counted(n, "paying account"),
                expected=expected,
                days=self.days,
            )
        top = min(10, n)
        share = float(self.frame.head(top)["at_risk_amount"].sum()) / self.value if self.value else 0.0
        return message(
            "Of {payings}, {expected:,.0f} are expected to churn within {days} days: {number} of "
            "{number_2} ARR is at risk, {share:.0f} % of it in {accounts}.",
            payings=counted(n, "paying account"),
            expected=expected,
            days=self.days,
            number=number(self.value, "money", self.currency),
            number_2=number(mrr * MONTHS, "money", self.currency),
            share=share * 100,
            accounts=counted(top, "account"),
        )

    def chosen(self, rows: list[int]) -> str:
        """Return the id of the chosen account, else of the first."""
        return str(self.frame["account_id"][rows[0] if rows and rows[0] < self.frame.height else 0])

    def name(self, rows: list[int]) -> str:
        """Return the name of the chosen account, else of the first."""
        row = self.frame.row(by_predicate=pl.col("account_id") == self.chosen(rows), named=True)
        return str(row["account_name"] or row["account_id"])


def churn_list(dataset: Dataset, settings: Settings, bundle: Bundle) -> ChurnList:
    """List paying accounts by the yearly revenue at risk.

    Revenue at risk is the calibrated chance of leaving within `models.churn_days` × 12 × monthly
    recurring revenue.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle

    Raises
    ------
    ModelError
        When too few accounts have left to learn from.
    """
    model = bundle.need_churn().ready()
    days = settings.models.churn_days
    scores = bundle.churn_scores.rename({f"p_churn_{days}d": "p_churn"})
    if scores.is_empty():
        raise ModelError("No account pays at present.", mend="Load subscriptions that are still running.")
    why = explain(model, bundle.account_features, unit="points").frame
    lead = (
        why.group_by("entity_id", "driver")
        .agg(pl.col("contribution").sum())
        .filter(pl.col("contribution") > 0)
        .sort("contribution", "driver", descending=[True, False])
        .unique("entity_id", keep="first", maintain_order=True)
        .select(account_id="entity_id", driver="driver")
    )
    names = dataset.accounts.select("account_id", "account_name", "segment", "region", "owner_id")
    mrr = visible(bundle.account_features.select("account_id", "mrr_amount"), dataset.amounts)
    out = (
        scores.join(mrr, on="account_id")
        .join(names, on="account_id", how="left")
        .join(lead, on="account_id", how="left")
        .with_columns(at_risk_amount=pl.col("p_churn") * MONTHS * pl.col("mrr_amount"))
        .sort("at_risk_amount", "p_churn", "account_id", descending=[True, True, False], nulls_last=True)
    )
    columns = ["account_id", "account_name", "segment", "region", "owner_id", "mrr_amount", "p_churn"]
    return ChurnList(out.select(*columns, "at_risk_amount", "driver"), days, settings.currency)


def account(dataset: Dataset, settings: Settings, bundle: Bundle, account_id: str | None = None) -> Contributions:
    """What raises and what lowers one account's churn risk.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    account_id : str, optional
        Default the account with the most revenue at risk.

    Returns
    -------
    Contributions
        In percentage points; base is a typical account's chance.

    Raises
    ------
    ModelError
        When there is no churn model, or the account does not pay.
    """
    model = bundle.need_churn().ready()
    chosen = account_id or churn_list(dataset, settings, bundle).frame["account_id"][0]
    return explain(model, paying(bundle.account_features, str(chosen)), unit="points").with_amounts(dataset.amounts)


def paying(frame: pl.DataFrame, account_id: str) -> pl.DataFrame:
    """Return the rows of an account in a frame of paying accounts.

    Raises
    ------
    ModelError
        When it is not among them.
    """
    rows = frame.filter(pl.col("account_id") == account_id) if frame.width else frame
    if rows.is_empty():
        raise ModelError(
            message("The account {account_id} does not pay at present.", account_id=account_id),
            mend="Choose one that is listed.",
        )
    return rows
