from __future__ import annotations

from dataclasses import replace
from datetime import date

import duckdb
import polars as pl
import pytest

from core.contracts.errors import ContractError
from core.explain import headlines
from core.metrics import bookings, growth, leaderboard
from core.metrics.confidence_intervals import wilson
from core.models import outlook
from core.models.bundle import Bundle
from core.sample import AS_OF
from tests.metrics.companies import company, deal, rep

QUARTER = date(2026, 4, 1)


def test_three_lucky_deals_do_not_top_the_board(settings):
    deals = [deal(f"l{k}", owner_id="lucky", is_closed=True, is_won=True, close_on=date(2026, 3, 1)) for k in range(3)]
    deals += [
        deal(f"s{k}", owner_id="steady", is_closed=True, is_won=k < 32, close_on=date(2026, 3, 1)) for k in range(40)
    ]
    team = [rep("lucky", "EMEA 1", date(2025, 1, 1)), rep("steady", "EMEA 1", date(2025, 1, 1))]
    found = leaderboard.board(company(opportunities=deals, sales_team=team), settings, "Win rate")
    assert found.frame["rep_id"].to_list() == ["steady", "lucky"]
    assert found.frame["low"].to_list() == pytest.approx([wilson(32, 40)[0], wilson(3, 3)[0]])
    assert "Steady has the most reliable win rate: 80.0 % of 40 deals" in found.sentence()
    assert "Lucky has the highest win rate, 100.0 %, from only 3 deals." in found.sentence()


def test_boards_in_sql(sample, settings):
    with duckdb.connect() as connection:
        for name in ("transactions", "quotas", "opportunities", "activities"):
            connection.register(name, sample.frame(name).to_arrow())
        booked = (
            f"select rep_id, sum(amount) as v from transactions where kind = 'booking' and booked_on >= '{QUARTER}'"
        )
        queries = {
            "Bookings": f"{booked} group by 1",
            "Attainment": f"""
                select rep_id, coalesce(v, 0) / quota_amount from quotas
                left join ({booked} group by 1) using (rep_id)
                where period_start_on = '{QUARTER}' and quota_amount > 0
            """,
            "Win rate": f"""
                select owner_id, avg(is_won::int) from opportunities
                where is_closed and close_on between '2025-05-16' and '{AS_OF}' group by 1
            """,
            "Activity": f"""
                select rep_id, count(*) from activities where kind in ('call', 'mail', 'meeting') and rep_id is not null
                and occurred_at::date > date '{AS_OF}' - 28 and occurred_at::date <= '{AS_OF}' group by 1
            """,
        }
        for kind, query in queries.items():
            found = dict(leaderboard.board(sample, settings, kind).frame.select("rep_id", "value").iter_rows())
            truth = {k: v for k, v in connection.execute(query).fetchall() if k}
            assert {k: v for k, v in found.items() if v} == pytest.approx({k: v for k, v in truth.items() if v}), kind


@pytest.mark.parametrize("kind", leaderboard.BOARDS)
def test_a_bar_opens_into_its_rows(sample, settings, kind):
    found = leaderboard.board(sample, settings, kind)
    top = found.frame.row(0, named=True)
    rows = leaderboard.behind(sample, settings, kind, top["rep_id"])
    if kind == "Win rate":
        assert rows["is_won"].mean() == pytest.approx(top["value"])
    elif kind == "Activity":
        assert rows["n"].sum() == top["value"]
    elif kind == "Improvement":
        halves = rows.group_by(now=pl.col("day") > date(2025, 5, 15)).agg(pl.col("amount").sum())
        sums = dict(halves.iter_rows())
        assert sums[True] - sums[False] == pytest.approx(top["value"])
    else:
        assert rows["amount"].sum() == pytest.approx(top["value"] * (1 if kind == "Bookings" else top["mark"]))


