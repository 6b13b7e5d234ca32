"""Companies with a competitor on some deals, and a database, for plays whose cases can be counted by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from core.plays import play_definition
from core.plays.play_view import Runs
from core.store import Store
from core.store.play_runs import RUNS, STEPS, NewRun, NewStep
from tests.metrics.companies import company, deal, rep

AS_OF = date(2026, 5, 15)
MADE = date(2025, 6, 2)


@pytest.fixture(scope="session")
def empty_plays(tmp_path_factory):
    """A database with its tables: made once, copied for each test."""
    file = tmp_path_factory.mktemp("plays") / "empty.db"
    Store.open(f"sqlite:///{file}").close()
    return file


@pytest.fixture
def store(empty_plays, tmp_path):
    file = tmp_path / "plays.db"
    file.write_bytes(empty_plays.read_bytes())
    opened = Store.open(f"sqlite:///{file}", lambda: datetime(2026, 5, 18, 9, tzinfo=UTC))
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def rival_play():
    """The shipped play on competitors: 14 days of grace, 180 days to the outcome."""
    return next(play for play in play_definition.shipped() if play.key == "new_competitor")


@pytest.fixture(scope="session")
def make_firm():
    """Deals that name a competitor, by (segment, n, n won), closed 60 days after they were opened; some still open."""

    def made(groups, n_open=0, **more):
        deals, segments = [], sorted({segment for segment, *_ in groups})
        for segment, n, n_won in groups:
            for k in range(n):
                ended = {"is_closed": True, "is_won": k < n_won, "stage": "Closed Won" if k < n_won else "Closed Lost"}
                dates = {"created_on": MADE, "close_on": MADE + timedelta(days=60)}
                deals.append(deal(f"d{len(deals)}", account_id=segment, owner_id="ann", **ended, **dates, **FEATURES))
        for k in range(n_open):
            values = FEATURES | {"created_on": AS_OF - timedelta(days=20), "amount": 10.0 + k}
            deals.append(deal(f"o{k}", account_id=segments[0], owner_id="ann", opportunity_name=f"Open {k}", **values))
        firms = [{"account_id": s, "account_name": f"Firm {s}", "segment": s, "region": "EMEA"} for s in segments]
        team = [rep("ann", "EMEA 1", date(2020, 1, 1), manager_id="bea"), rep("bea", "EMEA 1", date(2020, 1, 1))]
        frames = {"opportunities": deals, "accounts": firms, "sales_team": team} | more
        return company(AS_OF, **frames)

    return made


FEATURES = {"amount": 10.0, "competitor": "Rival"}


@pytest.fixture
def played(store, rival_play):
    """Start the play for some deals on some days after they were opened, and return all runs."""

    def started(ids, after=1, held_out=()):
        days = {name: MADE + timedelta(days=after) for name in ids}
        runs = [
            NewRun(rival_play.key, "deal", name, "", day, (NewStep("Call", "ann", day + timedelta(days=3)),))
            for name, day in days.items()
        ]
        runs += [NewRun(rival_play.key, "deal", name, "", MADE, is_held_out=True) for name in held_out]
        store.play_runs.start("By hand", runs, "test")
        return Runs((rival_play,), store.play_runs.runs("By hand"), store.play_runs.steps("By hand"))

    return started


@pytest.fixture(scope="session")
def no_runs(rival_play):
    import polars as pl

    return Runs((rival_play,), pl.DataFrame(schema=RUNS), pl.DataFrame(schema=STEPS))
