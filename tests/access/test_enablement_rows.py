"""Records of courses and uses of documents in a part of a company, and under invented names."""

from __future__ import annotations

from datetime import date

import pytest

from core.access import row_scope
from core.access.field_hiding import hide
from core.access.identity import Identity
from core.access.masking import mask
from core.scope import narrowing
from core.scope.definition import Scope
from tests.metrics.companies import company, deal, rep
from tests.metrics.learning_companies import course, use

AS_OF = date(2026, 5, 15)
DAY = date(2026, 3, 1)


@pytest.fixture
def firm():
    return company(
        AS_OF,
        accounts=[
            {"account_id": "a1", "account_name": "Acme", "region": "EMEA", "owner_id": "ann"},
            {"account_id": "a2", "account_name": "Beta", "region": "AMER", "owner_id": "bob"},
        ],
        opportunities=[
            deal("d1", account_id="a1", owner_id="ann", amount=5.0),
            deal("d2", account_id="a2", owner_id="bob", amount=5.0),
        ],
        sales_team=[rep("ann", "EMEA East", date(2020, 1, 1)), rep("bob", "AMER West", date(2020, 1, 1))],
        course_completions=[
            course("ann", "Selling to Acme", DAY, completion_id="k1"),
            course("bob", "Basics", DAY, completion_id="k2"),
            course(None, "Basics", DAY, learner_name="Zed Foo", completion_id="k3"),
        ],
        content_uses=[
            use("d1", "Offer for Acme", DAY, use_id="u1"),
            use("d2", "Deck", DAY, use_id="u2"),
            use(None, "Deck", DAY, account_id="a1", use_id="u3"),
            use(None, "Deck", DAY, rep_id="bob", use_id="u4"),
            use("gone", "Deck", DAY, use_id="u5"),
        ],
    )


def ids(data):
    return data.course_completions["completion_id"].to_list(), data.content_uses["use_id"].to_list()


def test_a_region_sees_its_own_people_and_deals(firm):
    part = row_scope.cut(firm, Identity("x", "X", ("viewer",), regions=("EMEA",)))
    assert ids(part) == (["k1"], ["u1", "u3"])
    assert part.course_completions["learner_name"].to_list() == [None]
    assert part.company.course_completions.height == 3


def test_a_scope_narrows_both(firm, settings):
    assert ids(narrowing.applied(firm, settings, Scope(region="AMER"))) == (["k2"], ["u2", "u4"])


def test_hidden_names_leave_no_true_one_and_keep_courses_and_documents_apart(firm, settings):
    hidden = mask(firm, settings)
    rows = (*hidden.course_completions.rows(), *hidden.content_uses.rows())
    shown = " ".join(str(value) for row in rows for value in row)
    for name in ("Acme", "Zed", "Foo", "ann", "bob", "d1", "a1", "k1", "u1"):
        assert name not in shown.split()
    assert hidden.course_completions["rep_id"][0] == hidden.sales_team["rep_id"][0]
    assert hidden.content_uses["opportunity_id"][0] == hidden.opportunities["opportunity_id"][0]
    assert hidden.course_completions["course_name"].to_list()[1:] == ["Basics", "Basics"]
    assert hidden.course_completions["course_name"][0].startswith("Course ")
    assert hidden.content_uses["content_name"][0].startswith("Document ")


def test_many_documents_all_get_labels_of_their_own(firm, settings):
    names = [f"Paper {k}" for k in range(30)]
    many = firm.with_frames(
        content_uses=company(AS_OF, content_uses=[use("d1", name, DAY) for name in names]).content_uses
    )
    labels = mask(many, settings).content_uses["content_name"]
    assert labels.n_unique() == 30
    assert labels.str.starts_with("Document ").all()


def test_roles_without_amounts_see_courses_without_learners_names(firm):
    part = hide(firm, ("amounts",))
    assert ids(part) == ids(firm)
    assert part.course_completions["learner_name"].null_count() == 3
