"""What goes out: the buyer's file by the command line, JSON, the executive summary; and a deal's own gaps."""

from __future__ import annotations

import json
from datetime import date
from io import BytesIO

import polars as pl
import pytest
from typer.testing import CliRunner

from core.charts import list_summary, snapshot
from core.cli import _store_if_there, app
from core.requirements.catalogue import capabilities
from core.requirements.export import answered_list
from core.requirements.judge import bid_scores, gap_analysis
from core.requirements.match import answer_library
from core.requirements.read.requirement_list import read_list
from core.requirements.work import deal_gaps, saved_lists
from core.requirements.work.gap_ledger import RequirementSet
from core.store import Store
from core.store.answers import Decision
from core.store.reviews import Change
from tests.requirements.test_effective_catalogue import replace_database

LIST = (
    b"id,requirement,priority,answer\n"
    b"1,Single sign-on with SAML 2.0,critical,\n"
    b"2,A quantum teleporter for goods,low,\n"
    b"3,Availability of 99.99 % each month,high,\n"
)


@pytest.fixture
def mine(settings, tmp_path):
    return replace_database(settings, tmp_path)


@pytest.fixture
def there(mine):
    opened = Store.open(mine.database)
    yield opened
    opened.close()


def test_without_a_store_nothing_is_made(mine, tmp_path):
    assert answer_library.load(None, mine).frame.is_empty()
    assert saved_lists.worked(None, LIST).is_empty()
    with _store_if_there(mine) as store:
        assert store is None
    assert not (tmp_path / "store.db").exists()


def test_library_and_work_on_the_file_count(mine, there, tmp_path):
    place = tmp_path / "list.csv"
    place.write_bytes(LIST)
    there.answers.add(
        [Decision("Single sign-on with SAML 2.0", "old.csv", "csv row 9", "corrected", "SEC-02", "Yes, by OIDC.")],
        "ana",
    )
    found, drafts, worked = answered_list.held(place, mine, there)
    assert found.frame["capability_id"][0] == "SEC-02"
    assert drafts.frame["draft"][0].startswith("Yes, by OIDC.")
    assert worked.is_empty()
    saved = saved_lists.keep(there.requirement_sets, "list", "everybody", found)
    there.reviews.change(
        saved.id,
        [Change("csv", 3, 0, {"capability_id": "SEC-04", "answer": "We teleport.", "state": "answered"})],
        "bo",
    )
    found, drafts, worked = answered_list.held(place, mine, there)
    assert found.frame["capability_id"].to_list()[:2] == ["SEC-02", "SEC-04"]
    assert b"We teleport." not in answered_list.own_file(found, drafts, worked).content
    assert b"We teleport." in answered_list.own_file(found, drafts, worked, "answered").content
    assert answered_list.held(place, mine, there, with_library=False)[0].frame["capability_id"][0] == "SEC-01"
    assert "We teleport." in set(answer_library.load(there, mine).frame["answer"])
    assert "We teleport." not in set(answer_library.load(there, mine, saved_lists.key(LIST)).frame["answer"])


