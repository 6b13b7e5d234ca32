"""The answer library in Chromium: imported, searched, approved by a second person."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.steps import quiet, whole
from tests.servers import own_database, serving

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
LONG = 120_000
SETTINGS = """
access:
  sign_in: header
  people:
    ana@example.com: {roles: [presales], name: Ana}
    bo@example.com: {roles: [admin], name: Bo}
"""
FAQ = (
    "Question,Answer,Category,Owner,Last reviewed\n"
    "Is the zirconium register exported every night?,Yes as CSV.,security,Ana,2025-01-02\n"
    "Is the register signed?,,security,Ana,\n"
)


@pytest.fixture(scope="module")
def address(small, small_settings, small_bundle, tmp_path_factory):
    """The address of a server on the small company at which two people may sign in."""
    folder = tmp_path_factory.mktemp("library")
    (folder / "quarterdeck.yaml").write_text(SETTINGS, encoding="utf-8")
    with serving(folder, own_database(small_settings.home, folder)) as served:
        yield served


@pytest.fixture
def person(browser, address):
    """Open a page as somebody."""
    contexts = []

    def come(user, path):
        contexts.append(browser.new_context(extra_http_headers={"X-Forwarded-Email": user}))
        view = contexts[-1].new_page()
        view.goto(f"{address}/{path}")
        whole(view)
        return view

    yield come
    for context in contexts:
        context.close()


def upload(view, name, text):
    file = {"name": name, "mimeType": "text/csv", "buffer": text.encode()}
    view.locator("input[type=file]").first.set_input_files(file)
    quiet(view)


def choose(view):
    question = FAQ.splitlines()[1].split(",")[0]
    view.get_by_text(question).first.wait_for(state="attached", timeout=LONG)
    box = view.get_by_role("combobox", name="Answer", exact=True)
    quiet(view)
    box.click()
    box.press_sequentially(question[:25])
    view.get_by_role("option").filter(has_text=question).click()
    quiet(view)


def test_a_library_is_imported_found_read_again_and_approved_by_a_second_person(person):
    ana = person("ana@example.com", "library")
    upload(ana, "faq.csv", FAQ)
    expect(ana.get_by_text("1 of 2 questions have an answer")).to_be_visible(timeout=LONG)
    ana.get_by_role("button", name="Take over 1 answer").click()
    expect(ana.get_by_text("1 answer is taken over from faq.csv.").first).to_be_visible(timeout=LONG)
    ana.get_by_role("textbox", name="Search the library").fill("zirconum regster")
    ana.get_by_role("textbox", name="Search the library").press("Enter")
    expect(ana.get_by_text("was read as “zirconium”")).to_be_visible(timeout=LONG)
    choose(ana)
    expect(ana.get_by_text("It waits for somebody whose role approves.")).to_be_visible(timeout=LONG)
    bo = person("bo@example.com", "library")
    bo.get_by_role("textbox", name="Search the library").fill("zirconium register")
    bo.get_by_role("textbox", name="Search the library").press("Enter")
    quiet(bo)
    choose(bo)
    bo.get_by_role("button", name="Approve this answer").click()
    expect(bo.get_by_text("Approved: LIB-").first).to_be_visible(timeout=LONG)
