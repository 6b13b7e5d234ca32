"""Territories: balance by hand, planted potential, and a solver whose gap is true."""

from __future__ import annotations

from datetime import date
from itertools import product

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.config import load
from core.contracts.errors import ContractError
from core.metrics import territories
from core.territories import account_potential, territory_solver
from core.territories.account_potential import LAST_YEAR, potential
from core.territories.territory_plan import Wish, propose, regions
from core.territories.territory_solver import Problem, one_by_one, solve, unevenness
from tests.metrics.companies import company, deal, rep

BEGUN = date(2022, 1, 1)
TODAY = date(2026, 5, 15)


@pytest.fixture(scope="module")
def conf():
    return load(environ={})


def won(name, account, amount, day):
    values = {"account_id": account, "amount": amount, "close_on": day, "created_on": day, "owner_id": "ANN"}
    return deal(name, is_closed=True, is_won=True, stage="Closed Won", **values)


def account(name, owner="ANN", **more):
    values = {"account_id": name, "account_name": f"{name} Ltd", "owner_id": owner, "region": "North", "segment": "SMB"}
    return values | {"industry": "Software", "employee_count": 100} | more


def by_hand(**more):
    """Ann owns accounts with 600 and 200, Bob one with 100, nobody of today one with 50."""
    frames = {
        "accounts": [account("A"), account("B"), account("C", "BOB"), account("D", "GONE")],
        "opportunities": [
            won("1", "A", 600.0, date(2026, 1, 5)),
            won("2", "B", 200.0, date(2026, 1, 5)),
            won("3", "C", 100.0, date(2026, 1, 5)),
            won("4", "D", 50.0, date(2026, 1, 5)),
            won("5", "C", 900.0, date(2024, 1, 5)),
            deal("6", account_id="C", amount=70.0, close_on=date(2026, 7, 1), owner_id="BOB"),
        ],
        "sales_team": [rep("ANN", "North", BEGUN), rep("BOB", "North", BEGUN), rep("GONE", "North", BEGUN, TODAY)],
    }
    return company(**(frames | more))


def test_balance_by_hand(conf):
    """800 and 100: even would be 450 each, so 350 of 900 would change hands."""
    result = territories.balance(by_hand(), conf)
    assert result.value == pytest.approx(350 / 900)
    assert result.frame["booked_amount"].to_list() == [800.0, 100.0]
    assert result.frame["even_amount"].to_list() == [450.0, 450.0]
    assert result.frame["open_amount"].to_list() == [0.0, 70.0]
    assert "1 account belongs to nobody of today's team." in result.text
    assert territories.balance(company(), conf).value is None


def test_a_proposal_by_hand(conf):
    """B is worth 200: with it Bob has 300 and Ann 600; D needs an owner and goes to Bob. A stays, as it is named."""
    asked = Wish("North", 1, (0.0, 1.0, 0.0, 0.0), named=("A",))
    result = propose(by_hand(), conf, asked, 2.0)
    assert result.is_proven
    moves = {row["account_id"]: (row["from_name"], row["to_name"]) for row in result.moves.iter_rows(named=True)}
    assert moves == {"B": ("Ann", "Bob"), "D": (None, "Bob")}
    assert result.proposed == pytest.approx(125 / 475)
    assert result.today > result.proposed >= result.bound
    assert result.sentence().startswith("1 account of North would change hands and 1 account without an owner")
    nothing = propose(by_hand(), conf, Wish("North", 0, (0.0, 1.0, 0.0, 0.0)), 2.0)
    assert nothing.moves["account_id"].to_list() == ["D"]
    stays = propose(by_hand(), conf, Wish("North", 9, (0.0, 1.0, 0.0, 0.0), stays=("SMB",)), 2.0)
    assert stays.moves["account_id"].to_list() == ["D"]


def test_parents_take_their_children_along_and_languages_are_kept(conf):
    family = [account("A"), account("B", parent_account_id="A"), account("C", "BOB"), account("D"), account("E")]
    moved = propose(by_hand(accounts=family), conf, Wish("North", 5, (0.0, 0.0, 0.0, 1.0)), 2.0).moves
    assert {"A", "B"} <= set(moved["account_id"]) or not {"A", "B"} & set(moved["account_id"])
    data = by_hand()
    data = data.with_frames(
        accounts=data.accounts.with_columns(language=pl.Series(["German", "French", None, "French"])),
        sales_team=data.sales_team.with_columns(languages=pl.Series(["German; English", "English", ""])),
    )
    kept = propose(data, conf, Wish("North", 9, (0.0, 1.0, 0.0, 0.0)), 2.0)
    assert kept.moves.is_empty()
    assert "stay without an owner" in kept.remark


def test_odd_companies_give_sentences(conf):
    with pytest.raises(ContractError, match="There are: none"):
        propose(company(), conf, Wish("North"))
    assert regions(by_hand()) == ["North"]
    with pytest.raises(ContractError, match="Did you mean 'North'"):
        propose(by_hand(), conf, Wish("Nort"))
    assert (
        "no move within these limits"
        in propose(by_hand(accounts=[account("A")]), conf, Wish("North", 0), 1.0).sentence()
    )
    assert potential(company(), conf).sentence() == "There are no accounts, so nothing has a potential."
    few = potential(by_hand(), conf)
    assert few.model == LAST_YEAR
    assert "too little history" in few.sentence()


