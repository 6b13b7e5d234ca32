"""The sample's courses and documents agree with its deals, are in the order of time, and carry what is planted."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from core.metrics import content_effect, course_record, ramp_up, training_effect
from core.sample import enablement_book
from core.sample.generate import shaped
from tests.metrics.companies import company, rep
from tests.metrics.learning_companies import AS_OF, won_deal

START = date(2022, 4, 4)


@pytest.fixture(scope="module")
def firm():
    rng = np.random.default_rng(3)
    team, deals = [], []
    for k in range(70):
        hired = date(2021, 1, 1) if k < 45 else date.fromordinal(START.toordinal() + int(rng.integers(30, 1_300)))
        team.append(rep(f"r{k}", "EMEA A", hired, hired_on=hired))
        first = max(hired, START).toordinal() + 60
        for j in range(70):
            day = date.fromordinal(int(rng.integers(first, AS_OF.toordinal() + 40)))
            closed = day <= AS_OF
            created = date.fromordinal(day.toordinal() - int(rng.integers(35, 100)))
            values = {"created_on": created, "account_id": f"a{j}", "is_closed": closed}
            won = bool(closed and rng.random() < 0.42)
            deals.append(won_deal(f"d{k}-{j}", f"r{k}", day, won) | values)
    data = company(AS_OF, opportunities=deals, sales_team=team)
    made = enablement_book.build(5, data.opportunities, data.sales_team, START, AS_OF)
    return data.with_frames(**{name: shaped(frame, name) for name, frame in made.items()})


def test_nothing_lies_after_the_last_day_or_a_deals_end(firm):
    assert (firm.course_completions["completed_on"].drop_nulls() <= AS_OF).all()
    dated = firm.course_completions.drop_nulls("completed_on")
    assert (dated["started_on"] <= dated["completed_on"]).all()
    uses = firm.content_uses.join(firm.opportunities, on="opportunity_id")
    assert uses.height == firm.content_uses.height > 1_000
    assert (uses["used_on"] <= uses["close_on"]).all() or (uses.filter("is_closed")["used_on"] <= AS_OF).all()
    assert firm.course_completions["completion_id"].is_unique().all()
    assert course_record.strangers(firm).height >= 2


def test_what_is_planted_is_recovered_and_nothing_else(firm, settings):
    courses = training_effect.win_rate(firm, settings).frame
    assert courses.filter("is_sure")["course"].to_list() == ["Discovery workshop"]
    documents = content_effect.by_content(firm, settings).frame
    assert set(documents.filter("is_sure")["content"]) == {"Value calculator", "Customer story"}
    assert ramp_up.by_course(firm, settings).frame["n_trained"].max() >= 5


def test_the_same_seed_makes_the_same(firm):
    again = enablement_book.build(5, firm.opportunities, firm.sales_team, START, AS_OF)
    assert shaped(again["content_uses"], "content_uses").equals(firm.content_uses)


def test_a_company_without_deals_or_people_has_only_strangers():
    bare = company(AS_OF)
    made = enablement_book.build(1, bare.opportunities, bare.sales_team, START, AS_OF)
    assert made["course_completions"]["rep_id"].null_count() == made["course_completions"].height
    assert made["content_uses"].is_empty()
    new = company(AS_OF, sales_team=[rep("r", "EMEA A", AS_OF, hired_on=AS_OF)])
    assert enablement_book.build(1, bare.opportunities, new.sales_team, START, AS_OF)["content_uses"].is_empty()
