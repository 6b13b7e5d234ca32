"""Names that mean something in Markdown are shown letter by letter, on every page, popover and download."""

from __future__ import annotations

import re
from dataclasses import replace

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from core.access.row_scope import of_accounts
from core.charts.snapshot import collected, html
from core.store import Store
from pages.ui.kit.escaping import escaped
from tests.pages.test_pages import PAGES, ROOT, home  # noqa: F401

MARKS = {
    "picture": "![x](http://evil.example/p.png)",
    "link": "[a](javascript:alert(1))",
    "tag": "<b>x</b>",
    "formula": "$x$",
    "icon": ":material/lock:",
    "heading": "# head",
    "code": "`c`",
}
ALL = " ".join(MARKS.values())
# The others are run by the slow parts; `tests/architecture/test_markdown.py` reads the code of all pages every time.
QUICK = ("pages/pipeline.py", "pages/account.py", "pages/requirements.py")
TEXTS = ("markdown", "caption", "info", "warning", "error", "success", "toast", "title", "subheader", "header")
LABELLED = ("metric", "button", "expander", "selectbox", "multiselect", "radio", "toggle", "checkbox", "number_input")
MARKDOWN_CHOICES = ("radio",)


def unescaped(text):
    """Return which marks stand in a Markdown text with their meaning."""
    bare = {
        "picture": r"(?<!\\)!(?<!\\)\[x\]|(?<!\\)\[x\]\(",
        "link": r"(?<!\\)\[a\]\(|\(javascript:alert",
        "tag": r"(?<!\\)<b>",
        "formula": r"(?<!\\)\$x",
        "icon": r":material/lock:(?!\s*\w*\])",
        "heading": r"(?<!\\)# head",
        "code": r"(?<!\\)`c",
        "address": r"http://evil",
    }
    return [name for name, pattern in bare.items() if re.search(pattern, text)]


@pytest.fixture(scope="module")
def planted(sample):
    """A part of the sample company with planted names of accounts, deals and reps."""
    part = of_accounts(sample, sample.accounts["account_id"].head(150))
    named = {"accounts": "account_name", "opportunities": "opportunity_name", "sales_team": "rep_name"}
    frames = {}
    for entity, column in named.items():
        frame = part.frame(entity)
        frames[entity] = frame.with_columns(pl.format("{} {}", pl.lit(ALL), pl.col(column)).alias(column))
    # Models learn from the sample itself, so that none is trained for this.
    return replace(part.with_frames(**frames), whole=sample)


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A store with planted names of scenarios and lists."""
    opened = Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    opened.scenarios.keep(ALL, "local", {}, description=ALL)
    payload = {"opportunity_id": None, "rows": [["S", 3, "1", ALL, "functional", "high", None, 0.1]]}
    file = b"Id;Requirement\n1;The service shall export reports. " + ALL.encode() + b"\n2;It shall scale.\n"
    opened.requirement_sets.save_with_file(ALL, "everybody", payload, (f"{ALL[:20]}.csv".replace("/", " "), file))
    yield opened
    opened.close()


def opened(page, data, **asked):
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
    test.session_state["uploaded_data"] = data
    if page == "app.py":
        return test.run()
    test.switch_page(page)
    for name, value in asked.items():
        test.query_params[name] = value
    return test.run()


def texts(test):
    """Return every text Streamlit reads as Markdown, with the element it stands in."""
    for kind in TEXTS:
        yield from ((kind, element.value) for element in test.get(kind) if isinstance(element.value, str))
    for kind in LABELLED:
        for element in test.get(kind):
            yield kind, str(getattr(element, "label", "") or "")
            yield f"{kind} help", str(getattr(element, "help", "") or "")
            if kind in MARKDOWN_CHOICES:
                yield from ((f"{kind} option", str(option)) for option in element.options)


def check(test):
    wrong = [f"{kind}: {unescaped(text)} in {text[:200]}" for kind, text in texts(test) if unescaped(text)]
    assert wrong == []


@pytest.mark.parametrize("page", [pytest.param(p, marks=() if p in QUICK else pytest.mark.slow) for p in PAGES])
def test_no_name_means_anything(planted, store, page):
    test = opened(page, planted)
    assert not test.exception
    check(test)
    if page in ("app.py", "pages/pipeline.py", "pages/forecast.py"):
        sent = html(collected("Page", "About", [part for part in test.session_state["shown"] if part[1] == "text"]))
        assert "<b>x</b>" not in sent
        assert not re.search(r"<(?:img|a)\b", sent)


def test_a_searched_account_and_an_opened_deal_mean_nothing(planted, store):
    account = planted.accounts["account_id"][0]
    test = opened("pages/customers.py", planted, account=account)
    assert not test.exception
    assert escaped(MARKS["code"]) in " ".join(text for _, text in texts(test))
    check(test)
    listed = opened("pages/requirements.py", planted)
    listed.selectbox(key="kept_list").set_value(ALL).run()
    assert not listed.exception
    check(listed)
    scenarios = opened("pages/scenarios.py", planted)
    box = next(box for box in scenarios.selectbox if box.label == "Saved")
    box.set_value(f"local/{ALL}").run()
    check(scenarios)


def test_a_mark_with_its_meaning_is_seen_by_this_test():
    assert unescaped(ALL) == ["picture", "link", "tag", "formula", "icon", "heading", "code", "address"]