@pytest.mark.parametrize("kind", leaderboard.BOARDS)
def test_nobody_is_a_sentence(settings, kind):
    found = leaderboard.board(company(), settings, kind)
    assert found.value is None
    assert found.sentence()


def test_an_unknown_board_or_growth_is_a_sentence(settings):
    with pytest.raises(ContractError, match="no leaderboard called"):
        leaderboard.board(company(), settings, "Luck")
    with pytest.raises(ContractError, match="no growth of"):
        growth.table(company(), settings, "Luck")


def test_growth_by_other_measures_in_sql(sample, settings):
    ends = (f"'{QUARTER}' and '{AS_OF}'", "'2025-04-01' and '2025-05-15'")
    with duckdb.connect() as connection:
        for name in ("transactions", "opportunities", "opportunity_history"):
            connection.register(name, sample.frame(name).to_arrow())
        queries = {
            "Revenue": "select sum(amount) from transactions where kind <> 'booking' and booked_on between {}",
            "Deals won": "select count(*) from opportunities where is_won and close_on between {}",
            "Deals created": "select count(*) from opportunities where created_on between {}",
            "Pipeline created": """
                select sum(first) from (select min_by(amount, valid_from) as first, min(valid_from) as day
                from opportunity_history group by opportunity_id) where day between {}
            """,
        }
        for measure, query in queries.items():
            now, then = (connection.execute(query.format(span)).fetchone()[0] for span in ends)
            found = growth.table(sample, settings, measure)
            assert found.value == pytest.approx(float(now) / float(then) - 1), measure
            assert growth._noun(measure, "Q2 2026") in found.sentence()


def test_regions_by_family_add_up_and_open_into_their_lines(sample, settings):
    found = bookings.by_region_and_family(sample, settings)
    year = bookings.lines(sample).filter(pl.col("day") > date(2025, 5, 15))
    assert round(found.frame["amount"].sum(), 2) == round(year["amount"].sum(), 2)
    row = found.frame.row(3, named=True)
    behind = bookings.behind(sample, settings, row["region"], row["family"])
    assert (behind.height, behind["amount"].sum()) == (row["n_deals"], pytest.approx(row["amount"]))
    cell = bookings.by_region_and_quarter(sample, settings).frame.row(5, named=True)
    behind = bookings.behind(sample, settings, region=cell["region"], quarter=cell["quarter"])
    assert (behind.height, behind["amount"].sum()) == (cell["n_deals"], pytest.approx(cell["amount"]))
    assert bookings.by_region_and_family(company(), settings).value is None


def test_three_sentences_the_most_money_first(sample, settings, bundle):
    found = headlines.headlines(sample, settings, bundle)
    assert len(found.told()) == 3
    assert found.frame["amount"].is_sorted(descending=True)
    assert found.sentence() == "\n".join(text for text, _ in found.told())
    assert all(text.endswith(".") and "USD" in text for text, _ in found.told())


def test_headlines_without_quota_or_a_year_before(sample, settings, bundle, monkeypatch):
    known = outlook.current(sample, settings, bundle)
    bare_outlook = replace(known, frame=known.frame.with_columns(quota_amount=pl.lit(None, pl.Float64)))
    monkeypatch.setattr(outlook, "current", lambda data, settings, bundle: bare_outlook)
    bare = sample.with_frames(
        quotas=sample.quotas.clear(),
        subscriptions=sample.subscriptions.clear(),
        transactions=sample.frame("transactions").filter(pl.col("booked_on") > date(2026, 1, 1)),
    )
    found = dict(headlines.headlines(bare, settings, bundle).frame.select("cell", "text").iter_rows())
    assert headlines.TODAY not in found
    assert headlines.REGIONS not in found
    assert "likely range" in found[headlines.QUARTER]
    assert "quota" not in found[headlines.QUARTER]


def test_without_data_there_is_no_headline(settings):
    assert (
        headlines.headlines(company(), settings, Bundle(None, None)).sentence()
        == "There is not enough data for a headline yet."
    )
