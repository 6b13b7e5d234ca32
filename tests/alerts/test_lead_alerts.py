"""A rule over leads tells of those whose chance has reached its limit, and of nobody where nothing can be scored."""

from __future__ import annotations

import pytest

from core.access.masking import mask
from core.alerts import watching
from core.alerts.alert_rule import Rule
from core.alerts.sight import Ground
from core.models.leads import scores
from tests.metrics.companies import company
from tests.models.test_lead_scores import AS_OF, leads


@pytest.fixture(scope="module")
def firm():
    return company(AS_OF, leads=leads(1_500))


def hot(data, settings, limit):
    return watching.sights(Rule("", "", "hot_lead", limit=limit), Ground(data, settings, None, None, "", {}))


def test_leads_at_and_above_the_limit_are_told_the_likeliest_first(firm, settings):
    frame = scores(firm, settings).frame
    limit = float(frame["chance"][4] * 100)
    told = hot(firm, settings, limit)
    assert [sight.subject for sight in told] == [f"lead {lead}" for lead in frame["lead_id"].head(5)]
    assert told[0].sentence.startswith(f"{frame['lead_name'][0]} of Firm is likely to become a deal: ")
    assert hot(firm, settings, 100.1) == []


def test_two_rules_of_one_look_have_each_their_own_limit(firm, settings):
    ground = Ground(firm, settings, None, None, "", {})
    few, many = (watching.sights(Rule("", "", "hot_lead", limit=limit), ground) for limit in (45.0, 5.0))
    assert len(few) < len(many)


def test_whose_names_are_hidden_reads_none(firm, settings):
    sights = hot(mask(firm, settings), settings, 1.0)
    assert sights
    assert not [sight for sight in sights if "Person" in sight.sentence or "Firm" in sight.sentence]


def test_too_few_leads_say_nothing_at_all(settings):
    assert hot(company(AS_OF, leads=leads(12)), settings, 1.0) is None
    assert hot(company(AS_OF), settings, 1.0) is None
