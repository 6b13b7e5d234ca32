"""What mails, meetings and calls come to, worked out by hand, in SQL, and against a planted truth."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as some

from core.interactions import (
    call_notes,
    call_record,
    contact_breadth,
    meeting_record,
    next_steps,
    quiet_deals,
    reply_times,
    sample_interactions,
    sentence_mood,
)
from core.interactions import interaction_view as views
from core.requirements.text import embeddings
from core.sample import correspondence
from tests.interactions.conftest import ANA, BO, CY, REP, mail

needs_vectors = pytest.mark.skipif(embeddings.folder() is None, reason="the sentence vectors are not installed")


def test_who_talks_with_us_by_hand(firm, settings, engaged):
    seen = engaged(
        mail((4, 9), ANA, REP, 1),
        mail((4, 10), REP, ANA, 2),
        mail((5, 10), REP, BO, 3),
        mail((6, 9), CY, REP, 4),
    )
    measure = contact_breadth.by_deal(firm, settings, seen)
    rows = {row["opportunity_id"]: row for row in measure.frame.iter_rows(named=True)}
    assert [rows["n1"][k] for k in ("n_contacts", "n_two_way", "n_high", "highest", "n_in", "n_out")] == [
        2,
        1,
        1,
        "Executive",
        1,
        2,
    ]
    assert (rows["s1"]["n_two_way"], rows["s1"]["highest"]) == (0, "Not known")
    assert measure.value == 0.0
    assert measure.sentence().startswith("On 0 of 2 open deals with contact in the last 90 days two or more people")
    assert measure.sentence().endswith("1 open deal had no contact at all.")
    people = contact_breadth.people(firm, settings, seen, "n1")
    assert people.frame.select("contact_id", "is_two_way").rows() == [(BO, False), (ANA, True)]
    assert contact_breadth.people(firm, settings, seen, "none").value == 0


def test_breadth_is_what_sql_says(firm, settings, engaged):
    rng = np.random.default_rng(3)
    who = [ANA, BO, CY]
    mails = []
    for number in range(60):
        other = who[int(rng.integers(3))]
        pair = (other, REP) if rng.random() < 0.5 else (REP, other)
        mails.append(mail((int(rng.integers(1, 15)), int(rng.integers(24))), *pair, number))
    seen = engaged(*mails)
    ours = contact_breadth.by_deal(firm, settings, seen).frame.sort("opportunity_id")
    touches = seen.touches  # noqa: F841 -- DuckDB reads it by its name
    theirs = duckdb.sql(
        """
        WITH person AS (
            SELECT opportunity_id, contact_id,
                count(DISTINCT interaction_id) FILTER (direction = 'in' AND is_sender) AS n_in,
                count(DISTINCT interaction_id) FILTER (direction = 'out') AS n_out
            FROM touches WHERE opportunity_id IS NOT NULL GROUP BY ALL)
        SELECT opportunity_id, count(*) AS n_contacts, count(*) FILTER (n_in > 0 AND n_out > 0) AS n_two_way,
            sum(n_in)::BIGINT AS n_in, sum(n_out)::BIGINT AS n_out
        FROM person GROUP BY 1 ORDER BY 1
        """
    ).pl()
    assert theirs.rows() == ours.select(theirs.columns).rows()


def test_how_fast_the_answer_is_by_hand(firm, settings, engaged):
    seen = engaged(
        mail((4, 8), ANA, REP, 1),
        mail((4, 10), REP, ANA, 2, answers=1),
        mail((4, 12), ANA, REP, 3, answers=1),
        mail((5, 8), ANA, REP, 4),
        mail((5, 12), REP, ANA, 5, answers=4),
        mail((6, 8), BO, REP, 6),
        mail((7, 8), REP, BO, 7),
    )
    measure = reply_times.by_side(firm, settings, seen)
    ours, theirs = measure.frame.rows(named=True)
    assert (ours["n"], ours["n_answered"], ours["median_hours"], ours["n_in_a_day"], ours["n_due"]) == (3, 2, 4.0, 2, 3)
    assert (theirs["n"], theirs["n_answered"], theirs["median_hours"], theirs["day_rate"]) == (1, 0, None, 0.0)
    assert measure.sentence() == (
        "We answer half within 4.0 hours, and 66.7 % of 3 within a day. They answer fewer than half, and 0.0 % of 1 "
        "within a day."
    )
    assert reply_times.by_rep(firm, settings, seen).value == 0
    young = engaged(mail((15, 23), CY, REP, 99))
    assert young.touches.height == 8


def test_answers_by_person_and_none_at_all(firm, settings, engaged):
    none = engaged()
    assert reply_times.by_side(firm, settings, none).sentence().startswith("No mail was exchanged")
    assert contact_breadth.by_deal(firm, settings, none).value is None
    assert quiet_deals.quiet(firm, settings, none).value is None
    assert meeting_record.by_deal(firm, settings, none).value is None
    for measure in (call_record.by_call, call_record.by_rep, call_record.moods, next_steps.steps):
        assert measure(firm, settings, none).value is None
    assert call_record.topics(firm, settings, none).value == 0
    seen = engaged(*(mail((4 + n % 9, 8), ANA, REP, n) for n in range(10)))
    measure = reply_times.by_rep(firm, settings, seen)
    assert measure.sentence() == "Of 1 person, customers wait longest for Rita Rep: more than half still wait."


def test_the_chance_of_silence_is_that_of_drawing_days():
    rng = np.random.default_rng(5)
    draws = [max(rng.choice(30, 6, replace=False)) for _ in range(20_000)]
    for silent in (0, 3, 8):
        seen = np.mean([day < 30 - silent for day in draws])
        assert abs(seen - quiet_deals.chance_of_silence(30, 6, silent)) < 0.012
    assert quiet_deals.chance_of_silence(0, 1, 0) == 1.0


@given(some.lists(some.floats(0, 1), max_size=12), some.randoms(use_true_random=False))
@limits(max_examples=30, deadline=None)
def test_which_chances_are_small_enough_does_not_hang_on_their_order(chances, random):
    flags = dict(zip(chances, quiet_deals.discoveries(chances), strict=True))
    mixed = list(chances)
    random.shuffle(mixed)
    assert dict(zip(mixed, quiet_deals.discoveries(mixed), strict=True)) == flags
    assert not any(flag and chance > quiet_deals.RATE for chance, flag in flags.items())


def test_where_no_customer_has_changed_a_deal_is_called_quiet_in_one_look_of_twenty_at_most():
    rng = np.random.default_rng(11)
    looks, claims = 400, 0
    for _ in range(looks):
        chances = []
        for _ in range(25):
            days = np.flatnonzero(rng.random(80) < rng.uniform(0.1, 0.5))
            if len(days) >= quiet_deals.FEWEST:
                n_all, silent = 79 - days[0], 79 - days[-1]
                chances.append(quiet_deals.chance_of_silence(int(n_all), len(days) - 1, int(silent)))
        claims += any(quiet_deals.discoveries(chances))
    assert claims / looks <= 0.07  # 5 % and the spread of 400 looks


def test_a_deal_gone_quiet_by_hand(firm, settings, engaged):
    days = [-28, -27, -26, -25, -24, -23, -22, -21, -20, -19]  # 2 to 11 April, of which the 4th and 5th are a weekend
    seen = engaged(*(mail((day, 9), ANA, REP, n) for n, day in enumerate(days)), mail((4, 9), REP, ANA, 99))
    measure = quiet_deals.quiet(firm, settings, seen)
    row = measure.frame.row(0, named=True)
    # Thursday 2 to Friday 10 April: seven working days; the weekends count as the Fridays before them.
    assert (row["n_days"], row["last_on"], row["silent_days"], row["n_sent_since"]) == (7, date(2026, 4, 10), 25, 1)
    assert row["usual_gap"] == 1.0
    assert row["is_quiet"]
    assert measure.sentence() == (
        "1 open deal has gone quiet against its own rhythm, worth USD 100, of 1 that have one."
    )
    steady = engaged(*(mail((day, 9), CY, REP, 200 + day) for day in range(1, 15)))
    assert "S" in set(steady.touches["account_id"])


CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:x
{}END:VCALENDAR
"""


