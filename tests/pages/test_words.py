"""What pages print is in a sales team's words: no statistician's terms, no ids, no names of fields, right plurals."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from core import sales_terms
from core.metrics import stage_conversion
from pages.ui.customers.account_choice import VIEW, VIEWS
from pages.ui.kit import bar, calculation, column_layout
from tools import glossary

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["app.py", *(f"pages/{p.name}" for p in sorted((ROOT / "pages").glob("*.py")))]
# The guides speak to administrators and developers too, of settings and commands by their names.
GUIDES = "pages/help.py"
MODELS, SET_UP = "pages/models.py", {"pages/data.py", "pages/admin.py"}
STATISTICS = (
    "log odds",
    "odds to",
    "stability index",
    "sBG",
    "BG/NBD",
    "Kaplan-Meier",
    "Brier",
    "log loss",
    "rank correlation",
    "mixture of normals",
    "silhouette",
    "adjusted Rand",
    "RMSE",
    "LightGBM",
    "stage rank",
    "quantile",
    "SHAP",
)
UNSAID = (
    "four cases in five",
    "four cases of five",
    "on a year ago",
    "put off",
    "left over",
    "speaks against",
    "leavings",
    "wins surest",
    "as likely as not",
    "What about this deal?",
    "Throw my changes away",
    "dearest",
    "hang on",
)
IDS = re.compile(r"\b[AORP]\d{4,6}\b|\bR\d{3}\b")
FIELDS = re.compile(r"(?<![\w.:/@-])[a-z]+(?:_[a-z0-9]+)+(?![\w.:/@(-])")
ONE_OF_MANY = re.compile(
    r"(?<![\d.,])1 (?:meetings|deals|days|rows|accounts|customers|gaps|lists|weeks|months|times)\b"
)
BEHIND_SIGN = re.compile(r"\bUSD -\d")


@pytest.fixture
def home(settings, sample, bundle, customers, landmarks, monkeypatch, tmp_path):
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")


def printed(block):
    """Return the texts of a page's main part, those folded under "For analysts" left out."""
    for child in block.children.values():
        proto = getattr(child, "proto", None)
        if hasattr(child, "children"):
            if getattr(child, "label", "") != bar.FOLDED:
                yield from printed(child)
            continue
        yield from of_element(child.type, child, proto)


def of_element(kind, element, proto):
    """Return the texts of one element."""
    if kind == "code":
        return
    if kind in {"markdown", "caption", "subheader", "title", "info", "warning", "error", "success"}:
        yield str(element.value)
    elif kind == "metric":
        yield from (element.label, element.value, element.delta, proto.help)
    elif "vega" in kind:
        yield from re.findall(r'"title": ?"([^"]+)"', proto.spec)
    elif hasattr(proto, "columns") and isinstance(getattr(proto, "columns", None), str):
        yield from of_table(element, proto)
    else:
        yield from (str(getattr(proto, name, "")) for name in ("label", "help", "placeholder"))
        yield from map(str, getattr(proto, "options", ()))


def of_table(element, proto):
    """Return the headings and the first rows of what a table shows."""
    config = json.loads(proto.columns or "{}")
    order = set(proto.column_order)
    frame = element.value
    shown = [name for name in frame.columns if (not order or name in order) and not config.get(name, {}).get("hidden")]
    for name in shown:
        yield str(config.get(name, {}).get("label") or name)
        if frame[name].dtype == object:
            yield from (str(value) for value in frame[name].head(5) if isinstance(value, str))


def opened(page, view=None):
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    if view:
        test.session_state[VIEW] = view
    return (test if page == "app.py" else test.switch_page(page)).run()


