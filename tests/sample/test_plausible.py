"""A sample company that could exist: what is measured of five of them lies where real companies lie.

The ranges are those of the notes on real CRM numbers; each is measured from the generated files alone.
"""

from __future__ import annotations

import re

import polars as pl
import pytest
import yaml

from core.config.calendar import add_months
from core.sample.word_lists import COUNTRIES, HEADS, INDUSTRIES
from tests.sample import company_figures

SEEDS = (10, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (11, 23, 42, 101)))
pytestmark = [pytest.mark.xdist_group("companies"), pytest.mark.parametrize("seed", SEEDS)]
STRONG = ("stalled", "pushed", "overdue", "silent", "single_contact")


@pytest.fixture
def company(company_of, seed):
    return company_of(seed)


def within(figures, **ranges):
    """Say which figures lie outside their ranges."""
    off = {name: figures[name] for name, (low, high) in ranges.items() if not low <= figures[name] <= high}
    assert not off, f"outside { ({name: ranges[name] for name in off}) }: {off}"


def test_quotas_stand_before_the_quarter_and_are_within_reach(company):
    within(
        company_figures.quotas(company),
        quota_step_low=(0.75, 1.25),
        quota_step_high=(0.75, 1.25),
        attainment_low=(0.80, 1.10),
        attainment_high=(0.80, 1.10),
        reps_at_quota=(0.30, 0.45),
        rep_tail=(2.0, 5.0),
    )


def test_this_quarters_quota_does_not_hang_on_what_is_booked_in_it(company):
    by_quarter = company.data.quotas.group_by("period_start_on").agg(pl.col("quota_amount").sum())
    now, before = (
        by_quarter.filter(pl.col("period_start_on") == day)["quota_amount"].item()
        for day in (company.running, company.quarters[-1])
    )
    assert 0.75 <= now / before <= 1.25


def test_dates_slip_and_wins_come_about_when_expected(company):
    within(
        company_figures.dates(company),
        pushed_share=(0.44, 0.60),
        pushes_per_pull=(4.5, 7.5),
        push_days=(17, 25),
        won_within_14=(0.45, 0.68),
        wins_1_push=(0.50, 0.72),
        wins_2_pushes=(0.35, 0.55),
        wins_4_pushes=(0.24, 0.45),
    )


def test_bookings_crowd_at_the_end_of_the_quarter(company):
    within(company_figures.calendar(company), third_month=(0.45, 0.55), last_two_weeks=(0.30, 0.40))


def test_categories_and_dates_tell_what_the_quarter_brings(company):
    within(
        company_figures.mid_quarters(company),
        won_due_later=(0.0, 0.15),
        commit_won=(0.60, 0.80),
        best_case_won=(0.20, 0.35),
        pipeline_won=(0.03, 0.12),
        overdue_share=(0.10, 0.25),
        overdue_now=(0.10, 0.25),
        overdue_wins=(0.0, 0.60),
        overdue_wins_plain=(0.0, 0.60),
    )


def test_managers_call_near_what_is_closed_commit_and_part_of_best_case(company):
    within(
        company_figures.managers(company),
        call_over_sure=(0.95, 1.20),
        call_over_all=(0.85, 1.0),
        call_bias_spread=(0.04, 0.20),
    )


def test_customers_stay_and_grow_as_customers_do(company):
    figures = company_figures.recurring(company)
    within(
        figures,
        renewals_won=(0.85, 0.95),
        gross_rate=(0.88, 0.93),
        net_rate=(1.0, 1.15),
        expansion_share=(0.35, 0.45),
        stale_lines=(0, 0),
    )


def test_every_cohort_falls_with_age(company):
    curves = company_figures.cohort_falls(company)
    assert curves["n_cohorts"] >= 8
    assert curves["first_year"] < -0.02
    assert curves["second_year"] < -0.005
    # In the third year there are at most two cohorts, and of some sixty customers three or four came back.
    assert curves["first_year"] + curves["second_year"] + curves["third_year"] < -0.03


def test_deals_contracts_and_recurring_revenue_agree_to_the_cent(company):
    assert company_figures.disagreements(company) == {
        "won_without_line": 0,
        "line_without_deal": 0,
        "renewals_off_date": 0,
        "ended_without_renewal": 0,
        "account_months_off": 0,
    }


