"""What grows is refused where it is full, by the door it comes in; two companies count each for itself."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from types import SimpleNamespace

import pytest
from sqlalchemy import create_engine

from core.config import load
from core.config.usage_limits import UsageLimits
from core.contracts.errors import AccessError, SourceError, StoreError
from core.sources import loading, source_registry, usage_report
from core.sources.connectors import connector_files, sync_run
from core.store import Store
from core.store.provisioned import USER
from core.usage import usage_guard
from tests.cli.commands import in_process

NOW = datetime(2026, 5, 4, tzinfo=UTC)
DEALS = b"opportunity_id,account_id,stage,amount,created_on,close_on,owner_id\n"
DEAL = "O{0},A1,Discovery,{0}00,2026-01-05,2026-06-30,R1\n"


def company(folder, **limits):
    """A company's settings and open database below a folder, as a tenant has them."""
    folder.mkdir()
    base = load(environ={"QUARTERDECK_HOME": str(folder / "home")})
    access = base.access.model_copy(update={"sign_in": "oidc"})
    settings = base.model_copy(update={"limits": UsageLimits(**limits), "access": access})
    return settings, Store.open(settings.database, clock=lambda: NOW)


@pytest.fixture
def companies(tmp_path):
    made = []

    def of(name, **limits):
        made.append(company(tmp_path / name, **limits))
        return made[-1]

    yield of
    for _, store in made:
        store.close()


def let_in(store, user):
    store.access.keep("person", user, json.dumps({"roles": ["rep"]}), "test")


def deals(n):
    return {"opportunities.csv": DEALS + "".join(DEAL.format(k) for k in range(1, n + 1)).encode()}


def test_seats_are_of_the_listed_the_provisioned_and_those_who_signed_in(companies):
    settings, store = companies("north", seats=3)
    let_in(store, "ana@example.com")
    store.provisioned.save(USER, "bo@example.com", {}, "directory", True, ())
    store.provisioned.save(USER, "gone@example.com", {}, "directory", False, ())
    store.sign_ins.seen("k", "Cy@example.com", "a browser", "", *[NOW - datetime(2026, 5, 3, tzinfo=UTC)] * 2)
    assert usage_guard.seat_holders(settings, store) == {"ana@example.com", "bo@example.com", "cy@example.com"}
    usage_guard.refuse_seat(settings, store, "Ana@example.com")
    with pytest.raises(AccessError, match=r"No seat is free for dan@example.com: 3 of 3 seats \(full\) are taken"):
        usage_guard.refuse_seat(settings, store, "dan@example.com")


def test_two_who_come_together_do_not_both_take_the_last_seat(companies):
    settings, store = companies("north", seats=1)
    together = Barrier(2)

    def sign_in(user):
        usage_guard.refuse_seat(settings, store, user)  # There is room for either, when they ask.
        together.wait(10)
        try:
            day = timedelta(days=1)
            store.sign_ins.seen(
                user, user, "", "", day, day, refuse=lambda: usage_guard.refuse_seat(settings, store, user)
            )
        except AccessError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(sign_in, ["ana@example.com", "bo@example.com"]))
    assert outcomes[0] == ""
    assert "No seat is free" in outcomes[1]
    assert usage_guard.seats(settings, store).used == 1


def test_the_folder_is_walked_once_a_minute_for_notices(companies):
    settings, _ = companies("north", storage_mb=5)
    settings.home.mkdir(exist_ok=True)
    seconds = [0.0]
    readings = usage_guard.StorageReadings(lambda: seconds[0])
    before = readings.storage(settings).used
    (settings.home / "big.csv").write_bytes(b"x" * 1_000_000)
    assert readings.storage(settings).used == before
    seconds[0] = 60.0
    assert readings.storage(settings).used == before + 1_000_000
    one_home = usage_guard.StorageReadings(lambda: seconds[0], entries=1)
    assert one_home.storage(settings).used == before + 1_000_000
    one_home.storage(settings.model_copy(update={"home": settings.home / "other"}))
    (settings.home / "big.csv").unlink()
    assert one_home.storage(settings).used == before


def test_one_company_being_full_is_nothing_to_another(companies):
    north, south = companies("north", seats=1), companies("south", seats=1)
    let_in(north[1], "ana@example.com")
    with pytest.raises(AccessError):
        usage_guard.refuse_seat(*north, "bo@example.com")
    usage_guard.refuse_seat(*south, "bo@example.com")
    (north[0].home / "export.csv").write_bytes(b"x" * 2_000_000)
    assert usage_guard.storage(north[0]).used - usage_guard.storage(south[0]).used >= 2_000_000


def test_a_directory_is_told_that_no_seat_is_free(companies):
    from scim2_models import InvalidValueException

    from core.provisioning.resources import User
    from core.provisioning.storage import PeopleStorage

    settings, store = companies("north", seats=1)
    people = PeopleStorage(store, settings, "SCIM")
    kind = SimpleNamespace(name="User")
    people.create(kind, User(user_name="ana@example.com"))
    with pytest.raises(InvalidValueException, match="No seat is free"):
        people.create(kind, User(user_name="bo@example.com"))
    people.create(kind, User(user_name="bo@example.com", active=False))
    assert usage_guard.seats(settings, store).used == 1