def event(uid, day, answer="ACCEPTED", status="CONFIRMED", month=5):
    return (
        f"BEGIN:VEVENT\nUID:{uid}\nDTSTAMP:20260101T000000Z\nDTSTART:2026{month:02}{day:02}T080000Z\n"
        f"DTEND:2026{month:02}{day:02}T093000Z\nORGANIZER:mailto:{REP}\n"
        f"ATTENDEE;PARTSTAT={answer}:mailto:{ANA}\nSTATUS:{status}\nEND:VEVENT\n"
    )


def test_meetings_by_hand(firm, settings, engaged):
    events = [event("a", 4), event("b", 5, "DECLINED"), event("c", 6, status="CANCELLED"), event("d", 20)]
    seen = engaged(CALENDAR.format("".join(events)).encode(), name="c.ics")
    measure = meeting_record.by_deal(firm, settings, seen)
    row = measure.frame.row(0, named=True)
    assert [row[k] for k in ("opportunity_id", "n_met", "hours", "n_called_off", "n_ahead")] == ["n1", 1, 1.5, 2, 1]
    assert (row["last_on"], row["next_at"]) == (date(2026, 5, 4), datetime(2026, 5, 20, 8))
    assert measure.value == 1.0


def test_meetings_of_a_period_by_hand(firm, settings, engaged):
    events = [event("a", 4), event("b", 5, "DECLINED"), event("c", 6, status="CANCELLED"), event("d", 20)]
    events += [event("e", 30, month=4), event("f", 1, month=4)]
    seen = engaged(CALENDAR.format("".join(events)).encode(), name="c.ics")
    measure = meeting_record.in_period(firm, settings, seen, "2026-04-02", date(2026, 6, 30))
    # May: one held, one declined, one called off, and one after the last day; April: one held, one before the span.
    assert measure.frame.rows() == [(date(2026, 4, 1), 1, 1.5, 0, 1), (date(2026, 5, 1), 1, 1.5, 2, 1)]
    assert (measure.value, measure.unit) == (2.0, "count")
    assert measure.sentence() == (
        "2 meetings and calls were held with customers from 02 Apr 2026 to 30 Jun 2026, 2 called off or declined."
    )
    # Whoever sees another account alone sees none of them, and a span is no shorter for being cut in two.
    part = replace(firm, accounts=firm.accounts.filter(pl.col("account_id") == "S"))
    assert meeting_record.in_period(part, settings, seen, "2026-04-02", "2026-06-30").value == 0
    parts = [("2026-04-02", "2026-05-03"), ("2026-05-04", "2026-06-30")]
    assert sum(meeting_record.in_period(firm, settings, seen, *span).value for span in parts) == measure.value


