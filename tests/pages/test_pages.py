"""Every page on the sample, on nothing, and on hostile data."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from core import contracts
from core.contracts import SCHEMAS, Dataset
from core.sample import AS_OF
from pages.ui import cells, notebook, shell

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["app.py", *(f"pages/{p.name}" for p in sorted((ROOT / "pages").glob("*.py")))]


@pytest.fixture(autouse=True)
def home(settings, sample, monkeypatch):
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))


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
    test.run()
    return test if page == "app.py" else test.switch_page(page).run()


@pytest.mark.parametrize("page", PAGES)
def test_page_on_the_sample(page):
    test = opened(page)
    assert not test.exception
    assert not test.error
    assert len(test.subheader) >= 2


@pytest.mark.parametrize("page", PAGES)
def test_page_on_nothing(page):
    test = opened(page, nothing())
    assert not test.exception


@pytest.mark.parametrize("page", PAGES)
def test_page_on_hostile_data(page, sample):
    test = opened(page, hostile(sample))
    assert not test.exception


def test_executive_answers_hold_the_number_of_the_core(sample, settings):
    from core import metrics

    said = " ".join(m.value for m in opened("app.py").markdown)
    assert metrics.bookings.quarter_to_date(sample, settings).sentence() in said
    assert metrics.pipeline.changes(sample, settings).sentence() in said


def test_settings_that_are_wrong_become_a_sentence(monkeypatch, tmp_path):
    monkeypatch.setenv("QUARTERDECK_DATA", str(tmp_path / "none"))
    test = opened("app.py")
    assert not test.exception
    assert "no such folder" in test.error[0].value


def test_notebook_runs_and_gives_the_same_number(sample, settings, capsys):
    from core import metrics

    page = shell.Page("Executive", sample, settings)
    page.calls.append(("How do bookings run?", "metrics.bookings.quarter_to_date(data, settings)"))
    book = json.loads(notebook.write(page))
    scope: dict[str, object] = {}
    for part in book["cells"]:
        if part["cell_type"] == "code":
            exec("".join(part["source"]), scope)
    assert metrics.bookings.quarter_to_date(sample, settings).sentence() in capsys.readouterr().out


def test_tile_without_a_value_shows_a_dash():
    from core.metrics import Measure

    assert cells.shown(Measure("x", None, "money", pl.DataFrame(), ""), "USD") == "–"
