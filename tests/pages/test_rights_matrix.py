"""Every page as every kind of person: nothing of it, nor of its files, names what they may not see.

What is searched for is every name there is, not a sample of them: accounts, deals and people outside the bounds, all of
them where names are hidden, and amounts where amounts are. Whoever sees everything comes first, so that a result that
was kept for them and shown to others would be found here too.
"""

from __future__ import annotations

import json
import re
from types import SimpleNamespace

import polars as pl
import pytest
import yaml
from streamlit.testing.v1 import AppTest

from core.access import view
from core.store import Store
from core.store.reviews import Change
from pages.ui.kit import auth, notebook
from tests.pages.test_pages import PAGES, ROOT
from tests.pages.test_saved_content import everything

pytestmark = pytest.mark.slow
EVERY_AREA = [
    f"{area}:write"
    for area in (
        "executive",
        "pipeline",
        "review",
        "forecast",
        "scenarios",
        "customers",
        "requirements",
        "catalogue",
        "enablement",
        "pay",
        "models",
        "data",
        "admin",
    )
]
ROLES = {"leader", "rep", "sales_engineer", "presales"}
BOUND = {
    "whole": {},
    "region": {"regions": ["EMEA"]},
    "team": {"team_of": "HEAD"},
    "masked": {"mask_names": True},
    "region masked": {"regions": ["EMEA"], "mask_names": True},
    "no amounts": {"roles": ["seeing_no_amounts"], "regions": ["EMEA"]},
}
PIPELINE = ("attribution", "benchmarks", "engagement", "leads", "playbooks")
SECRET = "Planted-by-another"
OPEN = {"pages/help.py"}  # whoever is let in may read the guides
REFUSED = "You do not have access"
COMPANY = re.compile(r"[^.:;\"]*\b(?:the|whole) company\b[^.;\"]*", re.IGNORECASE)
# What is the whole company's, whoever looks.
TRUE = re.compile(
    r"models|model learn|catalogue|trainings|Costs are the whole|data are loaded|rights and records", re.IGNORECASE
)


@pytest.fixture(scope="module")
def head(sample):
    """The manager with the most people today who is not at the top."""
    now = sample.sales_team.filter(pl.col("valid_to").is_null() & pl.col("manager_id").is_not_null())
    return now["manager_id"].value_counts(sort=True)["manager_id"][0]


@pytest.fixture(scope="module")
def place(tmp_path_factory, settings, sample, bundle, head):
    """Settings with a person for each cell of the matrix, and a store with what others saved."""
    folder = tmp_path_factory.mktemp("matrix")
    people = {
        f"{name.replace(' ', '.')}@example.com": {"roles": ["sees_all"]}
        | {key: head if value == "HEAD" else value for key, value in bounds.items()}
        for name, bounds in BOUND.items()
    }
    people |= {f"{role}@example.com": {"roles": [role], "regions": ["EMEA"]} for role in ROLES}
    hidden = {"seeing_no_amounts": ["amounts", "margin"]}
    roles = dict.fromkeys(("sees_all", *hidden), EVERY_AREA)
    access = {"sign_in": "header", "people": people, "hidden_fields": hidden, "idle_minutes": 50_000}
    (folder / "quarterdeck.yaml").write_text(yaml.safe_dump({"access": access, "roles": roles}), encoding="utf-8")
    store = Store.open(f"sqlite:///{folder / 'store.db'}")
    _plant(store, sample)
    store.close()
    return folder


def _plant(store, sample):
    """Save what somebody else keeps private, and what belongs to a deal outside EMEA and the team."""
    regions = sample.accounts.select("account_id", "region")
    deal = sample.opportunities.join(regions, on="account_id").filter(
        (pl.col("region") == "APAC") & ~pl.col("is_closed")
    )["opportunity_id"][0]
    store.scenarios.save(f"{SECRET} scenario", "other@example.com", {})
    store.scope_views.save(f"{SECRET} scope", "other@example.com", {})
    rows = [["Sheet", 3, "R1", f"{SECRET} requirement shall be met.", "functional", "high", "SEC-15", 0.9]]
    saved = store.requirement_sets.save_with_file(
        f"{SECRET} list",
        "everybody",
        {"opportunity_id": deal, "rows": rows, "file_key": "k", "summary": {"opportunity_id": deal}},
        (f"{SECRET}.csv", b"Requirement\nx"),
    )
    store.reviews.change(saved.id, [Change("Sheet", 3, 0, {"state": "answered", "answer": f"{SECRET} answer"})], "x")
    store.audit.add("other@example.com", "saved", f"{SECRET} log", "detail")
    store.access.keep("person", "other@example.com", json.dumps({"roles": ["rep"], "name": f"{SECRET} person"}), "x")
    store.known_people.ask("waiting@example.com", f"{SECRET} waiting")


@pytest.fixture
def come(place, settings, monkeypatch):
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{place / 'store.db'}")
    monkeypatch.setenv("QUARTERDECK_CONFIG", str(place / "quarterdeck.yaml"))

    def opened(user, page, **asked):
        headers = {"X-Forwarded-Email": f"{user.replace(' ', '.')}@example.com"}
        monkeypatch.setattr(auth.st, "context", SimpleNamespace(headers=headers, theme=None, ip_address=None))
        test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
        if page != "app.py":
            test.switch_page(page)
        for name, value in asked.items():
            test.query_params[name] = value
        return test.run()

    return opened


