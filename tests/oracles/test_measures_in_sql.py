"""Every measure once more in SQL on DuckDB, over random companies and several fiscal calendars."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as rules
from hypothesis import strategies as st

from core import metrics
from core.metrics import growth, regions
from tests.oracles import fiscal_days
from tests.oracles.random_company import AS_OF, CALENDARS, built, settings_of

FRAMES = (
    "accounts",
    "transactions",
    "subscriptions",
    "opportunities",
    "opportunity_history",
    "quotas",
    "sales_team",
    "products",
)
slow = rules(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
companies = st.tuples(
    st.integers(0, 10_000),
    st.sampled_from(AS_OF),
    st.sampled_from(CALENDARS),
    st.sampled_from(["exclusive", "inclusive"]),
)


@contextmanager
def opened(drawn: tuple[int, date, dict[str, Any], str]) -> Iterator[tuple[Any, Any, Any]]:
    """Yield a random company, its settings, and what answers SQL on it with the fiscal days at hand."""
    seed, as_of, fiscal, ends = drawn
    settings = settings_of(fiscal)
    data = built(seed, as_of, settings, ends)
    with duckdb.connect() as db:
        for name in FRAMES:
            db.register(name, data.frame(name).to_arrow())
        db.register("days", fiscal_days.days(settings).to_arrow())
        db.execute(f"create macro as_of() as date '{as_of}'")
        db.execute("create view today as select * from days where day = as_of()")
        db.execute("create view booked as select * from transactions where kind = 'booking' and booked_on <= as_of()")
        yield data, settings, lambda query: db.execute(query).fetchall()


def near(value: Any) -> Any:
    return None if value is None else pytest.approx(float(value), abs=1e-6, rel=1e-9)


def rate(now: Any, then: Any) -> float | None:
    return float(now) / float(then) - 1 if then is not None and float(then) > 1e-9 else None


@slow
@given(companies)
def test_bookings_and_revenue_of_the_quarter(drawn):
    with opened(drawn) as (data, settings, ask):
        query = """select coalesce(sum(amount), 0) from transactions, today
            where booked_on between quarter_on and as_of() and kind in ({})"""
        assert metrics.bookings.quarter_to_date(data, settings).value == near(ask(query.format("'booking'"))[0][0])
        assert metrics.bookings.revenue(data, settings).value == near(ask(query.format("'billing', 'refund'"))[0][0])


@slow
@given(companies)
def test_bookings_by_region_and_quarter(drawn):
    with opened(drawn) as (data, settings, ask):
        rows = ask("""select coalesce(region, 'No region'), d.quarter_on, sum(amount) from booked
            join days d on d.day = booked_on, today where d.quarter_index > today.quarter_index - 8 group by all""")
        frame = metrics.bookings.by_region_and_quarter(data, settings).frame
        shown = {(r, q): a for r, q, a in frame.select("region", "quarter_start_on", "amount").iter_rows()}
        assert shown == pytest.approx({(r, q): a for r, q, a in rows}, abs=1e-6)


@slow
@given(companies)
def test_bookings_by_region_and_family_on_both_sides(drawn):
    with opened(drawn) as (data, settings, ask):
        rows = ask("""with x as (select coalesce(region, 'No region') r, coalesce(family, 'No family') f,
                    booked_on, amount
                from booked left join products using (product_id)),
            now as (select r, f, sum(amount) a from x where booked_on >= as_of() + 1 - interval 1 year group by all),
            was as (select r, f, sum(amount) b from x where booked_on < as_of() + 1 - interval 1 year
                and booked_on >= as_of() + 1 - interval 2 year group by all)
            select r, f, coalesce(a, 0), b from now full join was using (r, f)""")
        frame = metrics.bookings.by_region_and_family(data, settings).frame
        shown = {
            (r, f): (a, b) for r, f, a, b in frame.select("region", "family", "amount", "earlier_amount").iter_rows()
        }
        assert set(shown) == {(r, f) for r, f, _, _ in rows}
        for region, family, amount, before in rows:
            assert shown[region, family] == (near(amount), near(before))


@slow
@given(companies, st.sampled_from(["Bookings", "Revenue", "Deals won"]))
def test_growth(drawn, measure):
    with opened(drawn) as (data, settings, ask):
        source = {
            "Bookings": "select booked_on as day, amount from booked",
            "Revenue": "select booked_on as day, amount from transactions where kind <> 'booking'",
            "Deals won": "select close_on as day, 1 as amount from opportunities where is_won",
        }[measure]
        ask(f"create view flow as {source}")
        is_weekly = settings.fiscal.calendar != "months"
        same_date = "then_on + (as_of() - now_on)::int" if is_weekly else "(as_of() - interval 1 year)::date"
        cases = {
            "Quarter on quarter": ("quarter_index - 1", "then_on + (as_of() - now_on)::int"),
            "Quarter on last year's": ("quarter_index - 4", same_date),
        }
        frame = {row["comparison"]: row for row in growth.table(data, settings, measure).frame.iter_rows(named=True)}
        for name, (index, last) in cases.items():
            row = ask(f"""with now as (select quarter_on now_on, quarter_last, {index} as want from today),
                other as (select distinct quarter_on then_on, d.quarter_last then_last from days d, now
                    where d.quarter_index = want),
                ends as (select *, case when quarter_last = as_of() then then_last
                    else least(then_last, {last}) end as until from now, other)
                select coalesce(sum(amount) filter (where day between now_on and as_of()), 0),
                    coalesce(sum(amount) filter (where day between then_on and until), 0) from flow, ends""")[0]
            assert frame[name]["amount"] == near(row[0])
            assert frame[name]["earlier_amount"] == near(row[1])
            expected = rate(*row)
            assert frame[name]["growth_rate"] == (None if expected is None else pytest.approx(expected))


@slow
@given(companies)
def test_recurring_revenue_and_who_stayed(drawn):
    with opened(drawn) as (data, settings, ask):
        at = "started_on <= {0} and (ended_on is null or ended_on > {0})"
        then, now = (at.format(f"({day})") for day in ("as_of() - interval 1 year", "as_of()"))
        mrr = ask(f"select coalesce(sum(mrr_amount), 0) from subscriptions where {now}")[0][0]
        assert (metrics.recurring.mrr(data, settings).value or 0.0) == near(mrr)
        row = ask(f"""with a as (select account_id, sum(mrr_amount) m from subscriptions where {then} group by 1),
                b as (select account_id, sum(mrr_amount) n from subscriptions where {now} group by 1)
            select sum(coalesce(n, 0)) / sum(m), sum(least(m, coalesce(n, 0))) / sum(m), avg((coalesce(n, 0) > 0)::int)
            from a left join b using (account_id) where m > 0""")[0]
        shown = metrics.retention.last_year(data, settings).frame.filter(pl.col("month") == data.as_of).to_dicts()
        values = (shown[0]["net_rate"], shown[0]["gross_rate"], shown[0]["logo_rate"]) if shown else (None, None, None)
        assert values == tuple(near(v) for v in row)


@slow
@given(companies)
@example((236, date(2025, 2, 28), {"calendar": "4-5-4", "year_start_month": 2, "week_53": "last"}, "exclusive"))
def test_cohorts(drawn):
    with opened(drawn) as (data, settings, ask):
        kept = ask("""with paid as (select * from subscriptions where mrr_amount > 0 and started_on <= as_of()),
                born as (select account_id, min(started_on) b from paid group by 1),
                ages as (select account_id, b, age, (b + to_months(age::int))::date as day from born, range(60) t(age)
                    where (b + to_months(age::int))::date <= as_of()),
                pays as (select ages.account_id, b, age, coalesce(sum(mrr_amount), 0) > 0 as is_kept from ages
                    left join paid p on p.account_id = ages.account_id and p.started_on <= ages.day
                        and (p.ended_on is null or p.ended_on > ages.day) group by all)
            select quarter_on, age, count(*), sum(is_kept::int) from pays join days on days.day = b group by all""")
        expected = {(quarter, age): (n, k) for quarter, age, n, k in kept}
        frame = metrics.retention.cohorts(data, settings).frame
        for quarter, age, n, k in frame.select("cohort", "age_months", "n_accounts", "n_kept").iter_rows():
            assert expected[quarter, age] == (n, k)


@slow
@given(companies)
def test_deals(drawn):
    with opened(drawn) as (data, settings, ask):
        won_rate, size, days = ask("""select avg(is_won::int), avg(amount) filter (where is_won),
                avg(close_on - created_on) filter (where is_won) from opportunities
            where is_closed and close_on >= as_of() + 1 - interval 1 year and close_on <= as_of()""")[0]
        assert metrics.winrate.win_rate(data, settings).value == near(won_rate)
        assert metrics.winrate.deal_size(data, settings).value == near(size)
        assert metrics.winrate.cycle_days(data).value == near(days)
        open_now = ask("""select coalesce(sum(amount), 0) from opportunity_history where valid_from <= as_of()
            and (valid_to is null or valid_to > as_of()) and not is_deleted and stage not like 'Closed%'""")[0][0]
        assert metrics.pipeline.open_pipeline(data, settings).value == near(open_now)


QUOTA = """select q.rep_id, quota_amount from quotas q, today where period_start_on = quarter_on
    and q.rep_id not in (select manager_id from sales_team where manager_id is not null)"""


@slow
@given(companies)
def test_quotas_are_counted_once_everywhere(drawn):
    with opened(drawn) as (data, settings, ask):
        quota = ask(f"select coalesce(sum(quota_amount), 0) from ({QUOTA})")[0][0]
        booked = ask("select coalesce(sum(amount), 0) from booked, today where booked_on >= quarter_on")[0][0]
        expected = None if not quota else near(float(booked) / float(quota))
        assert metrics.attainment.teams(data, settings).value == expected
        assert regions.regions(data, settings, "Attainment").value == expected
        board = metrics.leaderboard.board(data, settings)
        assert board.value == expected or board.frame.is_empty()
        assert metrics.coverage.coverage(data, settings).frame["amount"][0] == near(quota)
        each = dict(
            ask(f"""select rep_id, coalesce(sum(amount), 0) / quota_amount from ({QUOTA}) q left join
            (select rep_id, amount from booked, today where booked_on >= quarter_on) using (rep_id)
            where quota_amount > 0 group by rep_id, quota_amount""")
        )
        assert dict(board.frame.select("rep_id", "value").iter_rows()) == pytest.approx(each, abs=1e-9)


@slow
@given(companies)
def test_team_bookings_go_where_the_rep_was(drawn):
    with opened(drawn) as (data, settings, ask):
        rows = ask("""select coalesce(t.team, 'No team'), sum(amount) from booked b left join sales_team t
                on t.rep_id = b.rep_id and t.valid_from <= booked_on and (t.valid_to is null or t.valid_to > booked_on),
                today where booked_on >= quarter_on group by 1""")
        frame = metrics.attainment.teams(data, settings).frame
        shown = {team: amount for team, amount in frame.select("team", "amount").iter_rows() if amount}
        assert shown == pytest.approx({team: amount for team, amount in rows if amount}, abs=1e-6)


@slow
@given(companies)
def test_concentration_improvement_and_win_rate_boards(drawn):
    with opened(drawn) as (data, settings, ask):
        top, whole = ask("""with x as (select account_id, sum(amount) a from booked
                where booked_on >= as_of() + 1 - interval 1 year group by 1 having sum(amount) > 0)
            select (select sum(a) from (select a from x order by a desc limit 3)), (select sum(a) from x)""")[0]
        expected = None if whole is None else near(float(top) / float(whole))
        assert metrics.concentration.customers(data, settings, top=3).value == expected
        wins = dict(
            ask("""select owner_id, avg(is_won::int) from opportunities where is_closed and close_on <= as_of()
            and close_on >= as_of() + 1 - interval 1 year and owner_id is not null group by 1""")
        )
        board = metrics.leaderboard.board(data, settings, "Win rate").frame
        assert dict(board.select("rep_id", "value").iter_rows()) == pytest.approx(wins)
        moves = dict(
            ask("""with x as (select rep_id, sum(amount) filter (where booked_on >= as_of() + 1 - interval 1 year) a,
                sum(amount) filter (where booked_on < as_of() + 1 - interval 1 year
                    and booked_on >= as_of() + 1 - interval 2 year) b
                from booked where rep_id is not null group by 1) select rep_id, a - b from x where a - b is not null""")
        )
        better = metrics.leaderboard.board(data, settings, "Improvement").frame
        assert dict(better.select("rep_id", "value").iter_rows()) == pytest.approx(moves, abs=1e-6)


@slow
@given(companies, st.sampled_from(["Bookings", "Revenue"]))
def test_regions_on_the_map(drawn, measure):
    with opened(drawn) as (data, settings, ask):
        kinds = "'booking'" if measure == "Bookings" else "'billing', 'refund'"
        is_weekly = settings.fiscal.calendar != "months"
        last = "then_on + (as_of() - now_on)::int" if is_weekly else "(as_of() - interval 1 year)::date"
        rows = ask(f"""with now as (select quarter_on now_on, quarter_last, quarter_index - 4 as want from today),
                other as (select distinct quarter_on then_on, d.quarter_last then_last from days d, now
                    where d.quarter_index = want),
                ends as (select *, case when quarter_last = as_of() then then_last
                    else least(then_last, {last}) end as until from now, other),
                x as (select coalesce(region, 'No region') r,
                    sum(amount) filter (where booked_on between now_on and as_of()) a,
                    sum(amount) filter (where booked_on between then_on and until) b
                from transactions, ends where kind in ({kinds}) and booked_on <= as_of() group by 1)
            select r, coalesce(a, 0), coalesce(b, 0) from x where a is not null or b is not null""")
        frame = regions.regions(data, settings, measure).frame
        shown = {r: (a, b) for r, a, b in frame.select("region", "amount", "earlier_amount").iter_rows()}
        assert set(shown) == {r for r, _, _ in rows}
        for region, amount, before in rows:
            assert shown[region] == (near(amount), near(before))
        for region, amount, before, shown_rate in frame.select(
            "region", "amount", "earlier_amount", "rate"
        ).iter_rows():
            assert shown_rate == (pytest.approx(rate(amount, before)) if rate(amount, before) is not None else None), (
                region
            )
