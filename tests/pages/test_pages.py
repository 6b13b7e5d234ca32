"""Every page on nothing and on hostile data; `test_words.py` opens each on the sample."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from core import contracts
from core.access import LOCAL
from core.contracts import SCHEMAS, Dataset
from core.sample import AS_OF
from pages.ui.kit import cells, notebook, shell

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["app.py", *(f"pages/{p.name}" for p in sorted((ROOT / "pages").glob("*.py")))]


@pytest.fixture(autouse=True)
def home(settings, sample, bundle, monkeypatch, tmp_path):
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")


def nothing() -> Dataset:
    frames = {name: contracts.empty(name) for name in SCHEMAS}
    return Dataset(**frames, as_of=AS_OF, source="Nothing", rejected=contracts.empty("rejections"))


def hostile(sample: Dataset) -> Dataset:
    """All deals lost, no amounts, names that are formulas, HTML and emoji."""
    lost = sample.opportunities.head(300).with_columns(
        is_closed=True,
        is_won=False,
        stage=pl.lit("Closed Lost"),
        amount=pl.lit(None, pl.Float64),
        close_on=pl.lit(AS_OF),
    )
    names = sample.sales_team.with_columns(rep_name=pl.lit("=HYPERLINK(1) <b>🚀</b> $x$"))
    return nothing().with_frames(opportunities=lost, sales_team=names, quotas=sample.quotas, accounts=sample.accounts)


def opened(page: str, data: Dataset | None = None) -> AppTest:
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    if data is not None:
        test.session_state["uploaded_data"] = data
    return (test if page == "app.py" else test.switch_page(page)).run()


@pytest.mark.parametrize("page", PAGES)
def test_page_on_nothing(page):
    test = opened(page, nothing())
    assert not test.exception


@pytest.mark.parametrize("page", PAGES)
def test_page_on_hostile_data(page, sample):
    test = opened(page, hostile(sample))
    assert not test.exception


def said(test: AppTest) -> str:
    return " ".join(m.value for m in test.markdown)


def test_an_uploaded_list_is_analysed_and_hangs_on_a_deal(sample):
    test = opened("pages/requirements.py")
    asked = b"Ref;Requirement;Priority\n1;All data at rest must be encrypted with AES-256;Must\n2;=1+1 zebras;Could\n"
    test.file_uploader(key="requirement_upload").set_value([("asked.csv", asked, "text/csv")]).run()
    assert not test.exception
    assert "2 requirements read from the file." in said(test)
    deal = test.selectbox(key="requirement_deal")
    deal.select_index(0).run()
    assert "depends on it" in said(test)
    assert not test.exception


def test_a_list_is_kept_over_sessions():
    first = opened("pages/requirements.py")
    asked = b"Requirement\nAll data at rest must be encrypted with AES-256\n"
    first.file_uploader(key="requirement_upload").set_value([("asked.csv", asked, "text/csv")]).run()
    next(b for b in first.button if b.label == "Save this list").click().run()
    assert not first.exception
    assert first.success[0].value == "Saved: asked"
    second = opened("pages/requirements.py")
    second.selectbox(key="kept_list").set_value("asked").run()
    assert not second.exception
    assert "1 requirement read from the file." in said(second)


def test_a_bad_upload_is_a_sentence():
    test = opened("pages/requirements.py")
    test.file_uploader(key="requirement_upload").set_value([("a.csv", b"colour,size\nred,3\n", "text/csv")]).run()
    assert not test.exception
    assert "No requirement list was found" in test.warning[0].value


def test_a_customer_and_a_deal_add_up_on_screen():
    notes = " ".join(c.value for c in opened("pages/customers.py").caption)
    assert " points = " in notes
    assert "reconciled" in notes
    notes = " ".join(c.value for c in opened("pages/forecast.py").caption)
    assert "Adds up to USD" in notes


def test_the_flow_follows_scope_and_window_and_opens_its_bars(sample, settings):
    from core.metrics import deal_scope, flow

    test = opened("pages/pipeline.py")
    test.selectbox(key="flow_days").set_value("Last quarter").run()
    test.selectbox(key="flow_due").set_value("any date").run()
    test.selectbox(key="flow_level").set_value("team").run()
    test.selectbox(key="flow_team").set_value("EMEA 1").run()
    test.button_group(key="flow_hierarchy").set_value("now").run()
    assert not test.exception
    ask = (*deal_scope.periods(sample, settings)["Last quarter"], "team", "EMEA 1", "any date", "now")
    found = flow.flow(sample, settings, *ask)
    assert found.sentence() in said(test)
    test.selectbox(key="flow_bars_listed").set_value("Lost").run()
    behind = flow.deals(sample, settings, "Lost", *ask)
    assert behind.sentence() in said(test)
    assert behind.frame["moved_amount"].sum() == pytest.approx(found.amount("Lost"))
    test.selectbox(key="flow_days").set_value("Custom dates").run()
    assert not test.exception


def test_executive_answers_hold_the_number_of_the_core(sample, settings):
    from core import metrics

    said = " ".join(m.value for m in opened("app.py").markdown)
    assert metrics.bookings.quarter_to_date(sample, settings).sentence() in said
    week = (*metrics.deal_scope.periods(sample, settings)["Last 7 days"], "company", None, "this quarter")
    assert metrics.flow.flow(sample, settings, *week).sentence() in said


def test_settings_that_are_wrong_become_a_sentence(monkeypatch, tmp_path):
    monkeypatch.setenv("QUARTERDECK_DATA", str(tmp_path / "none"))
    test = opened("app.py")
    assert not test.exception
    assert "no such folder" in test.error[0].value


def test_notebook_runs_and_gives_the_same_number(sample, settings, capsys):
    from core import metrics

    page = shell.Page("Executive", sample, settings, LOCAL)
    page.calls.append(("Bookings to date", "metrics.bookings.quarter_to_date(data, settings)"))
    book = json.loads(notebook.write(page))
    scope: dict[str, object] = {}
    for part in book["cells"]:
        if part["cell_type"] == "code":
            exec("".join(part["source"]), scope)
    assert metrics.bookings.quarter_to_date(sample, settings).sentence() in capsys.readouterr().out


def test_tile_without_a_value_shows_a_dash():
    from core.formats import Formats
    from core.metrics import Measure

    assert cells.shown(Measure("x", None, "money", pl.DataFrame(), ""), "USD", Formats()) == "–"
