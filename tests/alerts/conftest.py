"""A company whose days pass, people who sign in, and a database whose clock the tests move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.alerts.readers import Readers
from core.alerts.telling import Look
from core.config.settings import Person
from core.forecasts import week_ago
from core.store import Store

PEOPLE = {
    "boss@example.com": {"roles": ["admin"]},
    "emea@example.com": {"roles": ["leader"], "regions": ["EMEA"]},
    "guest@example.com": {"roles": ["presales"], "mask_names": True},
    "writer@example.com": {"roles": ["sales_engineer"]},
}


class Time:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 5, 18, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **much: float) -> None:
        self.now += timedelta(**much)


@pytest.fixture
def clock():
    return Time()


@pytest.fixture(scope="session")
def company_settings(small_settings):
    access = small_settings.access.model_copy(
        update={"sign_in": "header", "people": {user: Person(**values) for user, values in PEOPLE.items()}}
    )
    return small_settings.model_copy(update={"access": access})


@pytest.fixture(scope="session")
def days(small, company_settings):
    """The company as it was known ten days ago, four days ago, and today."""
    earlier = [week_ago.dataset_on(small, company_settings, small.as_of - timedelta(days=n)) for n in (10, 4)]
    return (*earlier, small)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory):
    """A database with its tables: made once, copied for each test."""
    file = tmp_path_factory.mktemp("alerts") / "empty.db"
    Store.open(f"sqlite:///{file}").close()
    return file


@pytest.fixture
def store(empty_database, tmp_path, clock):
    file = tmp_path / "store.db"
    file.write_bytes(empty_database.read_bytes())
    opened = Store.open(f"sqlite:///{file}", clock)
    yield opened
    opened.close()


@pytest.fixture
def look(store, company_settings, clock):
    """Look at all rules as of some data, write down what is new, and return it."""

    def looked(data, **options):
        from core.alerts import ways

        readers = Readers(company_settings, store, data)
        by_id = {way.id: way for way in ways.listed(store)}
        troubles = options.get("troubles", {"sync_trouble": {}, "model_trouble": {}})
        bundle = options.get("bundle", lambda *_: None)
        current = Look(company_settings, store, data, readers, by_id, troubles, bundle, clock())
        assert store.alert_ledger.take_lease("alerts", "test", 60)
        changes = current.changes()
        store.alert_ledger.apply(changes, "test", "alerts")
        return changes

    return looked


@pytest.fixture
def rule(store):
    """Save a rule."""
    from core.alerts.alert_rule import Rule, checked, of_saved

    def made(kind, owner="boss@example.com", name="", **values):
        fresh = checked(Rule(owner, name or kind, kind, **values))
        return of_saved(store.alert_rules.save(fresh.name, owner, fresh.payload))

    return made
