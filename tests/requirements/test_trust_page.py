"""What the public may read: only what is approved and marked public, without customers' names, as static pages."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime

import polars as pl
import pytest

from core.contracts.errors import RequirementError
from core.requirements.catalogue import capabilities
from core.requirements.export import public_evidence, trust_answers, trust_page
from core.requirements.library import answer_edition
from core.requirements.work import project_board
from core.store import Store
from core.store.repositories import Saved

ON = date(2026, 5, 15)
CATALOGUE = b"""id,name,status,description,evidence
SEC-1,Encryption,available,All data is encrypted,https://trust.example/soc2 http://plain.example
SEC-2,Hosting,available,Hosted in the EU,
"""


@pytest.fixture(scope="module")
def catalogue():
    return capabilities.load(CATALOGUE, "c.csv")


@pytest.fixture(scope="module")
def rows(small):
    buyer = small.accounts["account_name"][0]
    at = datetime(2026, 5, 1, 9)
    listed = [
        (
            1,
            "Is data encrypted <b>at rest</b>?",
            "Yes, for " + buyer + " too.\n=1+1",
            "approved",
            True,
            "bo",
            "ann",
            at,
            "SEC-1",
        ),
        (2, "Where is it hosted?", "In the EU.", "approved", True, "bo", "ann", at, "SEC-2"),
        (3, "Not approved", "Text", "answered", True, None, "ann", None, "SEC-1"),
        (4, "Not public", "Secret sauce", "approved", None, "bo", "ann", at, "SEC-1"),
        (5, "Approved by its author", "Text", "approved", True, "ann", "ann", at, "SEC-1"),
        (6, "where is it  HOSTED?", "In Ireland.", "approved", True, "bo", "ann", datetime(2026, 5, 3), "SEC-2"),
    ]
    names = (
        "row",
        "text",
        "answer",
        "state",
        "is_public",
        "approved_by",
        "answered_by",
        "approved_at",
        "capability_id",
    )
    filled = [
        dict.fromkeys(project_board.BOARD)
        | {"sheet": "S", "category": "security", "version": 1}
        | dict(zip(names, r, strict=True))
        for r in listed
    ]
    return pl.DataFrame(filled, schema=project_board.BOARD)


@pytest.fixture(scope="module")
def content(small, catalogue, rows):
    saved = Saved(
        1, "everybody", "L", {"opportunity_id": small.opportunities["opportunity_id"][0]}, 1, datetime.now(UTC)
    )
    files = public_evidence.named_files({"sec-1 report.pdf": b"%PDF proof"}, catalogue)
    return trust_answers.collect([(saved, rows)], catalogue, small, files, four_eyes=True)


def test_only_what_is_approved_and_public_comes_in_and_no_customer_is_named(content, small):
    assert [(entry.question, entry.answer) for entry in content.answers] == [
        ("Is data encrypted <b>at rest</b>?", "Yes, for a customer too.\n=1+1"),
        ("where is it  HOSTED?", "In Ireland."),
    ]
    assert content.answers[0].links == ("https://trust.example/soc2",)
    assert content.sentence() == (
        "2 approved answers are public, with 1 file of evidence; 2 marked ones are not approved and left out; names "
        "of customers are replaced in 1 text: read those once more."
    )
    text = "".join(
        body.decode() for name, body in trust_page.folder(content, "Us", ON).items() if name.endswith("html")
    )
    names = [name for name in small.accounts["account_name"] if re.search(rf"\b{re.escape(name)}\b", text)]
    assert names == []
    assert "Secret sauce" not in text


def test_pages_run_and_fetch_nothing(content):
    files = trust_page.folder(content, "Us & <them>", ON)
    for name, body in files.items():
        if not name.endswith(".html"):
            continue
        page = body.decode()
        assert "<script" not in page
        assert "<b>" not in page
        assert not re.search(r"\s(on\w+|src|style)=", page)
        style = re.search(r"<style>(.*?)</style>", page, re.DOTALL).group(1)
        digest = re.search(r"style-src 'sha256-([^']+)'", page).group(1)
        import base64

        assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() == digest
        assert "default-src 'none'" in page
        for target in re.findall(r'href="([^"#]+)(?:#[^"]*)?"', page):
            assert target in files or target.startswith("https://"), target
        assert 'lang="en"' in page
        assert page.count("<h1>") == 1
    assert "as of 15 May 2026" in files["index.html"].decode()


def test_words_lead_to_answers_and_evidence_is_hashed(content):
    files = trust_page.folder(content, "Us", ON)
    words = files["words.html"].decode()
    assert '<dt>encrypted</dt><dd><a href="section-security.html#a1">' in words
    digest = hashlib.sha256(b"%PDF proof").hexdigest()
    (name,) = [name for name in files if name.startswith("evidence/")]
    assert digest in files["evidence.html"].decode()
    assert digest in files["section-security.html"].decode()
    manifest = json.loads(files["manifest.json"])
    assert manifest["sha256"][name] == digest
    assert {*manifest["sha256"], "manifest.json"} == set(files)


def test_the_same_answers_have_the_same_version_and_the_same_zip(content):
    first, other = (trust_page.folder(content, "Us", ON) for _ in range(2))
    assert trust_page.packed(first, ON) == trust_page.packed(other, ON)
    changed = replace(content, answers=content.answers[:1])
    versions = [json.loads(trust_page.folder(c, "Us", ON)["manifest.json"])["version"] for c in (content, changed)]
    assert versions[0] != versions[1]
    assert "Version 7," in trust_page.folder(content, "Us", ON, "7")["index.html"].decode()
    with zipfile.ZipFile(io.BytesIO(trust_page.packed(first, ON))) as archive:
        assert {name.removeprefix("trust/") for name in archive.namelist()} == set(first)


def test_a_folder_is_written_over_an_earlier_page_and_over_nothing_else(content, tmp_path):
    target = tmp_path / "trust"
    trust_page.write(trust_page.folder(content, "Us", ON), target)
    trust_page.write(trust_page.folder(replace(content, answers=content.answers[1:]), "Us", ON), target)
    assert not list((target / "evidence").iterdir())
    other = tmp_path / "other"
    other.mkdir()
    (other / "letter.txt").write_text("mine")
    with pytest.raises(RequirementError, match="holds other things"):
        trust_page.write({"index.html": b""}, other)
    (tmp_path / "outside").write_text("stays")
    (target / "manifest.json").write_text(json.dumps({"sha256": {"../outside": ""}}))
    trust_page.write({"index.html": b"", "manifest.json": b"{"}, target)
    assert (tmp_path / "outside").exists()
    with pytest.raises(RequirementError, match="damaged"):
        trust_page.write({}, target)
    with pytest.raises(RequirementError, match="cannot be written"):
        trust_page.write_file(b"", tmp_path / "none" / "trust.zip")
    with pytest.raises(RequirementError, match="cannot be written"):
        trust_page.write({"a": b""}, tmp_path / "outside")


def test_evidence_that_could_run_or_proves_nothing_known_is_refused(catalogue):
    for name in ("SEC-1 tool.exe", "SEC-1.html", "unknown.pdf"):
        with pytest.raises(RequirementError):
            public_evidence.named_files({name: b""}, catalogue)


def test_public_files_of_approved_answers_of_the_library_go_out(rows, catalogue, small, tmp_path):
    saved = Saved(1, "everybody", "L", {}, 1, datetime.now(UTC))
    store = Store.open(f"sqlite:///{tmp_path / 'q.db'}")
    try:
        key = answer_edition.new_id("Is data encrypted <b>at rest</b>?")
        other = answer_edition.new_id("Another question")
        for answer_id, question, answer in ((key, rows["text"][0], "Yes."), (other, "Another question", "In Ireland.")):
            edit = answer_edition.changed(
                {"answer_id": answer_id, "version": 0}, "ann", question=question, answer=answer
            )
            store.library.save_all(answer_edition.BOOK, [edit], "ann")
            for name in ("soc2.pdf", "draft.pdf"):
                store.library_files.add(answer_id, name, f"%PDF {name} of {question}".encode(), "ann")

        def collected():
            attached = public_evidence.attached(answer_edition.load(store, {}), store.library_files)
            return trust_answers.collect([(saved, rows)], catalogue, small, attached=attached, four_eyes=True)

        for number in store.library_files.frame().filter(pl.col("file_name") == "soc2.pdf")["file_id"]:
            for _ in range(2):
                store.library_files.publish(number, "bo", is_public=True)
        assert [entry.files for entry in collected().answers] == [(), ()]
        row = answer_edition.load(store, {}).row(key)
        edit = answer_edition.approval(row, "bo", ON, four_eyes=True)
        store.library.save_all(answer_edition.BOOK, [edit], "bo")
        content = collected()
        assert [[file.name for file in entry.files] for entry in content.answers] == [["soc2.pdf"], []]
        assert "with 1 file of evidence" in content.sentence()
        assert "1 attached file is not marked public in the library and left out" in content.sentence()
        files = trust_page.folder(content, "Us", ON)
        (name,) = [name for name in files if name.startswith("evidence/")]
        assert files[name].startswith(b"%PDF soc2.pdf")
        assert json.loads(files["manifest.json"])["sha256"][name] == hashlib.sha256(files[name]).hexdigest()
        store.library_files.publish(int(store.library_files.frame()["file_id"][0]), "bo", is_public=False)
        assert not collected().answers[0].files
        trail = store.audit.newest(20)["action"].to_list()
        assert (trail.count("evidence marked public"), trail.count("evidence no longer public")) == (2, 1)
    finally:
        store.close()


def test_more_evidence_than_a_page_can_bear_is_refused(content):
    heavy = public_evidence.EvidenceFile("big.zip", "0" * 64, trust_page.MOST_EVIDENCE + 1, bytes)
    answers = (replace(content.answers[0], files=(heavy,)),)
    with pytest.raises(RequirementError, match="more than 200 MB"):
        trust_page.folder(replace(content, answers=answers), "Us", ON)


def test_nothing_public_is_said(catalogue, small):
    empty = trust_answers.collect([], catalogue, small)
    assert empty.sentence() == "No answer is both approved and marked public."
    with pytest.raises(RequirementError):
        trust_page.folder(empty, "Us", ON)