CALL = """date: 2026-05-{:02}T10:00
participant: Ana North <ana@north.example>
participant: Rita Rep <rita.rep@ours.example>
Rita Rep: How do you handle this today? I will send you the offer by Friday.
Ana North: That is a real problem for us, and the price is too high.
"""


@needs_vectors
def test_calls_by_hand(firm, settings, engaged):
    seen = engaged(CALL.format(6).encode(), name="c.txt")
    measure = call_record.by_call(firm, settings, seen)
    row = measure.frame.row(0, named=True)
    assert row["talk_rate"] == pytest.approx(14 / 27)
    assert [row[k] for k in ("who", "n_asked", "n_asked_by_them", "n_steps", "topics")] == [
        "Rita Rep",
        1,
        0,
        1,
        "Price",
    ]
    assert row["minutes"] is None
    moods = call_record.moods(firm, settings, seen)
    assert moods.value == 1.0
    assert "always saying the most frequent one" in moods.sentence()
    assert next_steps.steps(firm, settings, seen).frame["state"].to_list() == ["cannot be seen"]
    other = engaged(mail((6, 7), REP, BO, 1))
    assert next_steps.steps(firm, settings, other).frame["state"].to_list() == ["overdue"]
    assert next_steps.steps(firm, settings, other).value == 0.0
    late = engaged(mail((12, 7), REP, ANA, 2))
    step = next_steps.steps(firm, settings, late).frame.row(0, named=True)
    assert (step["state"], step["due_on"], step["done_on"]) == ("done late", date(2026, 5, 8), date(2026, 5, 12))
    in_time = engaged(mail((7, 7), REP, ANA, 3))
    assert next_steps.steps(firm, settings, in_time).value == 1.0
    young = engaged(CALL.format(14).encode(), name="d.txt")
    assert next_steps.steps(firm, settings, young).frame["state"].to_list() == ["open", "done"]
    assert call_record.by_rep(firm, settings, young).sentence().startswith("Nobody has 3 calls")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("We'll set up a call tomorrow.", ("meet", 1)),
        ("Let me check that and come back next week.", ("check", 7)),
        ("I can share the report within two weeks.", ("send", 14)),
        ("I will send it on 20 May.", ("send", 8)),
        ("I will send it by May 3.", ("send", 356)),
        ("I will send it by February 30.", ("send", 7)),
        ("I can share the report.", None),
        ("Will you send it?", None),
        ("We will go ahead then.", None),
        ("I will send it if legal agrees.", None),
    ],
)
def test_next_steps_are_found_by_how_they_are_promised(text, wanted):
    step = call_notes.next_step(text, date(2026, 5, 12))
    assert (step and (step.kind, (step.due_on - date(2026, 5, 12)).days)) == wanted


