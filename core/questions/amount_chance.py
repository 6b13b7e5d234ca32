"""How likely an amount is to be reached this quarter, by the forecast's own range."""

from __future__ import annotations

from core.config import Settings
from core.contracts import Dataset
from core.contracts.amount_visibility import needs_amounts
from core.contracts.errors import ContractError
from core.localization import message
from core.metrics.measure import Measure, likely, money
from core.models import outlook, sum_correction
from core.models.bundle import Bundle


@needs_amounts
def reached(data: Dataset, settings: Settings, bundle: Bundle, amount: float) -> Measure:
    """Say how likely the quarter is to bring an amount or more.

    Formula: a normal distribution around the forecast of the quarter whose 80 % range is the forecast's; what is
    closed already is certain (`sum_correction.chance_of`).

    Parameters
    ----------
    data : Dataset
    settings : Settings
    bundle : Bundle
    amount : float
        In the reporting currency, above 0.

    Raises
    ------
    ContractError
        When the amount is not above 0, or there is no forecast yet.
    """
    if not amount > 0:
        raise ContractError("An amount to reach is above 0.", mend="Name one, such as 12 M.")
    seen = outlook.current(data, settings, bundle)
    if not seen.is_known:
        raise ContractError("There is no forecast yet to say that from.", mend="Load closed deals on the Data page.")
    row = seen.frame.tail(1).to_dicts()[0]
    chance = sum_correction.chance_of(amount, row["amount"], row["upper"], row["closed_amount"])
    target, number, closed, low, high = (
        money(value, settings.currency)
        for value in (amount, row["amount"], row["closed_amount"], row["lower"], row["upper"])
    )
    is_closed = row["closed_amount"] >= amount
    lead = (
        message("{target} is closed already", target=target)
        if is_closed
        else message(
            "{target} in {window} is {chance} likely", target=target, window=row["window"], chance=likely(chance)
        )
    )
    text = message(
        "{lead}: the forecast is {number}, likely range {low} to {high}, and {closed} is closed.",
        lead=lead,
        number=number,
        low=low,
        high=high,
        closed=closed,
    )
    return Measure("Chance of the amount", chance, "rate", seen.frame, text)