LOADS = st.lists(st.integers(1, 9), min_size=1, max_size=5)


@settings(max_examples=15, deadline=None)
@given(load=LOADS, data=st.data())
def test_the_solver_is_as_even_as_the_best_of_all_ways_and_keeps_its_limits(load, data):
    """Every assignment of a small company tried: none within the limits is more even, and the bound lies below."""
    n = len(load)
    owner = np.array(data.draw(st.lists(st.integers(-1, 1), min_size=n, max_size=n)))
    free = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    allowed = np.array([[f or o < 0 or o == r for r in (0, 1)] for f, o in zip(free, owner, strict=True)])
    most = data.draw(st.integers(0, n))
    problem = Problem({"a": np.array(load, float)}, {"a": 1.0}, owner, allowed, most)
    result = solve(problem, 5.0)

    def moves(ways):
        return int(((owner >= 0) & (ways != owner)).sum())

    ways = [np.array(way) for way in product((0, 1), repeat=n)]
    fitting = [w for w in ways if all(allowed[i, w[i]] for i in range(n)) and moves(w) <= most]
    best = min(unevenness(problem, w) for w in fitting)
    assert moves(result.owner) <= most
    assert all(allowed[i, result.owner[i]] for i in range(n))
    assert result.unevenness == pytest.approx(best, abs=0.011)
    assert result.bound <= best + 1e-6
    quick = one_by_one(problem, ["a"])
    if quick is not None:
        assert moves(quick) <= most
        assert all(allowed[i, quick[i]] for i in range(n))
        stays = np.where(owner >= 0, owner, quick)
        assert best - 1e-9 <= unevenness(problem, quick) <= unevenness(problem, stays) + 1e-9


def test_without_time_the_moves_that_even_most_are_proposed(monkeypatch):
    """Ann has 6, 2 and 1, Bob nothing: moving the 6 leaves 3 and 6, and no second move is any better."""
    nothing = type("Nothing", (), {"x": None, "mip_dual_bound": None})()
    monkeypatch.setattr(territory_solver, "milp", lambda *_, **__: nothing)
    problem = Problem({"a": np.array([6.0, 2.0, 1.0])}, {"a": 1.0}, np.array([0, 0, 0]), np.ones((3, 2), bool), 2)
    result = solve(problem, 1.0)
    assert result.owner.tolist() in ([1, 0, 0], [0, 1, 1])
    assert result.unevenness == pytest.approx(1 / 3)
    assert not result.is_proven
    taken = Problem({"a": np.array([1.0])}, {"a": 1.0}, np.array([0]), np.array([[False, True]]), 0)
    assert solve(taken, 1.0).owner.tolist() == [0]


def planted(seed, is_stable):
    """Accounts whose yearly bookings come from size and industry, or repeat their own level each year."""
    rng = np.random.default_rng(seed)
    n = 160
    size, kind = rng.integers(1, 5, n), rng.integers(0, 3, n)
    truth = 1_000.0 * 3.0**size * (1 + 2 * kind) / 10
    level = truth * rng.lognormal(0, 1.0, n) if is_stable else truth
    deals = []
    for year in range(5):
        for i in range(n):
            noise = rng.lognormal(0, 0.05) if is_stable else rng.exponential()
            day = date(TODAY.year - year, 1, 1 + i % 28)
            deals.append(won(f"{year}-{i}", f"A{i:03}", level[i] * noise, day))
    accounts = [account(f"A{i:03}", industry=f"I{kind[i]}", employee_count=int(10 ** size[i])) for i in range(n)]
    data = company(accounts=accounts, opportunities=deals, sales_team=[rep("ANN", "North", BEGUN)])
    return data, pl.DataFrame({"account_id": [f"A{i:03}" for i in range(n)], "truth": truth})


def test_planted_potential_is_recovered_and_a_null_effect_is_not_claimed(conf):
    """Where bookings jump about what size and kind give, look-alikes beat last year; where they repeat, none does."""
    data, truth = planted(1, is_stable=False)
    result = potential(data, conf)
    assert result.model != LAST_YEAR
    joined = result.frame.join(truth, on="account_id")

    def miss(column):
        return float(((joined[column] - joined["truth"]) ** 2).mean() ** 0.5)

    assert miss("potential_amount") < 0.6 * miss("last_amount")
    assert joined.select(pl.corr("potential_amount", "truth", method="spearman")).item() > 0.85
    same, _ = planted(2, is_stable=True)
    steady = potential(same, conf)
    assert steady.model == LAST_YEAR
    assert "nothing that was tried was surely nearer" in steady.sentence()


def test_potential_sees_nothing_of_the_year_it_is_judged_on(conf):
    """Bookings of the last year altered: what was said of that year by everything that learns stays the same."""
    data, _ = planted(1, is_stable=False)
    last = pl.col("close_on") > date(2025, 5, 15)
    other = data.with_frames(
        opportunities=data.opportunities.with_columns(
            amount=pl.when(last).then(pl.col("amount") * 7).otherwise("amount")
        )
    )
    one, two = (potential(d, conf).trials.sort("model")["total_amount"].to_list() for d in (data, other))
    assert one == pytest.approx(two)
    assert account_potential.TRIALS.keys() == set(potential(data, conf).trials.columns)
