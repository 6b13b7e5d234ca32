"""Raw rows that engines like to count differently: null keys, equal stamps, leap days, cents, whole discounts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import polars as pl

from core import contracts
from core.contracts.raw_rows import RawRows

DAY = date(2024, 12, 31)
LEAP = date(2024, 2, 29)
N = 600
DAYS = [LEAP, date(2024, 3, 1), date(2023, 12, 31), date(2024, 1, 1), date(2024, 12, 31), date(2020, 2, 29)]


def lines() -> pl.DataFrame:
    """Transaction lines, 0.07 and 0.1 apart, whose sums in floating point depend on their order."""
    number = pl.int_range(N, eager=True)
    return pl.DataFrame(
        {
            "transaction_id": [f"T{n:04d}" for n in range(N)],
            "account_id": [f"A{n % 7}" for n in range(N)],
            "product_id": [None if n % 11 == 0 else f"P{n % 3}" for n in range(N)],
            "rep_id": [None if n % 5 == 0 else f"R{n % 4}" for n in range(N)],
            "region": [None if n % 13 == 0 else ("EMEA", "Nørd", 'O\'Brien "x"')[n % 3] for n in range(N)],
            "booked_on": [DAYS[n % len(DAYS)] for n in range(N)],
            "kind": [("booking", "billing", "refund")[n % 3] for n in range(N)],
            "quantity": [1.0] * N,
            "amount": (number * 0.1 + 0.07) * pl.Series([-0.5 if n % 3 == 2 else 1.0 for n in range(N)]),
            "cost_amount": [None if n % 4 == 0 else round(n * 0.033, 2) for n in range(N)],
            "discount_rate": [None if n % 2 else (0.0, 0.125, 0.95, 0.951, 1.0, -0.1)[n % 6] for n in range(N)],
        }
    ).with_columns(pl.col("amount").round(2))


def activities() -> pl.DataFrame:
    """Activities at equal moments, at the last microsecond of a day and on a leap day."""
    moments = [
        datetime(2024, 2, 29, 23, 59, 59, 999999),
        datetime(2024, 2, 29, 0, 0),
        datetime(2024, 3, 1, 0, 0),
        datetime(2024, 3, 31, 2, 30),  # an hour that summer time leaves out in some places
    ]
    return pl.DataFrame(
        {
            "activity_id": [f"C{n:04d}" for n in range(N)],
            "account_id": [None if n % 9 == 0 else f"A{n % 7}" for n in range(N)],
            "opportunity_id": [None if n % 4 == 0 else f"O{n % 5}" for n in range(N)],
            "rep_id": [None if n % 6 == 0 else f"R{n % 4}" for n in range(N)],
            "kind": [("meeting", "mail", "usage")[n % 3] for n in range(N)],
            "occurred_at": [moments[n % 4] for n in range(N)],
            "outcome": [None if n % 2 else "good" for n in range(N)],
            "sentiment_score": [None if n % 3 else n / 997 - 0.3 for n in range(N)],
            "quantity": [None if n % 5 else n * 0.1 for n in range(N)],
        },
        schema_overrides={"occurred_at": pl.Datetime("us")},
    )


def states() -> pl.DataFrame:
    """The history of deals, several states of which begin on the same day."""
    return pl.DataFrame(
        {
            "opportunity_id": [f"O{n // 3}" for n in range(30)],
            "valid_from": [LEAP if n % 3 < 2 else date(2024, 5, 1) for n in range(30)],
            "valid_to": [(LEAP, date(2024, 5, 1), None)[n % 3] for n in range(30)],
            "stage": [("Discovery", "Proposal", "Closed Won")[n % 3] for n in range(30)],
            "forecast_category": [None] * 30,
            "amount": [None if n % 7 == 0 else n * 0.07 for n in range(30)],
            "close_on": [None if n % 4 == 0 else DAY for n in range(30)],
            "owner_id": [None if n % 5 == 0 else f"R{n % 4}" for n in range(30)],
            "is_deleted": [n % 10 == 9 for n in range(30)],
        },
        schema_overrides={"forecast_category": pl.String},
    )


def accounts() -> pl.DataFrame:
    """The accounts of the lines; one line's is not among them."""
    empty = contracts.empty("accounts")
    own = pl.DataFrame(
        {
            "account_id": [f"A{n}" for n in range(6)],
            "account_name": [f"Account {n}" for n in range(6)],
            "segment": ["Large", "Small", None, "Large", "Small", "Small"],
            "owner_id": ["R1", None, "R2", "R3", "R1", "R2"],
        }
    )
    return pl.concat([empty, own], how="diagonal")


def deals() -> pl.DataFrame:
    """The deals of the history."""
    own = pl.DataFrame(
        {
            "opportunity_id": [f"O{n}" for n in range(10)],
            "account_id": [f"A{n % 6}" for n in range(10)],
            "opportunity_name": [f"Deal {n}" for n in range(10)],
            "stage": ["Closed Won"] * 10,
            "amount": [n * 7.5 for n in range(10)],
            "created_on": [LEAP] * 10,
            "close_on": [date(2024, 5, 1)] * 10,
            "is_won": [True] * 10,
            "is_closed": [True] * 10,
        }
    )
    return pl.concat([contracts.empty("opportunities"), own], how="diagonal")


RAW = {"transactions": lines, "activities": activities, "opportunity_history": states}


def company() -> contracts.Dataset:
    """A company of these rows, all in memory."""
    frames = {name: contracts.empty(name) for name in contracts.SCHEMAS if name != "rejections"}
    rows = {name: make().select(contracts.SCHEMAS[name].column_names()) for name, make in RAW.items()}
    own = frames | rows | {"accounts": accounts(), "opportunities": deals()}
    return contracts.Dataset(**own, as_of=DAY, source="", rejected=contracts.empty("rejections"))


def with_raw(data: contracts.Dataset, engine: str, **raw: RawRows) -> contracts.Dataset:
    """The same company with raw rows that lie elsewhere."""
    return replace(data, engine=engine, **raw, counts=data.row_counts, known_fingerprint=f"hard-{engine}")
