"""What the churn model would say of an account if some of its fields stood otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from core.artifacts import remembered
from core.config import Settings
from core.contracts import Dataset
from core.contracts.amount_visibility import is_money
from core.contracts.errors import ModelError
from core.explain import drivers
from core.explain.actions import playbooks
from core.explain.counterfactual import supposed_fields
from core.explain.counterfactual.supposed_fields import Field
from core.explain.nearest_cases import Crowd, changed
from core.features import accounts
from core.localization import message
from core.models.bundle import Bundle
from core.models.customers.account_outlook import Customers

__all__ = ["CASES", "Field", "Supposed", "fields", "suppose"]
CASES = 30


@dataclass(frozen=True)
class Supposed(supposed_fields.Supposed):
    """What the model would say of an account.

    Attributes
    ----------
    before, after : float
        The chance to leave, as it is and as supposed.
    frame : pl.DataFrame
        The nearest real cases: [account_id, as_of, has_left, …the fields that can be moved].
    warnings : tuple of str
        Where the supposed account lies outside what was seen.
    """

    event: ClassVar[str] = "churn risk"

    def became(self) -> str:
        """Count the nearest real cases that left."""
        return message(
            "Of {height} similar past accounts, {sum} churned.",
            height=self.frame.height,
            sum=int(self.frame["has_left"].sum()),
        )


def fields(dataset: Dataset, settings: Settings, customers: Customers, account_id: str) -> list[Field]:
    """Return the fields of an account that a person can change, bounded by what was seen.

    Bounds are the 1st and 99th percentile of past accounts, widened to where this one stands; fields that
    are not known of this account are left out.

    Raises
    ------
    ModelError
        When the account does not pay.
    """
    row, past = _row(customers, account_id)
    out = []
    for name in dict.fromkeys(play.feature for play in playbooks.load()):
        now = row[name][0] if name in row.columns else None
        if now is None or name not in past.columns or (dataset.amounts and is_money(name)):
            continue
        ends = supposed_fields.bounds(past[name], float(now))
        if ends is not None:
            low, high, step = ends
            out.append(Field(name, drivers.plain(name), low, high, round(float(now), 4), step))
    return out


def suppose(
    dataset: Dataset,
    settings: Settings,
    bundle: Bundle,
    customers: Customers,
    account_id: str,
    values: tuple[tuple[str, float], ...] = (),
) -> Supposed:
    """The churn risk of an account if some of its facts were different.

    It is the model's answer, not a promise: fields move together in life. Fields a playbook names together
    move in the same proportion. The nearest real cases are past accounts at the least distance over the
    model's numbers, each as its rank among past ones; a warning says where the supposed account lies farther
    from all past ones than 95 of 100 of them lie from each other.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    customers : Customers
    account_id : str
    values : tuple of (field, value)

    Raises
    ------
    ModelError
        When there is no churn model, the account does not pay, or a field is not one that can be changed.
    """
    model = bundle.need_churn().ready()
    row, _ = _row(customers, account_id)
    plays = {play.feature: play for play in playbooks.load()}
    editable = {field.name: field for field in fields(dataset, settings, customers, account_id)}
    moved = supposed_fields.chosen(row, editable, values)
    for name, value in tuple(moved.items()):
        now = float(row[name][0])
        for other in plays[name].together:
            if other not in dict(values) and other in row.columns and row[other][0] is not None and now:
                moved[other] = max(float(row[other][0]) * value / now, 0.0 if "rate" not in other else -1.0)
    after = changed(row, moved)
    p, q = (float(model.predict(frame)[0]) for frame in (row, after))
    real, far = _crowd(dataset, settings, customers).nearest(after, CASES)
    shown = real.select("account_id", "as_of", "has_left", *editable) if real.height else real
    return Supposed(p, q, shown, supposed_fields.warnings(moved, editable, far, "account"), settings.models.churn_days)


def _row(customers: Customers, account_id: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    row = customers.features.filter(pl.col("account_id") == account_id)
    if row.is_empty():
        raise ModelError(
            message("The account {account_id} does not pay at present.", account_id=account_id),
            mend="Choose one that is listed.",
        )
    return row, customers.lived


@remembered(2)
def _crowd(dataset: Dataset, settings: Settings, customers: Customers) -> Crowd:
    return Crowd.of(customers.lived, accounts.NUMBERS, "account_id")
