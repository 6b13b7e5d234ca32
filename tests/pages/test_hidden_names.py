"""A company whose every name carries a mark: where names are hidden, the mark stands nowhere."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace

import polars as pl
import pytest

from core.access.row_scope import of_accounts
from core.config import load
from core.requirements.work import saved_lists
from core.sources import sample_titles
from core.store import Store
from core.store.interaction_records import NewInteraction, NewPerson, NewTurn
from core.store.play_runs import NewRun, NewStep
from core.store.reviews import Change
from tests.pages.test_pages import ROOT, home  # noqa: F401
from tests.pages.unfolded import Opener

MARK = "Zqvx"
QUICK = ("pages/account.py", "pages/deal.py", "pages/day.py")
PAGES = ["app.py", *(f"pages/{path.name}" for path in sorted((ROOT / "pages").glob("*.py")))]
ROLES = {
    "presales": {},
    "sales_engineer": {"regions": ["EMEA"]},
    "leader": {"regions": ["EMEA"]},
    "manager": {"team_of": "manager"},
    "rep": {"team_of": "rep"},
}
FEW = {
    "presales": ["pages/enablement.py", "pages/scenarios.py"],
    "sales_engineer": ["pages/requirements.py"],
    "leader": ["app.py", "pages/review.py", "pages/customers.py"],
    "manager": ["pages/forecast.py", "pages/alerts.py"],
    "rep": ["pages/day.py", "pages/pipeline.py"],
}
# Pages whose rows come from leads, touches, mails, plays and pay: in every role that opens them.
EVERY_ROLE = ("engagement", "leads", "attribution", "competitors", "benchmarks", "playbooks", "territories", "pay")
REFUSED = "You do not have access"
# What is the whole company's, whoever looks; every other sentence names the rows it is of.
WHOLE = re.compile(r"models|catalogue|trainings|data are loaded|costs are|answer library|rights in", re.IGNORECASE)
COMPANY = re.compile(r"[^.:;\n]*\b(?:the|whole) company\b[^.;\n]*", re.IGNORECASE)
# Pages whose words come from an industry's catalogue, lists, wordings and updates.
INDUSTRIES = ("medical", "logistics")
WORDED = ("pages/requirements.py", "pages/catalogue.py", "pages/enablement.py", "pages/deal.py", "pages/day.py")
TEXT = "The service of {name} shall export its audit trail every night, says {person}."


def marked(frame, *columns):
    return frame.with_columns(pl.format("{} {}", pl.lit(MARK), pl.col(column)).alias(column) for column in columns)


@pytest.fixture(scope="module")
def company(sample):
    """A part of the small company in which every name and every id of a company, a person or a deal has the mark."""
    part = of_accounts(sample, sample.accounts["account_id"].head(60))
    frames = {name: part.frame(name) for name in ("accounts", "opportunities", "sales_team")}
    frames["accounts"] = marked(frames["accounts"], "account_name")
    frames["sales_team"] = marked(frames["sales_team"], "rep_name")
    frames["opportunities"] = marked(frames["opportunities"], "opportunity_name").with_columns(
        next_step=pl.lit("Call " + frames["sales_team"]["rep_name"][0])
    )
    frames |= _beside(part, frames["accounts"]["account_name"])
    return replace(part.with_frames(**frames), whole=None, known_fingerprint="every name has a mark")


def _beside(part, accounts):
    """Return people and companies that are no accounts, campaigns and documents, each with a marked name."""
    named = (pl.lit(" with ") + accounts[0], pl.lit(" for ") + accounts[1])
    return {
        "leads": marked(part.frame("leads"), "lead_name", "company"),
        "contacts": marked(part.frame("contacts"), "contact_name", "email"),
        "campaigns": part.frame("campaigns").with_columns(campaign_name=pl.col("campaign_name") + named[0]),
        "content_uses": part.frame("content_uses").with_columns(content_name=pl.col("content_name") + named[1]),
        "course_completions": marked(part.frame("course_completions"), "learner_name"),
    }


@pytest.fixture
def come(company, bundle, monkeypatch, tmp_path):
    """Open a page as somebody of a role, on the marked company, with everything unfolded and every file made."""
    opener = Opener(monkeypatch, tmp_path, company, bundle)

    def opened(role, page, masked=True, industry="software", **asked):
        bounds = ROLES.get(role, {})
        if head := bounds.get("team_of"):
            manager = company.sales_team["manager_id"].drop_nulls().mode().sort()[0]
            bounds = {"team_of": {"rep": company.opportunities["owner_id"].mode().sort()[0], "manager": manager}[head]}
        person = {"roles": [role], "mask_names": masked, **bounds}
        access = {"sign_in": "header", "people": {"demo@example.com": person}}
        opener.show(replace(company, source=sample_titles.title(industry)))
        return opener.open(page, "demo@example.com", {"access": access, "demo": {"industry": industry}}, asked)

    opened.files = opener.files
    return opened


@pytest.fixture
def store(company, tmp_path):
    """What people saved: lists, work on them, a scenario, training and comments, each with a marked name."""
    opened = Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    deal = company.opportunities.filter(~pl.col("is_closed")).row(0, named=True)
    person = company.sales_team["rep_name"][0]
    name = dict(company.accounts.select("account_id", "account_name").iter_rows())[deal["account_id"]]
    text = TEXT.format(name=name, person=person)
    summary = {"opportunity_id": deal["opportunity_id"], "opportunity": f"{name} · {deal['opportunity_name']}"}
    rows = [["csv", 2 + n, f"R{n}", text, "functional", "high", "SEC-15", 0.95] for n in range(3)]
    file = f"Id;Requirement\n1;{text}\n2;{MARK} shall grow with us and stay fast under load.\n".encode()
    payload = {"opportunity_id": deal["opportunity_id"], "summary": summary, "rows": rows}
    payload["file_key"] = saved_lists.key(file)
    kept = opened.requirement_sets.save_with_file(f"{MARK} questionnaire", "everybody", payload, (f"{MARK}.csv", file))
    work = {"state": "answered", "answer": f"For {name} we do.", "owner": f"{MARK}@example.com".lower()}
    opened.reviews.change(kept.id, [Change("csv", 2, 0, work)], f"{MARK}@example.com".lower())
    scenario = {"name": f"If {name} leaves", "levers": []}
    opened.scenarios.keep(f"If {name} leaves", "boss@example.com", scenario, description=name, is_shared=True)
    opened.enablement.save("training", "everybody", {"people": [person], "done": {person: [1]}})
    opened.audit.add(f"{MARK}@example.com", "decided on an account", name, text)
    for industry in ("software", *INDUSTRIES):
        _record(opened, replace(company, source=sample_titles.title(industry)), deal, name)
    yield SimpleNamespace(list_name=f"{MARK} questionnaire", deal=deal["opportunity_id"], account=deal["account_id"])
    opened.close()


def _record(store, company, deal, name):
    """Keep tasks of plays, mails and calls, and an amount beside the plan, with marked names in their words."""
    book, day, owner = company.source, company.as_of, deal["owner_id"]
    mail = f"{MARK}@example.com".lower()
    run = NewRun("onboarding", "account", deal["account_id"], "", day, (NewStep(f"Call {name}", owner, day),))
    store.play_runs.start(book, [run], mail)
    step = store.play_runs.steps(book)["id"][0]
    store.play_runs.mark(step, "skipped", f"{name} said no", mail, day)
    moment = datetime.combine(day, datetime.min.time()) - timedelta(days=3)
    people = tuple(NewPerson(f"{part}@{MARK.lower()}.com", f"{MARK} {part}", part) for part in ("from", "to"))
    turn = NewTurn(1, f"{MARK} from", 30.0, 60, 1, topics="price", step="send", step_due_on=day, text=f"For {name}")
    common = {"opportunity_id": deal["opportunity_id"], "subject": f"{name}, next step", "text": f"Dear {name}"}
    rows = [NewInteraction(f"mail {n}", "mail", moment + timedelta(hours=n), people, **common) for n in range(2)]
    rows.append(NewInteraction("call", "call", moment, people, turns=(turn,), **common))
    store.interactions.add(book, rows, mail, f"{MARK}.mbox")
    about = {"rep_id": owner, "period_start_on": day.replace(day=1, month=(day.month - 1) // 3 * 3 + 1), "number": 1}
    values = {"cents": 100, "reason": f"For {name}", "state": "asked", "asked_by": mail, "note": ""}
    store.pay_exceptions.save(book, about, values, mail)


def sent(test):
    """Return everything that went to the browser, as bytes, and the address it stands at."""
    parts = [element.proto.SerializeToString() for element in elements(test.main) if hasattr(element, "proto")]
    parts += [element.proto.SerializeToString() for element in elements(test.sidebar) if hasattr(element, "proto")]
    return b"\n".join(parts) + repr(dict(test.query_params)).encode()


def elements(block):
    for child in block.children.values():
        yield child
        if hasattr(child, "children"):
            yield from elements(child)


def contents(name, content):
    """Return the text of a file that is offered; a PDF shows what its Word or HTML twin shows."""
    if name.endswith(".pdf"):
        return name.encode()
    made = content() if callable(content) else content
    made = made.encode() if isinstance(made, str) else made
    if zipfile.is_zipfile(io.BytesIO(made)):
        with zipfile.ZipFile(io.BytesIO(made)) as parts:
            made = b"\n".join(parts.read(part) for part in parts.namelist())
    return name.encode() + made


def address(test, name):
    value = test.query_params.get(name, "")
    return value if isinstance(value, str) else value[-1]


def leaks(test, files, company):
    """Return where the mark, or an id of the company, was sent."""
    out = []
    whole = [("the page", sent(test)), *((name, contents(name, content)) for name, content in files)]
    ids = [str(key).encode() for key in (*company.accounts["account_id"], *company.opportunities["opportunity_id"])]
    for place, content in whole:
        at = content.lower().find(MARK.lower().encode())
        if at >= 0:
            out.append((place, content[max(0, at - 80) : at + 60]))
        out += [(place, key) for key in ids if key in content][:2]
    return out


def listed(rows):
    """Return test cases; those on pages that take long are run by the slow parts alone."""
    return [pytest.param(*row, marks=() if row[-1] in QUICK else pytest.mark.slow) for row in rows]


@pytest.mark.parametrize("page", listed([(page,) for page in PAGES]))
def test_an_administrator_with_hidden_names_meets_no_mark(come, store, company, page):
    test = come("admin", page)
    assert not test.exception
    assert not leaks(test, come.files, company)
    assert address(test, "names") == "hidden"


def of_roles(settings_roles):
    """Return the pages of `FEW`, and of `EVERY_ROLE` those that a role may open."""
    pairs = [(role, page) for role, pages in FEW.items() for page in pages]
    for role in ROLES:
        areas = {right.partition(":")[0] for right in settings_roles[role]}
        for name in EVERY_ROLE:
            pairs += [(role, f"pages/{name}.py")] * (("pay" if name == "pay" else "pipeline") in areas)
    return pairs


def words(test):
    """Return the sentences in which a page says its numbers; definitions under Calculation speak of any company."""
    return "\n".join(body for _, kind, body in test.session_state["shown"] if kind == "text")


@pytest.mark.parametrize(("role", "page"), listed(of_roles(load(environ={}).roles)))
def test_no_role_with_hidden_names_meets_a_mark(come, store, company, role, page):
    test = come(role, page)
    assert not test.exception
    assert not [element for element in test.error if REFUSED in element.value]
    assert not leaks(test, come.files, company)
    if {"team_of", "regions"} & ROLES[role].keys():
        sentences = [sentence.strip() for sentence in COMPANY.findall(words(test))]
        assert [sentence for sentence in sentences if not WHOLE.search(sentence)] == []


def skinned():
    """Return pages in industries: those with words of an industry in each, the others in one of them by turns."""
    worded = [(industry, page) for page in WORDED for industry in INDUSTRIES]
    others = [page for page in PAGES if page not in WORDED]
    return worded + [(INDUSTRIES[number % len(INDUSTRIES)], page) for number, page in enumerate(others)]


@pytest.mark.slow
@pytest.mark.parametrize(("industry", "page"), skinned())
def test_in_no_industry_a_mark_is_met(come, store, company, industry, page):
    test = come("admin", page, industry=industry)
    assert not test.exception
    assert not leaks(test, come.files, company)


def test_the_marks_are_there_where_names_are_shown(come, store, company):
    test = come("admin", "pages/requirements.py", masked=False, kept_list=store.list_name)
    assert {place for place, _ in leaks(test, come.files, company)} >= {
        "the page",
        f"{MARK}-matrix.xlsx",
        f"{MARK}.json",
    }


@pytest.mark.parametrize("page", ["pages/deal.py", "pages/account.py", "pages/requirements.py"])
def test_links_with_true_names_open_the_same_thing_under_its_invented_name(come, store, company, page):
    key = {"pages/deal.py": store.deal, "pages/account.py": store.account}.get(page, "")
    test = come("admin", page, **({"id": key} if key else {"kept_list": store.list_name}))
    assert not test.exception
    assert not leaks(test, come.files, company)
    if key:
        assert address(test, "id")[:2] in ("D-", "A-")
        assert not test.error
    else:
        assert test.selectbox(key="kept_list").value.startswith("RFP of ")
        names = [name for name, _ in come.files]
        assert any(name.endswith("-matrix.xlsx") for name in names)
        assert "2 requirements" in " ".join(element.value for element in test.markdown)
