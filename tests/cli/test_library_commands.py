"""`quarterdeck library`: taken over, exported, searched and taken back."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from core import cli
from core.contracts.errors import SourceError, StoreError
from core.requirements.library.answer_edition import BOOK
from core.store import Store

TABLE = "Question,Answer\nIs it blue?,Yes.\nIs it red?,No.\nIs it green?,\n"


@pytest.fixture
def url(monkeypatch, tmp_path):
    address = f"sqlite:///{tmp_path / 'store.db'}"
    monkeypatch.setenv("QUARTERDECK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", address)
    monkeypatch.chdir(tmp_path)
    return address


def library(*words):
    return CliRunner().invoke(cli.app, ["library", *map(str, words)], catch_exceptions=True)


def states(url):
    store = Store.open(url)
    rows = dict(store.library.newest(BOOK).select("question", "state").rows())
    store.close()
    return rows


def test_a_library_comes_in_is_searched_goes_out_and_is_taken_back(url, tmp_path):
    (tmp_path / "faq.csv").write_text(TABLE, encoding="utf-8")
    dry = library("import", tmp_path / "faq.csv", "--dry-run")
    assert "2 of 3 questions have an answer. 2 new. 1 row is left out" in dry.output
    assert states(url) == {}
    done = library("import", tmp_path / "faq.csv", "--as", "ana@example.com")
    assert "left out: csv row 4: no answer stands beside it: Is it green?" in done.output
    assert states(url) == {"Is it blue?": "draft", "Is it red?": "draft"}
    assert "Is it blue?" in library("search", "is it bluue").output
    for name in ("out.xlsx", "out.csv"):
        assert "2 answers written" in library("export", tmp_path / name).output
        assert "Nothing new, 2 as they stand." in library("import", tmp_path / name, "--dry-run").output
    assert isinstance(library("export", tmp_path / "out.pdf").exception, SourceError)
    undone = library("undo", done.output.split()[-1])
    assert "2 answers are as before the import." in undone.output
    assert set(states(url).values()) == {"retired"}
    assert isinstance(library("undo", "none").exception, StoreError)
    assert isinstance(library("import", tmp_path / "gone.csv").exception, SourceError)


def test_a_buyers_list_is_not_taken_for_a_library(url, tmp_path):
    rows = "".join(f"R{n},The system shall export report {n} by night,\n" for n in range(9))
    (tmp_path / "rfp.csv").write_text(f"Id,Requirement,Response\n{rows}", encoding="utf-8")
    refused = library("import", tmp_path / "rfp.csv")
    assert refused.exit_code == 1
    assert "looks like a buyer's list, not a library" in refused.output