def test_the_command_line_fills_the_buyers_file(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    place, out, full = tmp_path / "list.csv", tmp_path / "back.csv", tmp_path / "matrix.xlsx"
    place.write_bytes(LIST)
    found = CliRunner().invoke(app, ["gap", str(place), "--fill", str(out), "--out", str(full)])
    assert found.exit_code == 0, found.output
    assert "No answer is approved yet; 2 wait for approval." in found.output
    assert out.read_bytes() == LIST
    found = CliRunner().invoke(app, ["gap", str(place), "--fill", str(out), "--answers", "all"])
    assert "2 answers go out unreviewed: nobody has approved them." in found.output
    assert "nothing else in your file changed" in found.output
    lines = out.read_text().splitlines()
    assert lines[0] == "id,requirement,priority,answer"
    assert lines[1].startswith("1,Single sign-on with SAML 2.0,critical,")
    assert lines[1].rstrip(",") != "1,Single sign-on with SAML 2.0,critical"
    assert full.read_bytes()[:2] == b"PK"
    told = json.loads(CliRunner().invoke(app, ["gap", str(place), "--json", "--no-library"]).output)
    assert [row["row"] for row in told["requirements"]] == [2, 3, 4]
    assert told["requirements"][0]["sources"] == "SEC-01"
    assert told["requirements"][0]["candidates"][0]["capability_id"] == "SEC-01"
    assert told["summary"]["n_requirements"] == 3


def test_a_place_that_cannot_be_written_is_said(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    place = tmp_path / "list.csv"
    place.write_bytes(LIST)
    found = CliRunner().invoke(app, ["gap", str(place), "--fill", str(tmp_path / "no" / "back.csv")])
    assert "cannot be written" in str(found.exception)


def test_the_matrix_holds_answers_and_their_sources(settings):
    from openpyxl import load_workbook

    from core.requirements.export import gap_workbook

    known = capabilities.load()
    found = gap_analysis.analyse(read_list(LIST, "l.csv"), known, settings)
    sheet = load_workbook(BytesIO(gap_workbook.matrix(found, answered_list.drafted(found, known))))["Matrix"]
    heads = [cell.value for cell in sheet[1]]
    assert heads[-2:] == ["Draft answer", "Taken from"]
    assert sheet.cell(2, len(heads)).value == "SEC-01"


@pytest.mark.parametrize("content", [LIST, b"id,requirement\n1,Single sign-on with SAML 2.0\n"])
def test_the_summary_holds_scores_charts_and_gaps(settings, content):
    stake = gap_analysis.Stake("O", "Acme <b>", 500_000.0, 0.4)
    found = gap_analysis.analyse(read_list(content, "l.csv"), capabilities.load(), settings, stake)
    made = list_summary.summary(
        found, bid_scores.scores(found, settings), bid_scores.bid(found, settings, stake), settings
    )
    tiles = dict(part.body[:2] for part in made.parts if part.kind == "tile")
    low, high = (f"{found.summary[name] * 100:.0f}" for name in ("coverage_rate", "coverage_high_rate"))
    assert tiles["Coverage"] == (f"{low} %" if low == high else f"{low}–{high} %")
    assert tiles["Requirements"] == f"{found.frame.height}"
    page = snapshot.html(made)
    assert "Acme &lt;b&gt;" in page
    assert page.count("<svg") == 3 + (not found.gaps.is_empty())
    assert snapshot.pdf(made)[:5] == b"%PDF-"


def test_a_deals_gaps_add_up_to_its_amount(sample, settings, bundle):
    rows = sample.opportunities.filter(~pl.col("is_closed") & (pl.col("amount") > 0))
    key, amount = rows["opportunity_id"][0], rows["amount"][0]
    texts = [
        ("csv", 2, "1", "SSO", "security", "critical", "A", 1.0),
        ("csv", 3, "2", "Maps", "functional", "high", "B", 1.0),
        ("csv", 4, "3", "Reports", "functional", "low", "C", 1.0),
    ]
    caps = capabilities.load(b"id,name,status\nA,Sign-on,no\nB,Maps,planned\nC,Reports,yes\n", "c.csv")
    one = RequirementSet("Their RFP", key, pl.DataFrame(texts, schema=saved_lists.ROWS, orient="row"))
    found = deal_gaps.of(saved_lists.ledger(sample, settings, bundle, [one], caps), key)
    assert found.frame["gap"].to_list() == ["Sign-on", "Maps"]
    assert round(found.frame["exposed_amount"].sum(), 2) == amount
    # critical missing weighs 4 x 1, high on the roadmap 3 x 1/2: 4 of 5.5 of the amount
    assert found.frame["exposed_amount"][0] == pytest.approx(amount * 4 / 5.5, abs=0.01)
    said = found.sentence()
    assert said.startswith("Their RFP shows 2 gaps, 1 of them blocks the deal; closing all takes")
    assert "The heaviest is Sign-on" in said


def test_a_deal_without_a_list_or_without_a_gap(sample, settings):
    none = deal_gaps.DealGaps(pl.DataFrame(), (), "USD")
    assert "No requirement list is attached" in none.sentence()
    assert deal_gaps.DealGaps(pl.DataFrame(), ("Theirs",), "USD").sentence() == (
        "Everything Theirs asks for is supported today."
    )
    row = {"severity": "minor", "effort_weeks": 2.0, "cost_amount": 13_000.0, "gap": "A", "exposed_amount": None}
    said = deal_gaps.DealGaps(pl.DataFrame([row, row]), ("One", "Two"), "USD").sentence()
    assert said == "2 lists show 2 gaps; closing all takes 4 person-weeks and USD 26.0 k."


def test_the_same_by_a_call(sample, mine, there, bundle):
    book = saved_lists.current(sample, mine, bundle, there)
    key = book.deals.filter(~pl.col("is_closed"))["opportunity_id"][0]
    assert deal_gaps.gaps(sample, mine, bundle, there, key).frame.equals(deal_gaps.of(book, key).frame)


def test_the_day_of_a_roadmap_is_told(settings):
    caps = capabilities.load(b"id,name,status,date\nA,Maps,planned,2026-09-30\n", "c.csv").frame
    assert caps["available_on"].to_list() == [date(2026, 9, 30)]
