"""The company's own words on their way to the browser: ours alone are replaced, names and what others wrote are not."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from core.branding import company_words
from core.config.branding import CompanyWord
from core.questions import answering
from core.questions.understanding import Reading
from pages.ui.kit import company_wording
from pages.ui.server import run_watch

WORDS = company_words.of({"deal": CompanyWord(singular="opportunity", plural="opportunities")})


@pytest.fixture
def state(monkeypatch):
    """A page of a company with a name that holds one of our words."""
    page = SimpleNamespace(title="Pipeline", visible=None, data=SimpleNamespace(fingerprint="f"))
    values = {"page": page}
    monkeypatch.setattr(company_wording, "_words", lambda: WORDS)
    monkeypatch.setattr(company_wording.st, "session_state", values)
    monkeypatch.setattr(company_wording.cache, "remembered", lambda *_: frozenset({"Big Deal Ltd"}))
    return values


def element(kind, path=(0, 1), **fields):
    message = ForwardMsg()
    message.metadata.delta_path.extend(path)
    target = getattr(message.delta.new_element, kind)
    target.SetInParent()
    for name, value in fields.items():
        setattr(target, name, value)
    company_wording._dress(message)
    return target


def test_headings_labels_and_captions_are_ours(state):
    assert element("heading", body="Deals at risk").body == "Opportunities at risk"
    assert element("selectbox", label="Whose deals", help="One deal each").help == "One opportunity each"
    field = element("text_input", label="Deal", placeholder="A deal of Big Deal Ltd")
    assert (field.label, field.placeholder) == ("Opportunity", "An opportunity of Big Deal Ltd")
    caption = element("markdown", body="Two deals", element_type=2)
    assert caption.element_type == caption.Type.CAPTION
    assert caption.body == "Two opportunities"
    assert element("markdown", body="Somebody wrote: two deals", element_type=1).body == "Somebody wrote: two deals"


def test_labels_on_pages_with_texts_of_others_stay_and_the_sidebar_does_not(state):
    state["page"].title = "Requirements"
    assert element("text_input", label="The deal as the buyer wrote it").label == "The deal as the buyer wrote it"
    assert element("heading", body="Which deal?").body == "Which opportunity?"
    assert element("text_input", path=(1, 0), label="Find a deal").label == "Find an opportunity"


def test_tables_and_charts_are_headed_in_the_companys_words_and_hold_their_data(state):
    config = {"a": {"label": "Deals", "width": 3}, "b": None, "c": {"width": 1}}
    assert company_wording.headed(config)["a"] == {"label": "Opportunities", "width": 3}
    spec = {
        "encoding": {"x": {"title": "Deals", "field": "deal"}},
        "datasets": {"d": [{"title": "deal"}]},
        "layer": [{"title": "Deal"}],
    }
    drawn = company_wording.titled(spec)
    assert drawn["encoding"]["x"] == {"title": "Opportunities", "field": "deal"}
    assert drawn["datasets"] == spec["datasets"]
    assert drawn["layer"] == [{"title": "Opportunity"}]


def test_without_words_nothing_is_touched(monkeypatch):
    monkeypatch.setattr(company_wording, "_words", lambda: company_words.of({}))
    spec, config = {"title": "Deals"}, {"a": {"label": "Deals"}}
    assert company_wording.titled(spec) is spec
    assert company_wording.headed(config) is config
    assert company_wording.worded("Deals") == "Deals"


def test_the_settings_words_count_and_broken_settings_have_none(monkeypatch, tmp_path):
    (tmp_path / "own.yaml").write_text("branding: {words: {rep: {singular: seller, plural: sellers}}}\n")
    monkeypatch.setenv("QUARTERDECK_CONFIG", str(tmp_path / "own.yaml"))
    monkeypatch.setattr(company_wording.st, "session_state", {})
    monkeypatch.setattr(run_watch.CURRENT, "made", {}, raising=False)
    assert company_wording.worded("3 reps") == "3 sellers"
    monkeypatch.setenv("QUARTERDECK_CONFIG", str(tmp_path / "nowhere.yaml"))
    assert company_wording.worded("3 reps") == "3 sellers", "the words of a run are those it began with"
    run_watch.CURRENT.made = {}
    assert company_wording.worded("3 reps") == "3 reps"


def test_a_question_in_the_companys_words_is_understood_and_quoted_as_asked(monkeypatch):
    asked = []

    def understand(question, *_):
        asked.append(question)
        return Reading(question, None, None, ())

    monkeypatch.setattr(answering, "understand", understand)
    monkeypatch.setattr(answering.company_words.CompanyWords, "names_with", lambda *_: frozenset())
    brand = SimpleNamespace(words={"deal": CompanyWord(singular="pursuit", plural="pursuits")})
    desk = SimpleNamespace(settings=SimpleNamespace(branding=brand), data=None, may=lambda _: True)
    refusal = answering.ask("Which pursuits slipped?", desk)
    assert asked == ["Which deals slipped?"]
    assert refusal.question == "Which pursuits slipped?"