def test_nobody_holds_a_seat_where_nobody_signs_in(companies):
    settings, store = companies("north", seats=1)
    settings = settings.model_copy(update={"access": settings.access.model_copy(update={"sign_in": "none"})})
    let_in(store, "ana@example.com")
    assert usage_guard.seats(settings, store).used == 0
    usage_guard.refuse_seat(settings, store, "bo@example.com")


def test_more_rows_than_there_may_be_are_neither_kept_nor_read(companies, tmp_path):
    settings, store = companies("north", rows=3)
    folder = tmp_path / "export"
    folder.mkdir()
    for name, content in deals(4).items():
        (folder / name).write_bytes(content)
    source = settings.source.model_copy(update={"folder": str(folder)})
    own = settings.model_copy(update={"source": source})
    with pytest.raises(SourceError, match=r"The data have 8 rows, and 3 is the most here.*limits\.rows"):
        loading.load_data(own)
    data = loading.load_data(own.model_copy(update={"limits": UsageLimits()}))
    with pytest.raises(SourceError, match="3 is the most here"):
        source_registry.keep(store, settings, "CRM", deals(4), {}, data, "Ana")
    assert store.sources.standing() == []
    # What was read before the limit came stays.
    assert loading.load_data(own).opportunities.height == 4
    assert usage_report.standing(None, own, store).parts[0].used == 8


def test_rows_are_of_the_source_in_force_and_the_sample_counts_nothing(companies):
    settings, store = companies("north", rows=10)
    assert usage_report.n_rows(settings, store) == 0
    data = SimpleNamespace(row_counts={"opportunities": 8}, as_of=NOW.date(), source="CRM")
    source_registry.keep(store, settings, "CRM", deals(8), {}, data, "Ana")
    standing = usage_report.standing(None, settings, store, n_sessions=2)
    assert standing.frame["used"].to_list()[::3] == [8, 2]
    assert standing.sentence() == "Nearly full: rows."
    own = settings.model_copy(update={"source": settings.source.model_copy(update={"folder": "nowhere"})})
    store.sources.choose(source_registry.SETTINGS, 0, "Ana")
    assert usage_report.n_rows(own, store) == 0


def test_nothing_more_is_stored_where_storage_is_full(companies, monkeypatch):
    settings, store = companies("north", storage_mb=2)
    settings.home.mkdir(exist_ok=True)
    (settings.home / "big.csv").write_bytes(b"x" * 1_900_000)
    with pytest.raises(StoreError, match=r"There is no room for 1\.0 MB more: .* of 2\.0 MB .*limits\.storage_mb"):
        usage_guard.refuse_bytes(settings, 1_000_000, store)
    usage_guard.refuse_bytes(settings.model_copy(update={"limits": UsageLimits()}), 10**12, store)
    (settings.home / "more.csv").write_bytes(b"x" * 1_000_000)
    monkeypatch.setattr(connector_files, "connector", lambda *_: None)
    with pytest.raises(StoreError, match="There is no room"):
        sync_run.sync(settings, "crm", lambda: NOW)


def test_a_link_out_of_the_home_folder_and_what_vanished_count_nothing(companies, tmp_path):
    settings, _ = companies("north")
    before = usage_guard.storage(settings).used
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "big.csv").write_bytes(b"x" * 500_000)
    (settings.home / "link").symlink_to(outside)
    assert usage_guard.storage(settings).used == before
    assert usage_guard.storage(settings.model_copy(update={"home": tmp_path / "nowhere"})).used == 0


def test_a_database_on_a_server_counts_too(companies):
    class Connection:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def scalar(self, _):
            return 7_000_000

    settings, _ = companies("north")
    engine = SimpleNamespace(dialect=create_engine("postgresql+psycopg://x").dialect, connect=Connection)
    both = usage_guard.storage(settings, SimpleNamespace(engine=engine)).used
    assert both - usage_guard.storage(settings).used == 7_000_000


def test_the_command_says_what_is_used(tmp_path):
    (tmp_path / "quarterdeck.yaml").write_text("limits: {storage_mb: 1, seats: 5}\n", encoding="utf-8")
    given = {"QUARTERDECK_HOME": str(tmp_path / "home"), "QUARTERDECK_CONFIG": str(tmp_path / "quarterdeck.yaml")}
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "big.csv").write_bytes(b"x" * 900_000)
    text = in_process("usage", **given).stdout
    assert "People hold 0 of 5 seats." in text
    assert "Careful: What is stored here takes" in text
    rows = json.loads(in_process("usage", "--json", **given).stdout)
    assert [row["kind"] for row in rows] == ["Rows of data", "Storage, MB", "Seats"]
