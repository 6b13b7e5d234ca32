"""Replays of a small company: nothing later than the day counts, and what is kept is what was worked out."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from core.artifacts import RECORDS, REPLAY_DAYS, REPLAYS, open_cache
from core.config import load
from core.contracts.errors import ModelError
from core.forecasts import accuracy, backtest, backtest_archive, calls
from core.forecasts.backtest import QUARTER
from core.metrics import pipeline
from core.metrics.deal_events import tracks
from core.metrics.measure import money
from core.metrics.stage_conversion import shares
from core.models import outlook
from core.models.bundle import Bundle

pytestmark = pytest.mark.xdist_group("replay")
DAY = date(2026, 2, 11)
PERIOD = date(2026, 1, 1)
NOBODY_CALLED = pl.DataFrame(schema=calls.CALLS)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("replay")


@pytest.fixture(scope="module")
def here(place):
    found = load(environ={"QUARTERDECK_HOME": str(place / "home")})
    few = found.models.model_copy(update={"min_closed_deals": 60})
    return found.model_copy(update={"models": few, "database_url": f"sqlite:///{place / 's.db'}"})


@pytest.fixture(scope="module")
def small(place, here):
    from core.sample import generate
    from core.sources import read_folder

    generate(place / "company", accounts=130, transactions=2_000, seed=3, activities=6_000)
    return read_folder(place / "company", settings=here)


@pytest.fixture(scope="module")
def kept(small, here):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backtest, "QUARTERS", 2)
        return backtest_archive.load_or_run(small, here)


def altered(data, day):
    """The same company with everything after a day made different."""
    later = pl.col("valid_from") > day
    history = data.frame("opportunity_history").with_columns(
        amount=pl.when(later).then(pl.col("amount") * 10).otherwise("amount"),
        stage=pl.when(later).then(pl.lit("Closed Won")).otherwise("stage"),
        close_on=pl.when(later).then(pl.lit(date(2026, 3, 1))).otherwise("close_on"),
    )
    open_then = (pl.col("close_on") > day) | ~pl.col("is_closed")
    deals = data.opportunities.filter(pl.col("created_on") <= day).with_columns(
        is_won=pl.when(open_then).then(~pl.col("is_won")).otherwise("is_won"),
        is_closed=pl.when(open_then).then(pl.lit(value=True)).otherwise("is_closed"),
        close_on=pl.when(open_then).then(pl.lit(day + timedelta(days=3))).otherwise("close_on"),
        amount=pl.when(open_then).then(pl.col("amount").fill_null(1.0) * 7).otherwise("amount"),
        owner_id=pl.when(open_then).then(pl.lit("R001")).otherwise("owner_id"),
        forecast_category=pl.when(open_then).then(pl.lit("omitted")).otherwise("forecast_category"),
        n_contacts=pl.lit(9),
        competitor=pl.lit("Somebody"),
        next_step=pl.lit(None, pl.String),
    )
    return data.with_frames(
        opportunity_history=history,
        opportunities=deals,
        activities=data.frame("activities").filter(
            pl.col("occurred_at") < datetime(day.year, day.month, day.day) + timedelta(1)
        ),
        transactions=data.frame("transactions").with_columns(
            amount=pl.when(pl.col("booked_on") > day).then(pl.lit(-1.0)).otherwise("amount")
        ),
        subscriptions=data.subscriptions.filter(pl.col("started_on") <= day).with_columns(
            ended_on=pl.when(pl.col("ended_on") <= day).then("ended_on")
        ),
        sales_team=data.sales_team.with_columns(valid_to=pl.when(pl.col("valid_to") <= day).then("valid_to")).filter(
            pl.col("valid_from") <= day
        ),
        quotas=data.quotas.filter(pl.col("period_start_on") <= day),
    )


@pytest.mark.slow
def test_everything_after_the_day_may_change_and_the_replay_does_not(small, here, kept):
    other = altered(small, DAY)
    assert other.fingerprint != small.fingerprint
    record = backtest.record_of(other, here, PERIOD - timedelta(days=1), kept.scores)
    trap, model = backtest.levelled(backtest.twin(other, here, PERIOD), record), kept.twins[PERIOD]
    assert model is not None
    assert json.dumps(trap.ready().to_dict(), default=str) == json.dumps(model.ready().to_dict(), default=str)
    found = [backtest.one(data, here, DAY, model, kept.scores)[0] for data in (small, other)]
    for mine, theirs in zip(*found, strict=True):
        assert_frame_equal(mine.drop("actual_amount"), theirs.drop("actual_amount"))
    outcome = [made[0].filter(pl.col("window") == QUARTER)["actual_amount"][0] for made in found]
    assert outcome[0] != outcome[1]


def test_a_quarters_model_is_moved_to_the_level_of_what_was_right(kept):
    model = kept.twins[PERIOD]
    half = pl.DataFrame({"day": [PERIOD] * 6, "amount": [2.0] * 6, "deviation": [1.0] * 6, "actual": [1.0] * 6})
    moved = backtest.levelled(model, half)
    assert moved.ready().win_map.shift - model.ready().win_map.shift == pytest.approx(-backtest.MOST_SHIFT)
    assert backtest.levelled(model, half.clear()) is model
    assert backtest.levelled(None, half) is None
    less = backtest.levelled(model, half.with_columns(actual=pl.lit(1.9)))
    assert less.ready().win_map.shift - model.ready().win_map.shift == pytest.approx(0.75 * np.log(0.95))


def test_the_model_of_a_quarter_knew_no_outcome_of_it(kept):
    for period, model in kept.twins.items():
        assert model is not None
        trained = kept.forecasts.filter(pl.col("period_start_on") == period)["trained_to"]
        assert trained.max() < period


def test_outcomes_and_baselines_are_those_of_the_records(small, here, kept):
    row = kept.forecasts.filter((pl.col("day") == PERIOD) & (pl.col("window") == QUARTER)).row(0, named=True)
    won = small.opportunities.filter("is_won")
    inside = won.filter(pl.col("close_on").is_between(PERIOD, date(2026, 3, 31)))["amount"].sum()
    before = won.filter(pl.col("close_on").is_between(date(2025, 1, 1), date(2025, 3, 31)))["amount"].sum()
    assert row["actual_amount"] == pytest.approx(inside)
    assert row["last_year_amount"] == pytest.approx(before)
    assert row["week"] == 1
    running = kept.forecasts.filter((pl.col("period_start_on") == date(2026, 4, 1)) & (pl.col("window") == QUARTER))
    assert running["actual_amount"].null_count() == running.height > 0
    month = kept.forecasts.filter((pl.col("day") == PERIOD) & (pl.col("window") == "30 days"))["actual_amount"][0]
    ahead = won.filter((pl.col("close_on") > PERIOD) & (pl.col("close_on") <= PERIOD + timedelta(days=30)))
    assert month == pytest.approx(ahead["amount"].sum())


def test_each_horizon_stands_beside_what_simpler_rules_said_of_the_same_days(small, here, kept):
    rows = {r["window"]: r for r in kept.forecasts.filter(pl.col("day") == PERIOD).iter_rows(named=True)}
    won = small.opportunities.filter("is_won")
    year_before = won.filter(pl.col("close_on").is_between(date(2025, 1, 2), date(2025, 1, 31)))["amount"].sum()
    assert rows["30 days"]["last_year_amount"] == pytest.approx(year_before)
    then = pipeline.open_deals(small, PERIOD, here).filter(pl.col("amount").is_not_null())
    share = dict(shares(tracks(small, here), here, PERIOD).select("stage", "won_rate").iter_rows())
    for window, n in (("30 days", 30), ("60 days", 60), ("90 days", 90)):
        due = then.filter(pl.col("close_on") <= PERIOD + timedelta(days=n))
        commit = due.filter(pl.col("forecast_category") == "commit")["amount"].sum()
        assert rows[window]["commit_amount"] == pytest.approx(commit)
        worth = sum(a * (share[s] or 0.0) for s, a in due.select("stage", "amount").iter_rows())
        assert rows[window]["weighted_amount"] == pytest.approx(worth)
    cut = accuracy.record(small, here, kept, NOBODY_CALLED, "window").frame
    assert cut.filter(pl.col("last_year_skill").is_not_null())["group"].to_list() == [
        "30 days",
        "60 days",
        "90 days",
        accuracy.WHOLE,
    ]


def test_teams_add_up_to_the_company(kept):
    teams = kept.teams.group_by("day").agg(pl.col("amount").sum(), pl.col("actual_amount").sum(), pl.len())
    whole = kept.forecasts.filter(pl.col("window") == QUARTER)
    both = teams.join(whole, on="day", suffix="_all").filter(pl.col("actual_amount_all").is_not_null())
    assert both.height >= 26
    assert (both["amount"] - both["amount_all"]).abs().max() < 0.01
    assert (both["actual_amount"] - both["actual_amount_all"]).abs().max() < 0.01


def test_what_is_kept_is_read_back_whole(small, here, kept):
    assert backtest_archive.is_kept(small, here)
    open_cache(here.home).forget(REPLAYS)
    assert backtest_archive.is_kept(small, here)
    again = backtest_archive.load_or_run(small, here)
    assert again is not kept
    assert again == kept
    for name in backtest_archive.FRAMES:
        assert_frame_equal(getattr(again, name), getattr(kept, name))
    assert again.twins[PERIOD].ready().to_dict() == kept.twins[PERIOD].ready().to_dict()
    assert again.quarters == [date(2025, 10, 1), PERIOD, date(2026, 4, 1)]


def test_models_bear_the_record_once_quarters_are_replayed(small, here, kept):
    trained = Bundle(None, None, key="models")
    handed = backtest_archive.with_record(small, here, trained)
    assert handed.record["period_start_on"].unique().sort().to_list() == [date(2025, 10, 1), PERIOD]
    assert handed.record["actual_amount"].null_count() == 0
    name = backtest_archive.record_key(small, here)
    assert handed.key == backtest_archive.recorded_key("models", name)
    assert handed != trained
    assert handed.company is trained
    elsewhere = here.model_copy(update={"home": here.home / "elsewhere"})
    open_cache(elsewhere.home).forget(RECORDS)
    other = small.with_frames(opportunities=small.opportunities.head(10))
    assert backtest_archive.record_key(other, elsewhere) == ""
    assert backtest_archive.with_record(other, elsewhere, trained) is trained


def test_later_quarters_are_corrected_by_what_earlier_ones_missed(kept):
    number = kept.forecasts.filter(pl.col("window") == QUARTER)
    by_period = number.partition_by("period_start_on", as_dict=True)
    first, last = by_period[(date(2025, 10, 1),)], by_period[(date(2026, 4, 1),)]
    assert first["amount"].to_list() == first["computed_amount"].to_list()
    assert last["amount"].to_list() != last["computed_amount"].to_list()
    assert number["quota_chance"].is_between(0, 1).all()
    others = kept.forecasts.filter(pl.col("window") != QUARTER)
    assert others["amount"].to_list() == others["computed_amount"].to_list()


def test_a_day_between_two_weeks_is_worked_out_once_and_kept(small, here, kept, monkeypatch):
    day = DAY + timedelta(days=2)
    assert day not in kept.forecasts["day"].to_list()
    first = backtest_archive.load_or_run_day(small, here, kept, day)
    monkeypatch.setattr(backtest, "one", None)
    open_cache(here.home).forget(REPLAY_DAYS)
    again = backtest_archive.load_or_run_day(small, here, kept, day)
    assert_frame_equal(first.forecasts, again.forecasts)
    assert_frame_equal(first.deals, again.deals)
    on_grid = backtest_archive.load_or_run_day(small, here, kept, PERIOD)
    assert on_grid.forecasts["day"].unique().to_list() == [PERIOD]


def test_asking_for_a_day_between_writes_nothing(small, here, kept):
    day = DAY + timedelta(days=3)
    before = open_cache(here.home).entries(REPLAY_DAYS)
    found = accuracy.on(small, here, kept, NOBODY_CALLED, day)
    assert found.day == day
    assert open_cache(here.home).entries(REPLAY_DAYS) == before
    kept_day = backtest_archive.load_or_run_day(small, here, kept, day)
    assert_frame_equal(accuracy.on(small, here, kept, NOBODY_CALLED, day, kept_day).frame, found.frame)


@pytest.mark.parametrize("day", [date(2025, 9, 30), date(2026, 5, 16), date(1999, 1, 1)])
def test_a_day_out_of_reach_is_a_sentence(small, here, kept, day):
    with pytest.raises(ModelError, match="Choose a day from 01 October 2025 to 15 May 2026"):
        backtest_archive.load_or_run_day(small, here, kept, day)


def test_a_past_forecast_is_explained_to_the_cent(small, here, kept):
    found = accuracy.on(small, here, kept, NOBODY_CALLED, DAY)
    system = found.frame.row(0, named=True)
    assert system["who"] == "System"
    assert float(found.deals["error_amount"].sum()) == pytest.approx(system["amount"] - found.actual, abs=0.005)
    assert "reconciled" in found.reason()
    assert money(found.actual) in found.sentence()
    assert found.path["day"].n_unique() == 13
    said = found.frame["who"].to_list()
    assert "Managers' commit calls" not in said
    assert {"Stage-weighted pipeline", "Same quarter last year", "Reps: closed and commit"} <= set(said)


def test_the_managers_calls_of_the_day_stand_beside_it(small, here, kept):
    boss = small.sales_team.filter(pl.col("role") == "manager")["rep_id"][0]
    call = {"manager_id": boss, "period_start_on": PERIOD, "best_case_amount": 5.0, "note": "", "author": "x"}
    rows = [
        {**call, "called_on": DAY - timedelta(days=9), "commit_amount": 3.0, "version": 1},
        {**call, "called_on": DAY + timedelta(days=9), "commit_amount": 4.0, "version": 2},
    ]
    found = accuracy.on(small, here, kept, pl.DataFrame(rows, schema=calls.CALLS), DAY)
    told = dict(found.frame.select("who", "amount").iter_rows())
    assert (told["Managers' commit calls"], told["Managers' best case"]) == (3.0, 5.0)


def test_a_running_quarter_has_no_outcome_yet(small, here, kept):
    found = accuracy.on(small, here, kept, NOBODY_CALLED, date(2026, 4, 15))
    assert found.actual is None
    assert "is not over yet" in found.sentence()
    assert found.deals.is_empty()
    assert found.reason() == ""


@pytest.mark.parametrize("by", list(accuracy.VIEWS))
def test_the_record_is_cut_and_names_who_did_better(small, here, kept, by):
    found = accuracy.record(small, here, kept, NOBODY_CALLED, by)
    quarter = kept.forecasts.filter((pl.col("window") == QUARTER) & pl.col("actual_amount").is_not_null())
    miss = (quarter["amount"] - quarter["actual_amount"]).abs().sum() / quarter["actual_amount"].sum()
    assert found.value == pytest.approx(miss)
    assert "2 past quarters" in found.sentence()
    assert "group" in found.frame.columns
    assert found.frame.height > 0 or by == "manager"


def test_a_baseline_that_wins_stands_in_the_headline():
    row = {"wape_rate": 0.2, "bias_rate": 0.1, "coverage_rate": 0.5}
    row |= {f"{n}_{k}": None for n in ("last_year", "weighted", "commit", "managers") for k in ("wape_rate", "skill")}
    lost = accuracy._headline(row | {"weighted_wape_rate": 0.1, "weighted_skill": -1.0}, 8)
    assert lost.startswith("A simpler rule did better, stage-weighted pipeline (10.0 %). Over 8 past quarters")
    won = accuracy._headline(row | {"weighted_wape_rate": 0.4, "weighted_skill": 0.5}, 8)
    assert won.startswith("Over 8 past quarters")
    assert "It beats: stage-weighted pipeline (40.0 %)." in won
    assert "simpler rule" not in accuracy._headline(row, 8)
    assert "was neither high nor low" in accuracy._headline(row | {"bias_rate": 0.0001}, 8)
    frame = pl.DataFrame({"group": [f"Week {k}" for k in range(7)], "weighted_skill": [-0.1] * 6 + [0.5]})
    assert (
        "stage-weighted pipeline did better in Week 0, Week 1, Week 2, Week 3, Week 4 and 1 more"
        in accuracy._losses(frame, "week")
    )


def test_a_baseline_that_wins_at_a_horizon_stands_first():
    names = [f"{n}_{k}" for n in ("last_year", "weighted", "commit", "managers") for k in ("wape_rate", "skill")]
    none = pl.DataFrame({"group": ["30 days", accuracy.WHOLE], "wape_rate": [0.2, 0.2]}).with_columns(
        **{n: pl.lit(None, pl.Float64) for n in names}
    )
    assert accuracy._beaten(none) == ""
    lost = none.with_columns(commit_skill=pl.lit(-0.5), commit_wape_rate=pl.lit(0.1))
    assert accuracy._beaten(lost) == "30 days ahead closed and commit (10.0 %) beat the forecast (20.0 %). "


def test_a_forecast_that_leans_at_a_horizon_is_told():
    rows = pl.DataFrame(
        {"group": ["30 days", "60 days", "90 days", accuracy.WHOLE], "bias_rate": [0.2, -0.1, 0.05, 0.5]}
    )
    assert accuracy._leaning(rows) == " On average it was 20.0 % too high 30 days ahead, 10.0 % too low 60 days ahead."
    assert accuracy._leaning(rows.tail(2)) == ""


def test_without_a_year_of_records_nothing_is_replayed(small, here):
    young = small.with_frames(opportunities=small.opportunities.filter(pl.col("created_on") > date(2025, 9, 1)))
    found = backtest_archive.load_or_run(replace(young, is_transient=True), here)
    assert found.quarters == []
    assert accuracy.days(replace(young, is_transient=True), here, found) is None
    text = accuracy.record(replace(young, is_transient=True), here, found, NOBODY_CALLED).sentence()
    assert "There is no forecast history yet" in text
    with pytest.raises(ModelError, match="Load a longer history"):
        backtest_archive.load_or_run_day(replace(young, is_transient=True), here, found, DAY)


def test_without_enough_outcomes_a_table_serves(small, here):
    lost = small.with_frames(
        opportunities=small.opportunities.with_columns(
            is_won=False, stage=pl.when("is_closed").then(pl.lit("Closed Lost")).otherwise("stage")
        ),
        opportunity_history=small.frame("opportunity_history").with_columns(
            stage=pl.col("stage").replace("Closed Won", "Closed Lost")
        ),
    )
    assert backtest.twin(lost, here, PERIOD) is None
    frames, chances = backtest.one(lost, here, DAY, None, pl.DataFrame(schema=backtest.SCORES))
    assert chances.is_empty()
    assert frames[0].filter(pl.col("window") == QUARTER)["trained_to"].to_list() == [None]
    assert frames[0]["actual_amount"].to_list()[-1] == 0.0
    empty = lost.with_frames(opportunities=lost.opportunities.clear())
    assert backtest.run(empty, here).quarters == []
    assert outlook.build(empty, here).frame.is_empty()


def test_a_part_of_the_company_uses_the_companys_models_and_leaves_nothing_on_disk(small, here, kept):
    from core.access import view

    regions = tuple(small.sales_team["region"].drop_nulls().unique().sort()[:1])
    part = view(small, here, regions)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backtest, "QUARTERS", 2)
        patch.setattr(backtest, "twin", None)
        found = backtest_archive.load_or_run(part, here)
    assert backtest_archive.is_kept(part, here)
    assert backtest_archive.key(part, here) not in {entry.key for entry in open_cache(here.home).entries(REPLAYS)}
    whole = kept.forecasts.filter(pl.col("window") == QUARTER).join(
        found.forecasts.filter(pl.col("window") == QUARTER), on="day", suffix="_part"
    )
    assert whole.height > 20
    assert (whole["actual_amount"] >= whole["actual_amount_part"]).drop_nulls().all()
    day = backtest_archive.load_or_run_day(part, here, found, DAY + timedelta(days=1))
    assert day.forecasts.height == 4


def test_past_days_offer_a_quarter_that_is_over(small, here, kept):
    first, last, start = accuracy.days(small, here, kept)
    assert (first, last) == (date(2025, 10, 1), small.as_of)
    assert start == date(2026, 2, 5)


def test_nothing_to_forecast_is_said():
    empty = accuracy.Past(DAY, "Q1 2026", "USD", pl.DataFrame(), pl.DataFrame(), pl.DataFrame(), None)
    assert "nothing to forecast from" in empty.sentence()


def test_a_folder_that_cannot_be_written_is_a_sentence(small, place, here, monkeypatch):
    blocked = place / "blocked"
    blocked.write_text("a file where a folder should be", encoding="utf-8")
    elsewhere = here.model_copy(update={"home": blocked})
    made = backtest.Replays(pl.DataFrame(), pl.DataFrame(), pl.DataFrame(), pl.DataFrame(), {})
    monkeypatch.setattr(backtest, "run", lambda *_: made)
    assert backtest_archive.load_or_run(small, elsewhere).key == backtest_archive.key(small, elsewhere)
    assert "new replays are not kept" in open_cache(blocked).notices()[0].what


@pytest.mark.slow
def test_the_sample_s_record_reaches_back_eight_quarters(default_sample, default_settings):
    sample, settings = default_sample, default_settings
    replays = backtest_archive.load_or_run(sample, settings)
    found = accuracy.record(sample, settings, replays, NOBODY_CALLED, "period")
    assert found.frame.height >= 8
    assert found.frame["n_forecasts"].min() == 13
    assert 0.02 < found.value < 0.3
    assert found.frame["coverage_rate"].mean() > 0.6
