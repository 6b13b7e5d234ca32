"""Two people work on one list in Chromium: rows given, stages, a question out and in, the trust page, its version 2."""

from __future__ import annotations

import io
import sqlite3
import zipfile
from contextlib import closing, suppress

import openpyxl
import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import expect

from core.requirements.library import answer_edition
from core.store import Store
from core.store.reviews import Change
from tests.browser.steps import LONG, TRIES, choose, quiet, whole
from tests.browsers import browser  # noqa: F401
from tests.page_measures import OVERFLOW
from tests.servers import serving

pytestmark = pytest.mark.slow
SETTINGS = """
access:
  sign_in: header
  people:
    ann@example.com: {roles: [sales_engineer], name: Ann Writer}
    lou@example.com: {roles: [leader, sales_engineer], name: Lou Legal}
requirements: {four_eyes: true}
"""
ROWS = [
    ["S", r, f"R-{r}", f"Is question {r} on encryption answered?", "security", "high", None, 0.5] for r in range(1, 13)
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("two")


@pytest.fixture(scope="module")
def address(small_settings, small_bundle, folder):
    (folder / "quarterdeck.yaml").write_text(SETTINGS, encoding="utf-8")
    target = f"sqlite:///{folder / 'store.db'}"
    store = Store.open(target)
    payload = {"rows": ROWS, "sections": ["Access"] * 12, "file_key": "k", "opportunity_id": None}
    number = store.requirement_sets.save_with_file("Harbour", "everybody", payload, ("a.csv", b"x")).id
    store.reviews.change(number, [Change("S", 1, 0, {"answer": "Yes.", "state": "answered"})], "ann@example.com")
    store.projects.save(
        store.projects.get(number), {"stages": [["draft", ["writer"]], ["legal", ["legal"]], ["approved", []]]}, "ann"
    )
    _proven(store, ROWS[0][3])
    store.close()
    env = {"QUARTERDECK_HOME": str(small_settings.home), "QUARTERDECK_DATABASE_URL": target}
    with serving(folder, env | {"QUARTERDECK_CONFIG": "", "QUARTERDECK_DATA": ""}) as served:
        yield served


def _proven(store, question):
    """Put an approved answer into the library, with a file that may be public and one that may not."""
    start = {"answer_id": answer_edition.new_id(question), "version": 0}
    edit = answer_edition.changed(start, "ann", question=question, answer="Yes.")
    store.library.save_all(answer_edition.BOOK, [edit], "ann")
    row = answer_edition.load(store, {}).row(edit.answer_id)
    approval = answer_edition.approval(row, "lou", store.library.today(), four_eyes=True)
    store.library.save_all(answer_edition.BOOK, [approval], "lou")
    for name in ("soc2.txt", "internal.txt"):
        store.library_files.add(edit.answer_id, name, f"This is {name}".encode(), "ann")
    store.library_files.publish(int(store.library_files.frame()["file_id"][0]), "lou", is_public=True)


@pytest.fixture(scope="module")
def person(browser):  # noqa: F811
    def signed_in(who):
        headers = {"X-Forwarded-Email": f"{who}@example.com"}
        return browser.new_context(viewport={"width": 1440, "height": 1000}, extra_http_headers=headers).new_page()

    return signed_in


def at_the_project(view, address):
    view.goto(f"{address}/project", wait_until="domcontentloaded", timeout=LONG)
    expect(view.get_by_text("What may the public read?").first).to_be_visible(timeout=LONG)
    whole(view)
    return view


def pick(view, key, word):
    """Choose what has a word from a list by its key, and close it.

    The list is drawn anew while it is narrowed down, and its first line may be the one that selects all: what came of
    a click is looked at, and the click made again where another option moved under it.
    """
    field = view.locator(f".st-key-{key}")
    box, option = field.locator("input"), view.get_by_role("option").filter(has_text=word).first
    for _ in range(TRIES):
        box.click()
        box.fill(word)
        quiet(view)
        with suppress(PlaywrightTimeout):
            option.click(timeout=2_000)
        quiet(view)
        box.press("Escape")
        quiet(view)
        if word in field.inner_text() or word in box.input_value():
            return
    raise AssertionError(f"{word} is not chosen: {field.inner_text()!r}")


def press(view, key, *, sees):
    view.locator(f".st-key-{key} button").first.click()
    expect(view.get_by_text(sees).first).to_be_visible(timeout=LONG)
    quiet(view)


def test_a_list_from_assignment_to_the_trust_page(person, address, folder):
    ann, lou = at_the_project(person("ann"), address), at_the_project(person("lou"), address)
    ann.get_by_role("tab", name="By hand").click()
    quiet(ann)
    pick(ann, "hand_rows", "5 · Is question 5")
    box = ann.locator(".st-key-hand_person input")
    box.click()
    box.press_sequentially("lou@example.com")
    box.press("Enter")
    quiet(ann)
    press(ann, "hand_give", sees="1 row has an owner now.")
    ann.get_by_text("History and comments of a row").click()
    quiet(ann)
    ann.get_by_label("Comment", exact=True).fill("@Lou Legal **please** <b>look</b>")
    ann.get_by_role("button", name="Add comment").click()
    expect(ann.get_by_text("@Lou Legal **please** <b>look</b>").first).to_be_visible(timeout=LONG)
    pick(ann, "stage_rows", "1 · draft")
    pick(ann, "stage_to", "legal")
    press(ann, "stage_move", sees="1 moved to legal.")
    at_the_project(lou, address)
    expect(lou.get_by_text("2 tasks for you")).to_be_visible(timeout=LONG)
    pick(lou, "stage_rows", "1 · legal")
    pick(lou, "stage_to", "approved")
    press(lou, "stage_move", sees="1 moved to approved.")
    pick(lou, "public_rows", "1 · not public")
    press(lou, "public_True", sees="1 public now.")
    _question_out_and_in(ann, folder)
    _trust_page(lou, folder)
    for width, scheme in ((390, "dark"), (1440, "light")):
        lou.set_viewport_size({"width": width, "height": 900})
        lou.emulate_media(color_scheme=scheme)
        quiet(lou)
        assert lou.evaluate(OVERFLOW) <= 1


def downloaded(view, key):
    """Return the file behind a button; asked for anew, for a download of Chromium bears no header of the context."""
    with view.expect_download(timeout=LONG) as download:
        view.locator(f".st-key-{key} button").click()
    answer = view.context.request.get(download.value.url)
    assert answer.ok
    return answer.body()


def _question_out_and_in(view, folder):
    view.get_by_text("Ask about a row").click()
    pick(view, "ask_rows", "3 · Is question 3")
    view.get_by_label("Question", exact=True).fill("Which region?")
    view.get_by_label("Question", exact=True).blur()
    quiet(view)
    with closing(sqlite3.connect(folder / "store.db", isolation_level=None)) as away:
        away.execute("BEGIN EXCLUSIVE")
        press(view, "ask_go", sees="Nothing was saved")
        expect(view.get_by_label("Question", exact=True)).to_have_value("Which region?")
        away.execute("ROLLBACK")
    press(view, "ask_go", sees="1 question added.")
    file = folder / "back.xlsx"
    book = openpyxl.load_workbook(io.BytesIO(downloaded(view, "questions_xlsx")))
    book.active["E5"] = "EU only"
    book.save(file)
    view.locator(".st-key-answers_file input[type=file]").set_input_files(file)
    expect(view.locator(".st-key-answers_read button")).to_be_visible(timeout=LONG)
    quiet(view)
    press(view, "answers_read", sees="1 new, 0 as before")


def _trust_page(view, folder):
    with zipfile.ZipFile(io.BytesIO(downloaded(view, "trust_zip"))) as archive:
        archive.extractall(folder)
    crashes = []
    page = view.context.browser.new_page(viewport={"width": 390, "height": 800}, java_script_enabled=False)
    page.on("console", lambda message: crashes.append(message.text))
    page.goto((folder / "trust" / "index.html").as_uri())
    assert page.evaluate("1") == 1
    page.get_by_role("link", name="Is question 1 on encryption answered?").click()
    expect(page.get_by_text("Yes.", exact=True)).to_be_visible()
    page.get_by_role("link", name="Words").click()
    page.get_by_role("link", name="Is question 1 on encryption answered?").first.click()
    assert page.locator("h1").inner_text() == "Security"
    assert page.evaluate("getComputedStyle(document.querySelector('main')).maxWidth") != "none"
    page.get_by_role("link", name="Evidence", exact=True).click()
    assert page.get_by_text("internal.txt").count() == 0
    page.get_by_role("link", name="soc2.txt").click()
    assert page.locator("body").inner_text() == "This is soc2.txt"
    assert crashes == []
    page.close()


def test_version_two_takes_over_what_stands(person, address):
    """Runs after the walk above: row 1 is approved by a second person and public, row 3 is asked about."""
    ann = person("ann")
    ann.goto(f"{address}/requirements", wait_until="domcontentloaded", timeout=LONG)
    whole(ann)
    texts = [row[3] for row in ROWS[:11]]
    texts[2] = "Is question 3 on encryption of backups answered in writing?"
    lines = [f"R-{k},{text},high" for k, text in enumerate([*texts, "Are keys of our own supported?"], 1)]
    file = {
        "name": "harbour-2.csv",
        "mimeType": "text/csv",
        "buffer": "\n".join(["Ref,Requirement,Priority", *lines]).encode(),
    }
    ann.locator(".st-key-requirement_upload input[type=file]").set_input_files(file)
    expect(ann.get_by_text("12 requirements read from the file.").first).to_be_visible(timeout=LONG)
    quiet(ann)
    choose(ann, ann.get_by_role("combobox", name="Earlier version"), "Harbour")
    expect(ann.get_by_text("can be carried over, 1 of them approved.").first).to_be_visible(timeout=LONG)
    quiet(ann)
    ann.get_by_role("button", name="Save as the new version, with answers carried over").click()
    expect(ann.get_by_text("Saved: Harbour v2, with").first).to_be_visible(timeout=LONG)
    lou = at_the_project(person("lou"), address)
    pick(lou, "list", "Harbour v2")
    expect(lou.get_by_text("1 in approved").first).to_be_visible(timeout=LONG)
    whole(lou)
    assert lou.evaluate(OVERFLOW) <= 1
