from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from core.config import load
from core.contracts import Dataset, empty
from core.contracts.dataset import FRAMES
from core.store import Store
from tests.features.conftest import rows

AS_OF = date(2026, 5, 15)
BEGIN = date(2025, 1, 1)
QUARTER = date(2026, 4, 1)


@pytest.fixture
def here(tmp_path):
    """Settings with a home and a database of their own, and with a table instead of a model."""
    env = {"QUARTERDECK_HOME": str(tmp_path / "home"), "QUARTERDECK_DATABASE_URL": f"sqlite:///{tmp_path / 's.db'}"}
    return load(environ=env)


@pytest.fixture
def store(here):
    opened = Store.open(here.database)
    yield opened
    opened.close()


def deal(number, owner, amount, category, **more):
    usual = {
        "opportunity_id": number,
        "opportunity_type": "new",
        "currency": "USD",
        "owner_id": owner,
        "amount": amount,
        "stage": "Proposal",
        "forecast_category": category,
        "created_on": date(2026, 2, 1),
        "is_closed": False,
        "is_won": False,
        "close_on": date(2026, 6, 1),
    }
    return usual | more


def won(number, owner, amount, day):
    return deal(number, owner, amount, "closed", stage="Closed Won", is_closed=True, is_won=True, close_on=day)


def person(name, role, boss, **more):
    return {"rep_id": name, "rep_name": name, "role": role, "manager_id": boss, "valid_from": BEGIN, "team": "T"} | more


@pytest.fixture
def company():
    """A vice president over two managers: M1 with reps A and B, M2 with rep C; Z has left."""
    deals = [
        won("W1", "A", 100.0, date(2026, 4, 20)),
        won("W0", "A", 999.0, date(2026, 3, 20)),
        deal("D1", "A", 40.0, "commit"),
        deal("D2", "B", 30.0, "best_case"),
        deal("D3", "B", 20.0, "pipeline"),
        deal("D4", "C", 70.0, "commit"),
        deal("D5", "C", 500.0, "commit", close_on=date(2026, 8, 1)),
        deal("D6", "M1", 5.0, "commit"),
        deal("D7", "C", None, "commit"),
        deal("D8", "Z", 8.0, "commit"),
    ]
    people = [
        person("VP", "vp", None),
        person("M1", "manager", "VP"),
        person("M2", "manager", "VP"),
        person("A", "rep", "M1"),
        person("B", "rep", "M1"),
        person("C", "rep", "M2"),
        person("Z", "rep", "M1", valid_to=date(2026, 5, 1)),
    ]
    frames = {name: empty(name) for name in FRAMES}
    frames["opportunities"] = rows("opportunities", *deals)
    frames["sales_team"] = rows("sales_team", *people)
    return Dataset(**frames, as_of=AS_OF, source="test", rejected=pl.DataFrame())
