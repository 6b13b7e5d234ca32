"""The answer library: what stands, who approves, what is found, imported, merged and taken back."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import openpyxl
import polars as pl
import pytest

from core.access import Identity
from core.access.saved_content import Reader
from core.access.saved_content import library as seen
from core.contracts.errors import ConflictError, RequirementError, StoreError
from core.requirements.catalogue import capabilities
from core.requirements.library import (
    answer_edition,
    answer_ranking,
    answer_search,
    answer_uses,
    library_export,
    library_files,
    library_import,
    packed_pages,
    recalled_answers,
    sample_answers,
    similar_answers,
)
from core.requirements.library.answer_edition import APPROVED, BOOK, DRAFT, RETIRED
from core.store import Store

TODAY = date(2026, 6, 1)
DAYS = {"security": 30}
QUESTIONS = {
    "Is customer data encrypted at rest?": "Yes, with AES-256.",
    "How long are audit logs retained?": "For seven years.",
    "Do you support single sign-on by SAML 2.0?": "Yes, with any identity provider.",
    "Can administrators export all accounts?": "Yes, as CSV.",
    "Where are backups stored?": "In two data centres of the EU.",
}


@pytest.fixture
def store(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path / 'q.db'}")
    yield opened
    opened.close()


@pytest.fixture
def filled(store):
    edits = [new(q, answer=a, category="security", owner="Ana", tags="one; two") for q, a in QUESTIONS.items()]
    assert store.library.save_all(BOOK, edits, "ana") == []
    return store


def new(question, **values):
    start = {"answer_id": answer_edition.new_id(question), "version": 0}
    return answer_edition.changed(start, "ana", question=question, **{"answer": "Yes.", **values})


def load(store):
    return answer_edition.load(store, DAYS)


def one(store, question="Is customer data encrypted at rest?"):
    return load(store).row(answer_edition.new_id(question))


def test_words_are_approved_by_a_second_person_and_a_new_wording_waits_again(filled):
    row = one(filled)
    assert (row["state"], row["written_by"]) == (DRAFT, "ana")
    with pytest.raises(RequirementError, match="Somebody else"):
        answer_edition.approval(row, " ANA ", TODAY, four_eyes=True)
    assert answer_edition.approval(row, "ana", TODAY, four_eyes=False).values["approved_by"] == "ana"
    filled.library.save_all(BOOK, [answer_edition.approval(row, "bo", TODAY, four_eyes=True)], "bo")
    row = one(filled)
    assert (row["state"], row["approved_by"], row["reviewed_on"]) == (APPROVED, "bo", TODAY)
    with pytest.raises(RequirementError, match="approved already"):
        answer_edition.approval(row, "cy", TODAY, four_eyes=True)
    tagged = answer_edition.changed(row, "cy", tags="other, other")
    assert (tagged.values["state"], tagged.values["written_by"], tagged.values["tags"]) == (APPROVED, "ana", "other")
    reworded = answer_edition.changed(row, "cy", answer="No.")
    assert [reworded.values[n] for n in ("state", "written_by", "approved_by", "approved_on")] == [
        DRAFT,
        "cy",
        None,
        None,
    ]
    read = answer_edition.reviewed(row, date(2026, 7, 1)).values
    assert (read["state"], read["approved_by"], read["reviewed_on"]) == (APPROVED, "bo", date(2026, 7, 1))
    back = answer_edition.brought_back({**row, **answer_edition.retired(row).values}).values
    assert (back["state"], back["approved_by"]) == (DRAFT, None)


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"answer": " "}, "answer is empty"),
        ({"category": "gossip"}, "no category"),
        ({"reviewed_on": "soon"}, "is no date"),
    ],
)
def test_what_is_no_answer_is_refused(values, refusal):
    with pytest.raises(RequirementError, match=refusal):
        new("Is it?", **values)


def test_two_at_once_lose_nothing_and_history_tells_who_changed_what(filled):
    row = one(filled)
    filled.library.save_all(BOOK, [answer_edition.changed(row, "bo", answer="Yes, by AES-256-GCM.")], "bo")
    mine = answer_edition.changed(row, "ana", answer="Yes, always.")
    (met,) = filled.library.save_all(BOOK, [mine], "ana")
    assert isinstance(met, ConflictError)
    assert met.theirs["answer"] == "Yes, by AES-256-GCM."
    assert one(filled)["answer"] == "Yes, by AES-256-GCM."
    versions = filled.library.versions_of(BOOK, [row["answer_id"]])
    what = answer_edition.history(versions)
    assert what["author"].to_list() == ["bo", "ana"]
    assert what["what"].to_list() == ["answer: Yes, with AES-256. → Yes, by AES-256-GCM.", "added"]
    first = versions.row(0, named=True)
    assert answer_edition.restored(one(filled), first, "cy").values["answer"] == "Yes, with AES-256."
    assert filled.library.latest(BOOK, 1)["answer_id"].to_list() == [row["answer_id"]] * 2
    assert any("answer: Yes" in line for line in filled.audit.newest(5)["detail"])


def test_reviews_fall_due_by_category_and_belong_to_their_owner(filled):
    row = one(filled)
    filled.library.save_all(BOOK, [answer_edition.reviewed(row, date(2026, 5, 20))], "ana")
    plain = new("Is it open?", owner="Bo", reviewed_on=date(2020, 1, 1))
    filled.library.save_all(BOOK, [plain], "ana")
    library = load(filled)
    assert answer_edition.due(library, date(2026, 6, 18)).is_empty()
    due = answer_edition.due(library, answer_edition.month_end(date(2026, 6, 2)), "x\n ANA ")
    assert due["answer_id"].to_list() == [row["answer_id"]]
    assert due["due_on"].to_list() == [date(2026, 6, 19)]
    assert answer_edition.due(library, date(2030, 1, 1), "nobody").is_empty()
    assert plain.answer_id not in set(answer_edition.due(library, date(2030, 1, 1))["answer_id"])
    assert library.sentence(date(2026, 6, 19)).startswith("6 answers, 0 approved; 1 is due for review.")
    assert answer_edition.month_end(date(2026, 12, 31)) == date(2026, 12, 31)


def test_answers_are_found_by_misspelt_words_and_narrowed(filled):
    library = load(filled)
    index = answer_search.build(library.live)
    hits = answer_search.search(index, "encrytion of customr data at rest")
    assert library.row(hits.frame["answer_id"][0])["question"] == "Is customer data encrypted at rest?"
    assert hits.read_as["customr"] == "customer"
    assert "“customr” was read as “customer”" in hits.sentence(5)
    assert answer_search.search(index, "zzzz qqqq").frame.is_empty()
    assert answer_search.search(index, "  ").frame.is_empty()
    assert answer_search.search(answer_search.build(library.live.clear()), "x").frame.is_empty()
    assert answer_search.shown(library.live, hits)["answer_id"][0] == hits.frame["answer_id"][0]
    assert answer_search.shown(library.live, None).height == 5
    assert answer_search.narrowed(library.live, TODAY, tags=["TWO"], category=["security"]).height == 5
    assert answer_search.narrowed(library.live, TODAY, tags=["three"]).is_empty()
    assert answer_search.narrowed(library.live, TODAY, due_by=date(2020, 1, 1)).is_empty()
    assert answer_edition.tags_of(library.live) == ["one", "two"]


FILES = {
    "table.csv": b"Question,Answer,Owner,Last reviewed\nIs it blue?,Yes,Ana,2026-01-02\nIs it red?,,Bo,\n,orphan,,\n",
    "faq.md": b"# FAQ\n\n## Is it blue?\nYes, **blue**.\n\nOwner: Ana\nLast reviewed: 2 May 2026\n\n## Is it red?\n",
    "letters.txt": b"Intro\n\nQ: Is it blue?\nA: Yes.\n\nQ: Is it red?\n",
    "page.html": b"<html><body><nav>Menu</nav><h1>FAQ</h1><details><summary>Is it blue?</summary><p>Yes<script>x()"
    b"</script></p><p>Owner: Ana</p></details><h2>Is it red?</h2></body></html>",
}


@pytest.mark.parametrize("name", FILES)
def test_a_library_is_read_from_tables_and_texts_and_nothing_is_lost(name):
    file = library_files.read(FILES[name], name)
    (entry,) = file.entries
    assert entry.values["question"] == "Is it blue?"
    assert entry.values["answer"].startswith("Yes")
    assert "script" not in entry.values["answer"]
    assert name == "letters.txt" or entry.values["owner"] == "Ana"
    assert [why for _, text, why in file.skipped if text == "Is it red?"] in (
        ["no answer stands beside it"],
        ["no answer stands below it"],
    )
    assert (file.kind, file.n_questions) == (library_files.LIBRARY, 2)


def test_exports_of_a_wiki_are_read_page_by_page_with_limits():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        made.writestr("Wiki/faq.md", FILES["faq.md"])
        made.writestr("Wiki/table.csv", FILES["table.csv"].replace(b"blue", b"new"))
        made.writestr("Wiki/broken.xlsx", b"PK no")
        made.writestr("Wiki/picture.png", b"1")
        made.writestr("Wiki/tool.exe", b"1")
        made.writestr("__MACOSX/x.md", b"1")
    file = library_files.read(packed.getvalue(), "wiki.zip")
    assert [entry.values["question"] for entry in file.entries] == ["Is it blue?", "Is it new?"]
    assert ("tool.exe" in str(file.skipped), "picture" in str(file.skipped)) == (True, False)
    assert "broken.xlsx" in str(file.skipped)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a.md", b"0" * (5 * 2**20))
    with pytest.raises(RequirementError, match="unpacks to too much"):
        library_files.read(bomb.getvalue(), "bomb.zip")
    assert packed_pages.pages(b"no zip", "x", (".md",)) is None


def test_a_buyers_list_is_no_library_and_a_completed_one_is():
    heads = ["Id", "Requirement", "Response", "Comments"]
    rows = [[f"R{n}", f"The system shall export report {n} every night", "", ""] for n in range(12)]
    blank = workbook([heads, *rows])
    assert library_files.read(blank, "rfp.xlsx").kind == library_files.BUYERS_LIST
    filled_in = [[*row[:2], "Yes", f"Report {n} is exported."] for n, row in enumerate(rows)]
    done = library_files.read(workbook([heads, *filled_in]), "rfp.xlsx")
    assert (done.kind, len(done.entries)) == (library_files.LIBRARY, 12)
    same = [[*row[:2], "Please choose", ""] for row in rows]
    assert library_files.read(workbook([heads, *same]), "rfp.xlsx").kind == library_files.BUYERS_LIST
    partly = [*filled_in[:4], *rows[4:]]
    assert "partly answered" in library_files.read(workbook([heads, *partly]), "rfp.xlsx").sentence()


def workbook(rows):
    book, target = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(target)
    return target.getvalue()


def test_an_import_is_shown_before_it_is_made_and_taken_back_but_for_what_was_changed_since(filled):
    library = load(filled)
    answers = {"Is customer data encrypted at rest?": "Yes, with AES-256.", "Where are backups stored?": "In the EU."}
    rows = [["Question", "Answer", "Category", "Reviewed on"]]
    rows += [[q, a, "security", ""] for q, a in answers.items()]
    rows += [["Is it green?", "Yes.", "colours", "31.03.2026"], ["is it green", "No.", "", ""]]
    rows += [["Is it late?", "Yes.", "", "soon"], ["Where are the backups stored?", "There.", "", ""]]
    index = answer_search.build(library.live)
    preview = library_import.preview(library, library_files.read(workbook(rows), "old.xlsx"), "bo", index)
    kinds = dict(preview.frame.select("question", "kind").rows())
    assert kinds == {
        "Where are backups stored?": "changed",
        "Is it green?": "new",
        "Where are the backups stored?": "new, but like one of ours",
    }
    assert preview.n_same == 1
    assert "with another answer" in str(preview.skipped["why"].to_list())
    assert "no day of a review" in str(preview.skipped["why"].to_list())
    assert len(preview.chosen(with_similar=False)) == 2
    assert "1 new; 1 new, but like one of ours; 1 changed, 1 as they stand. 2 rows are left out" in preview.sentence()
    assert filled.library.save_all(BOOK, preview.edits, "bo") == []
    green = one(filled, "Is it green?")
    assert (green["tags"], green["category"], green["reviewed_on"]) == ("colours", None, date(2026, 3, 31))
    assert library_import.preview(load(filled), preview.file, "bo").n_same == 4
    filled.library.save_all(BOOK, [answer_edition.changed(green, "cy", answer="Very.")], "cy")
    edits, touched = library_import.taken_back(filled, preview.import_id, "bo")
    assert touched == [green["answer_id"]]
    assert filled.library.save_all(BOOK, edits, "bo") == []
    assert one(filled, "Where are backups stored?")["answer"] == "In two data centres of the EU."
    assert one(filled, "Where are the backups stored?")["state"] == RETIRED
    assert "1 was changed since and stays" in library_import.took_back(2, touched)
    again = library_import.preview(load(filled), preview.file, "bo")
    assert "brought back" in set(again.frame["kind"])


def test_what_is_exported_is_inert_and_comes_back_the_same(filled):
    filled.library.save_all(BOOK, [new("=1+1?", answer="@SUM(A1) | <b>", evidence="=HYPERLINK(1)")], "ana")
    library = load(filled)
    assert "'=1+1?" in library_export.as_csv(library.live)
    book = openpyxl.load_workbook(io.BytesIO(library_export.as_workbook(library.live)))
    assert {cell.data_type for row in book.active.iter_rows(min_row=2) for cell in row} <= {"s", "n", "inlineStr"}
    file = library_files.read(library_export.as_workbook(library.live), "answers.xlsx")
    assert library_import.preview(library, file, "ana").n_same == 6


def test_duplicates_are_suggested_where_nothing_that_tells_differs_and_merged_with_all_they_have(filled):
    pairs = {
        "How long are the audit logs retained?": {"tags": "logs", "evidence": "https://example.com/logs"},
        "How long are audit logs not retained?": {},
        "Where are backups stored in 2026?": {},
        "Can administrators export all the accounts?": {"product": "Other", "language": "German"},
    }
    filled.library.save_all(BOOK, [new(q, **values) for q, values in pairs.items()], "ana")
    twins = similar_answers.find(load(filled), least=0.5)
    listed = [{row["one"], row["other"]} for row in twins.frame.iter_rows(named=True)]
    assert {"How long are audit logs retained?", "How long are the audit logs retained?"} in listed
    assert not [pair for pair in listed if any("not" in q.split() or "2026" in q for q in pair)]
    survivor, gone = (
        one(filled, "How long are audit logs retained?"),
        one(filled, "How long are the audit logs retained?"),
    )
    assert filled.library.save_all(BOOK, similar_answers.merged(survivor, gone, "bo"), "bo") == []
    library = load(filled)
    stays = library.row(survivor["answer_id"])
    assert (stays["tags"], stays["evidence"]) == ("one; two; logs", "https://example.com/logs")
    assert library.row(gone["answer_id"])["state"] == RETIRED
    assert library.ids_of(stays["answer_id"]) == [stays["answer_id"], gone["answer_id"]]
    assert answer_edition.links("javascript:x; https://example.com/a") == ["https://example.com/a"]
    asked = answer_uses.AnsweredRows("L", None, (("HOW long are the audit logs retained", ""),))
    dataset = pl.DataFrame(schema={"opportunity_id": pl.String, "is_closed": pl.Boolean, "is_won": pl.Boolean})
    used = answer_uses.uses(library, [asked], type("D", (), {"opportunities": dataset}))
    assert used.rows() == [(stays["answer_id"], 1, 1, 0, 0)]
    assert similar_answers.find(answer_edition.Library(library.frame.head(1))).frame.is_empty()


def test_uses_and_outcomes_come_from_the_answered_rows_of_lists(filled, sample):
    deals = sample.opportunities.filter("is_closed").select("opportunity_id", "is_won")
    won, lost = (deals.filter(pl.col("is_won") == flag)["opportunity_id"][0] for flag in (True, False))
    question = "Is customer data encrypted at rest?"
    lists = [
        answer_uses.AnsweredRows("A", won, ((question, ""), ("Other?", "yes, with AES-256"))),
        answer_uses.AnsweredRows("B", lost, (("Where are backups stored?", "x"), ("Nothing", "of ours"))),
    ]
    counts = answer_uses.uses(load(filled), lists, sample)
    key = answer_edition.new_id(question)
    assert counts.filter(pl.col("answer_id") == key).row(0)[1:] == (2, 1, 1, 0)
    lift = answer_uses.lift(counts)
    assert lift[key] > 0 > lift[answer_edition.new_id("Where are backups stored?")]
    assert answer_uses.lift(counts.clear()) == {}
    assert answer_uses.with_uses(load(filled).live, counts)["n_uses"].sum() == 3


def test_files_are_kept_by_their_hash_and_only_safe_ones(filled):
    files = filled.library_files
    digest = files.add("LIB-1", "../up/report.pdf", b"%PDF-1.7 x", "ana")
    assert files.add("LIB-1", "again.pdf", b"%PDF-1.7 x", "bo") == digest
    (row,) = files.frame(["LIB-1"]).to_dicts()
    assert (row["file_name"], row["sha256"], files.content(row["file_id"])) == ("report.pdf", digest, b"%PDF-1.7 x")
    for name, content in {
        "x.exe": b"MZ",
        "x.pdf": b"MZ",
        "x.txt": b"",
        "y.txt": b"a\x00b",
        "x.docx": b"PK\x03\x04 word/vbaProject.bin",
    }.items():
        with pytest.raises(StoreError):
            files.add("LIB-1", name, content, "ana")
    files.remove(row["file_id"], "bo")
    files.remove(row["file_id"], "bo")
    with pytest.raises(StoreError, match="gone"):
        files.content(row["file_id"])
    assert {"evidence attached", "evidence removed"} <= set(filled.audit.newest(10)["action"])
    assert files.frame().is_empty()


def test_only_approved_answers_with_a_capability_fill_rows_in(filled, settings):
    row = {**one(filled), "capability_id": "SEC-12"}
    edit = answer_edition.changed(row, "ana", capability_id="SEC-12")
    filled.library.save_all(BOOK, [edit], "ana")
    assert recalled_answers.load(filled, settings).frame.is_empty()
    filled.library.save_all(BOOK, [answer_edition.approval(one(filled), "bo", TODAY, four_eyes=True)], "bo")
    memory = recalled_answers.load(filled, settings)
    assert memory.frame.select("capability_id", "answer", "approved_by").rows() == [
        ("SEC-12", "Yes, with AES-256.", "bo")
    ]
    assert recalled_answers.load(None, settings).frame.is_empty()


def test_the_sample_has_a_library_that_is_suggested_and_never_filled_in(sample, filled):
    catalogue = capabilities.load()
    answers = sample_answers.answers(sample, catalogue)
    assert answers.height > 100
    assert set(answers["state"]) == {APPROVED, DRAFT}
    assert answers.equals(sample_answers.answers(sample, catalogue))
    library = answer_edition.of(answers, filled.library.newest(BOOK), DAYS)
    assert library.frame.height == answers.height + 5
    assert recalled_answers.memory(library, TODAY).frame.is_empty()
    shown = seen(Reader("di", sample, is_masked=True), library.frame, ())
    assert set(shown["owner"].drop_nulls()) == {"A colleague"}
    assert set(shown["source"].drop_nulls()) == {"an earlier list"}


def test_answers_from_lists_outside_ones_bounds_are_not_seen(filled, sample):
    theirs = new("Is theirs?", source="RFP of theirs")
    filled.library.save_all(BOOK, [theirs], "bo")
    bound = Reader.of(Identity("cy", "Cy", (), ("EMEA",)), sample)
    assert theirs.answer_id not in set(seen(bound, load(filled).frame, {"RFP of theirs"})["answer_id"])
    own = Reader.of(Identity("ana", "Ana", (), ("EMEA",)), sample)
    assert theirs.answer_id in set(seen(own, load(filled).frame, {"RFP of theirs"})["answer_id"])


def test_answers_and_capabilities_stand_in_one_list_and_deals_move_what_is_close(filled):
    catalogue = capabilities.load()
    texts = ["Is customer data encrypted at rest?", "Is customer data not encrypted at rest?", "Accounts by SCIM 2.0"]
    ranking = answer_ranking.rank(texts, catalogue, load(filled))
    first = ranking.frame.filter(pl.col("rank") == 1)
    assert first["kind"].to_list()[0] == "answer"
    assert first["kind"].to_list()[2] == "capability"
    chances = ranking.frame.filter((pl.col("key") == answer_edition.new_id(texts[0])) & (pl.col("place") < 2))
    assert chances["chance"][0] > 1.9 * chances["chance"][1]
    assert "differs" in chances["why"][1]
    assert "stands first for" in ranking.sentence()
    assert answer_ranking.rank([], catalogue, load(filled)).sentence().startswith("Neither")
    key = answer_edition.new_id(texts[0])
    lifted = answer_ranking.rank(texts[:1], catalogue, load(filled), {key: 0.4}).frame
    assert "won more often" in lifted.filter(pl.col("key") == key)["why"][0]