def wrong(texts, page):
    """Return what no page may print, each with its sentence."""
    rules = [re.compile(re.escape(word), re.IGNORECASE) for word in UNSAID]
    if page != MODELS:
        rules += [re.compile(rf"\b{re.escape(word)}\b", re.IGNORECASE) for word in STATISTICS]
    if page not in SET_UP:
        rules += [IDS, FIELDS]
    rules += [ONE_OF_MANY, BEHIND_SIGN]
    return [(rule.pattern, text) for text in texts for rule in rules if rule.search(text.replace("\\_", "_"))]


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_on_the_sample_and_prints_the_words_of_a_sales_team(page):
    test = opened(page)
    assert not test.exception
    assert not test.error
    assert len(test.subheader) >= 2
    if page != GUIDES:
        assert wrong([text for text in printed(test.main) if text], page) == []


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("view", VIEWS[1:])
def test_a_view_of_customers_prints_them_too(view):
    test = opened("pages/customers.py", view)
    assert not test.exception
    assert wrong([text for text in printed(test.main) if text], "pages/customers.py") == []


def test_the_rules_find_what_they_look_for():
    texts = ["moves the odds to win by 2 log odds", "p_win 0.64", "sees the team of R012", "1 meetings", "USD -49.0 M"]
    assert [text for text in texts if wrong([text], "app.py")] == texts
    assert wrong(["1 meeting, 21 days, see access.sign_in; -USD 49.0 M for O'Neill R&D"], "app.py") == []


@pytest.mark.usefixtures("home")
def test_an_open_calculation_has_no_names_of_code(sample):
    test = opened("app.py")
    test.session_state["method-Bookings to date"] = True
    test.run()
    texts = [text for text in printed(test.main) if text]
    assert any(text.startswith("**How it is calculated.**") for text in texts)
    assert any("as of" in text and "records" in text and "amounts in" in text for text in texts)
    assert not any("Parameters" in text or "Dataset" in text for text in texts)
    assert wrong(texts, "app.py") == []


def test_a_description_is_split_for_readers_and_analysts():
    meaning, formula, details = calculation.explained(stage_conversion.conversion)
    assert meaning.startswith("Stage conversion")
    assert formula
    assert details
    assert "`" not in meaning + formula + "".join(details)


def test_rows_have_names_labels_and_units(sample):
    rows = sample.opportunities.select("opportunity_id", "account_id", "owner_id", "amount").head(3)
    shown = column_layout.named(rows, sample)
    config = column_layout.dressed(shown, {}, "EUR")
    assert column_layout.order(shown) == ["opportunity_name", "amount", "account_name", "owner_name"]
    assert {name for name, column in config.items() if column is None} == {"opportunity_id", "account_id", "owner_id"}
    assert config["amount"]["label"] == "Amount, EUR"
    assert config["owner_name"]["label"] == "Owner"
    assert not IDS.search(" ".join(str(value) for value in shown["owner_name"]))
    beside = column_layout.dressed(rows.with_columns(account_name=rows["account_id"]), {})
    assert beside["account_id"] is None
    unknown = column_layout.named(rows.with_columns(owner_id=pl.lit("nobody")), sample)
    assert unknown["owner_name"].to_list() == ["nobody"] * 3


def test_every_term_of_the_glossary_has_a_meaning_and_a_place():
    terms = sales_terms.terms()
    assert len({term.term for term in terms}) == len(terms) > 30
    needed = {"slipped", "at risk", "commit", "pull-in", "hygiene", "coverage", "win rate", "ARR", "likely range"}
    assert needed <= {term.term for term in terms}
    written = glossary.text()
    for term in terms:
        assert term.meaning.endswith("."), term.term
        assert f"| {term.term}" in written
        if term.measure:
            module, _, name = f"core.{term.measure}".rpartition(".")
            assert callable(getattr(importlib.import_module(module), name)), term.term


@pytest.mark.parametrize("rows", [[["Jan", "Feb"], None], [], [None]])
def test_a_column_of_lists_has_a_width(rows):
    frame = pl.DataFrame({"months": pl.Series(rows, dtype=pl.List(pl.String))})
    assert column_layout.dressed(frame, {}, "USD")["months"]["width"] > 0
    assert calculation.csv(frame).startswith("months")
