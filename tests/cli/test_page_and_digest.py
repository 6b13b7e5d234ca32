"""Pages and digests as files, from the command line."""

from __future__ import annotations

import io
import json
import os
import subprocess
from pathlib import Path

import openpyxl
import pytest
from pypdf import PdfReader
from typer.testing import CliRunner

from core import cli, page_commands, page_printing
from core.contracts.errors import ConfigError, ContractError
from core.store import Store


@pytest.fixture
def invoke(settings, bundle, monkeypatch, tmp_path):
    """Run a command on the small company, with a store of its own."""
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    monkeypatch.chdir(tmp_path)

    def call(*words: str):
        return CliRunner().invoke(cli.app, list(words), catch_exceptions=True)

    return call


@pytest.mark.slow
def test_a_page_is_written_as_pdf_html_and_workbook(invoke, tmp_path):
    done = invoke(
        "page", "pipeline", "--pdf", "a.pdf", "--html", "a.html", "--xlsx", "a.xlsx", "--scope", "region=EMEA"
    )
    assert done.exit_code == 0, (done.output, done.exception)
    text = "".join(leaf.extract_text() for leaf in PdfReader(tmp_path / "a.pdf").pages)
    assert "Pipeline" in text
    assert "<h1>" in (tmp_path / "a.html").read_text(encoding="utf-8")
    assert openpyxl.load_workbook(io.BytesIO((tmp_path / "a.xlsx").read_bytes())).sheetnames
    assert "Written to a.pdf." in done.output


def test_a_page_that_cannot_be_shown_says_why(invoke):
    done = invoke("page", "deal", "--pdf", "a.pdf", "--scope", "id=NOBODY")
    assert isinstance(done.exception, ConfigError)
    assert "There is no deal 'NOBODY'" in str(done.exception)


@pytest.mark.parametrize(
    ("words", "kind", "says"),
    [
        (["page", "forcast", "--pdf", "a.pdf"], ConfigError, "Did you mean forecast? There are: executive, account"),
        (["page", "zzzz", "--pdf", "a.pdf"], ConfigError, "There are: executive"),
        (["page", "forecast"], ConfigError, "Nothing is to be written"),
        (["page", "forecast", "--pdf", "a.pdf", "--scope", "period=never"], ContractError, "no period"),
    ],
)
def test_what_is_asked_wrongly_is_a_sentence(invoke, words, kind, says):
    error = invoke(*words).exception
    assert isinstance(error, kind)
    assert says in str(error)


def test_a_page_is_named_by_its_address():
    assert page_commands.page_file("Executive") == "app.py"
    assert page_commands.page_file("/forecast/") == "pages/forecast.py"


def test_a_process_that_ends_without_a_word_says_so(monkeypatch):
    silent = subprocess.CompletedProcess([], 3, "", "")
    monkeypatch.setattr(page_printing.subprocess, "run", lambda *_, **__: silent)
    with pytest.raises(ConfigError, match="ended without a word"):
        page_printing.print_page("app.py", {"pdf": Path("a.pdf")}, "", {})


def test_a_digest_is_written_as_set_up_and_as_asked(invoke, settings, tmp_path):
    store = Store.open(os.environ["QUARTERDECK_DATABASE_URL"])
    store.digests.save("Mondays", "ann", {"person": "Ann", "limit_amount": 1.0, "scope": "region=EMEA"})
    store.close()
    done = invoke("digest", "--out", "d.json", "--name", "Mondays", "--limit", "5")
    assert done.exit_code == 0, (done.output, done.exception)
    plain = json.loads((tmp_path / "d.json").read_text(encoding="utf-8"))
    assert (plain["person"], plain["scope"]) == ("Ann", "EMEA")
    assert "of USD 5 or more" in plain["sections"][1]["text"]
    assert "no digest called 'None'" in str(invoke("digest", "--out", "d.md", "--name", "None").exception)
    assert "cannot be written" in str(invoke("digest", "--out", "/nowhere/d.md").exception)