def test_no_sentence_the_error_is_measured_on_is_learnt_from():
    learnt, measured = (set(sentence_mood.labelled(part)[0]) for part in (sentence_mood.LEARNT, sentence_mood.MEASURED))
    assert not learnt & measured
    assert len(measured) >= 100


@needs_vectors
def test_what_ships_is_what_is_learnt_and_its_error_is_as_stated():
    fresh, shipped = sentence_mood.learn(), sentence_mood.shipped()
    assert np.abs(fresh.coefficients - shipped.coefficients).max() < 1e-3
    assert abs(fresh.record.n_right - shipped.record.n_right) <= 1
    assert shipped.record.beats_guessing


def test_without_vectors_or_skill_no_mood_is_told(firm, settings, engaged, monkeypatch):
    monkeypatch.setattr(embeddings, "folder", lambda: None)
    assert sentence_mood.counts([["That is a real problem."]]) == [(0, 0)]
    seen = engaged(CALL.format(6).encode(), name="c.txt")
    assert "not installed" in call_record.moods(firm, settings, seen).sentence()
    poor = sentence_mood.MoodRecord(10, 100, 45, 40, {})
    assert not poor.beats_guessing


@needs_vectors
def test_what_was_planted_in_the_sample_is_found(small, small_settings, store):
    truth = correspondence.invented(small.accounts, small.opportunities, small.sales_team, small.as_of).truth
    seen = views.of(small, small_settings, store)
    assert seen.is_invented
    assert set(seen.unmatched["domain"]) == {"fair-agency.example", "gmail.com"}
    quiet = quiet_deals.quiet(small, small_settings, seen).frame.filter("is_quiet")
    called_quiet = set(quiet["opportunity_id"])
    # A customer who wrote seldom before shows less by being silent.
    assert len(called_quiet & set(truth["quiet"])) >= 0.8 * len(truth["quiet"])
    # Other deals of the same customer and owner fall silent with it.
    accounts = dict(small.opportunities.select("opportunity_id", "account_id").iter_rows())
    others = {accounts[deal] for deal in called_quiet} - {accounts[deal] for deal in truth["quiet"]}
    assert len(others) <= 1
    overdue = next_steps.steps(small, small_settings, seen).frame.filter(pl.col("state") == "overdue")
    assert set(overdue["opportunity_id"]) <= set(truth["broken"])
    talk = call_record.by_rep(small, small_settings, seen).frame
    names = dict(small.sales_team.select("rep_id", "rep_name").iter_rows())
    talkers = talk.filter("is_sure", pl.col("difference") > 0)["who"].to_list()
    assert set(talkers) == {names[rep] for rep in truth["talkers"]}
    moods = call_record.moods(small, small_settings, seen).frame.filter(pl.col("side") == "them")
    worst = moods.sort("negative_rate", descending=True).head(len(truth["upset"]))["opportunity_id"]
    assert set(worst) <= set(truth["upset"])
    ours = reply_times.by_side(small, small_settings, seen).frame.row(0, named=True)
    assert 2.5 < ours["median_hours"] < 4.0
    assert "Invented" in sample_interactions.files(small, small_settings)["calendar.ics"].decode()


def test_a_difference_of_nothing_is_not_beyond_chance():
    assert call_record.welch(np.array([0.5] * 3), np.array([0.5] * 4), 2) == (0.0, 0.0, 0.0)
    assert timedelta(days=quiet_deals.DAYS) > timedelta(days=90)