def test_five_risk_signals_are_strong_on_a_fifth_of_deals_and_others_say_nothing(company):
    table = {row["signal"]: row for row in company_figures.risks(company).iter_rows(named=True)}
    lifts = {name: round(table[name]["lift"], 2) for name in STRONG}
    assert all(1.45 <= lift <= 3.0 for lift in lifts.values()), lifts
    shares = {name: round(table[name]["share"], 3) for name in STRONG}
    assert all(0.12 <= share <= 0.26 for share in shares.values()), shares
    assert all(table[name]["low"] > 0 for name in STRONG)
    assert 0.8 < table["new_owner"]["lift"] < 1.25
    assert table["odd_amount"]["lift"] < 1.1


def test_hygiene_is_as_in_life(company):
    within(company_figures.hygiene(company), no_amount=(0.05, 0.10), no_next_step=(0.30, 0.60), weekend=(0.0, 0.0))


def test_names_fit_industry_and_country(company):
    accounts = company.data.accounts.filter(~pl.col("account_name").str.ends_with(" Inc."))
    assert accounts["account_name"].n_unique() == accounts.height
    ends = {tail: industry for industry, tails in INDUSTRIES.items() for tail in tails}
    forms = {spec["form"] for region in COUNTRIES.values() for spec in region.values()}
    heads = {
        head: country for region in COUNTRIES.values() for country, spec in region.items() for head in spec["heads"]
    }
    for row in accounts.iter_rows(named=True):
        words = row["account_name"]
        for form in forms:
            if words.endswith(f" {form}"):
                assert COUNTRIES[row["region"]][row["country"]]["form"] == form
                words = words.removesuffix(f" {form}")
        last = next(word for word in reversed(words.split()) if not word.isdigit())
        assert ends[last] == row["industry"], row["account_name"]
        first = words.split()[0]
        if first not in HEADS:
            country = next(place for head, place in heads.items() if words.startswith(f"{head} "))
            assert country == row["country"], row["account_name"]


def test_deals_are_named_after_buyer_and_what_is_sold(company):
    deals = company.deals.join(company.data.accounts.select("account_id", "account_name"), on="account_id")
    form = re.compile(r", (Helm|Signal|Bridge|Watch)( renewal)? for [\d,]+ seats$")
    for row in deals.iter_rows(named=True):
        assert row["opportunity_name"].startswith(row["account_name"] + ", ")
        assert form.search(row["opportunity_name"])
    assert deals["opportunity_name"].n_unique() > 0.9 * deals.height


def test_managers_lead_five_to_nine_and_directors_have_teams(company):
    now = company.data.sales_team.filter(pl.col("valid_to").is_null() | (pl.col("valid_to") > company.as_of))
    led = now.group_by("manager_id", "role").len()
    spans = led.filter(pl.col("role") == "rep")["len"]
    assert spans.min() >= 5
    assert spans.max() <= 9
    assert led.filter(pl.col("role") == "manager")["len"].min() >= 2
    assert led.filter(pl.col("role") == "director")["len"].sum() >= 2


def test_the_past_is_not_changed_by_what_comes_later(company):
    spans = company.history
    following = pl.col("valid_from").shift(-1).over("opportunity_id")
    assert spans.filter(pl.col("valid_to").ne_missing(following)).is_empty()
    assert spans.filter(pl.col("valid_from") > company.as_of).is_empty()
    assert company.lines.filter(pl.col("started_on") > company.as_of).is_empty()
    assert company.lines.filter(pl.col("ended_on") > company.as_of).is_empty()
    assert add_months(company.running, 3) > company.as_of


def test_truth_stays_apart(company):
    folder = company.folder
    assert not [path.name for path in folder.iterdir() if "truth" in path.name or "drivers" in path.name]
    drivers = yaml.safe_load((folder.with_name("sample_truth") / "drivers.yaml").read_text(encoding="utf-8"))
    assert set(drivers) == {
        *("close", "churn", "channels", "holdout", "lead_sources", "lead_titles", "leads"),
        *("courses", "first_course", "documents"),
    }