def sent(test):
    """Return all a page sends and what its files would hold: elements, tables, charts, snapshot, notebook."""
    parts = [everything(test)]
    if "page" in test.session_state:
        page = test.session_state["page"]
        for _, kind, body in test.session_state["shown"]:
            made = body() if callable(body) else body
            parts.append(made.frame.write_json() if kind == "table" else json.dumps(made, default=str))
        parts.append(notebook.write(page))
    return "\n".join(parts)


def names(data):
    """Return every name and id of accounts, deals and people."""
    columns = (
        data.accounts["account_name"],
        data.accounts["account_id"],
        data.opportunities["opportunity_id"],
        data.sales_team["rep_name"],
    )
    return {str(value) for column in columns for value in column.drop_nulls()}


def allowed(user, sample, settings, head):
    bounds = BOUND[user]
    team = head if bounds.get("team_of") else ""
    part = view(sample, settings, tuple(bounds.get("regions", ())), team, bool(bounds.get("mask_names")))
    return names(part)


@pytest.mark.parametrize("page", PAGES)
def test_no_page_or_file_names_what_a_person_may_not_see(come, sample, settings, head, page):
    everybody = names(sample)
    whole = come("whole", page)
    assert not whole.exception
    sent(whole)
    deal = sample.opportunities["opportunity_id"][0]
    for user, bounds in BOUND.items():
        mine = allowed(user, sample, settings, head)
        within = "\n".join(mine)
        foreign = {name for name in everybody - mine if name not in within}
        test = come(user, page)
        assert not test.exception, (user, page)
        text = sent(test)
        leaked = sorted(name for name in foreign if name in text)[:5]
        assert [(name, text[max(0, text.index(name) - 150) :][:200]) for name in leaked] == [], (user, page)
        if bounds.get("regions"):
            assert f"{SECRET} scenario" not in text
            assert f"{SECRET} scope" not in text
            assert f"{SECRET} list" not in text
            assert f"{SECRET} requirement" not in text
        if "masked" in user:
            assert SECRET not in text, (user, page)
        if user in ("region", "team") and page not in OPEN:  # Guides are documents, and tell nobody's numbers.
            words = [" ".join(sentence.split())[-120:] for sentence in COMPANY.findall(everything(test))]
            assert [sentence for sentence in words if not TRUE.search(sentence)] == [], (user, page)
        if page in ("pages/deal.py", "pages/account.py") and foreign:
            key = deal if page == "pages/deal.py" else sample.accounts["account_id"][0]
            asked = sent(come(user, page, id=key))
            assert [name for name in foreign - {key} if name in asked] == [], (user, page)


@pytest.mark.parametrize("page", PAGES)
def test_a_role_opens_what_it_may_and_nothing_else(come, sample, settings, page):
    area = {"app.py": "executive", "pages/deal.py": "pipeline", "pages/account.py": "customers"}
    area |= {f"pages/{name}.py": "pipeline" for name in PIPELINE}
    area |= {
        "pages/day.py": "pipeline",
        "pages/digest.py": "executive",
        "pages/alerts.py": "pipeline",
        "pages/project.py": "requirements",
        "pages/library.py": "requirements",
        "pages/competitors.py": "pipeline",
        "pages/territories.py": "pipeline",
    }
    wanted = area.get(page, page.removeprefix("pages/").removesuffix(".py"))
    for role in ROLES:
        given = {right.partition(":")[0] for right in settings.roles[role]}
        test = come(role, page)
        text = everything(test)
        is_refused = REFUSED in " ".join(element.value for element in test.error)
        assert is_refused == (wanted not in given and page not in OPEN), (role, page)
        if is_refused:
            assert not [name for name in sample.accounts["account_name"] if name in text]
            assert not test.dataframe


@pytest.mark.parametrize("page", PAGES)
def test_where_amounts_are_hidden_no_table_or_chart_holds_one(come, sample, settings, page):
    # Below fifty thousand a number may be anything: a count, a day, what closing a gap costs.
    amounts = {value for value in sample.opportunities["amount"].drop_nulls() if value > 50_000}
    amounts |= {value for value in sample.subscriptions["mrr_amount"] if value > 50_000}
    test = come("no amounts", page)
    assert not test.exception
    text = sent(test)
    written = {f"{value:.2f}" for value in amounts} | {f"{value:,.0f}" for value in amounts} | {str(v) for v in amounts}
    leaked = sorted(value for value in written if re.search(rf"(?<![\d.,]){re.escape(value)}(?![\d])", text))
    assert [(value, text[max(0, text.index(value) - 80) :][:160]) for value in leaked[:3]] == []
    for frame in test.dataframe:
        numbers = frame.value.select_dtypes("number").to_numpy().ravel().tolist()
        assert not amounts & set(numbers)


def test_the_matrix_would_see_a_leak(come, sample, settings, head):
    text = sent(come("whole", "pages/pipeline.py"))
    outside = names(sample) - allowed("region", sample, settings, head)
    assert [name for name in outside if name in text]
    assert SECRET in sent(come("whole", "pages/requirements.py"))
    assert [v for v in sample.opportunities["amount"].drop_nulls() if v > 10_000 and str(v) in text]
