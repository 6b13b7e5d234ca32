"""Every page on a phone, measured; the last digest without a connection; sharing and reading aloud."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from pages.ui.kit.rooms import ROOMS
from tests import phone_measures
from tests.browsers import browser  # noqa: F401
from tests.page_measures import open_page, settle
from tests.servers import own_database, serving

pytestmark = pytest.mark.slow
PATIENCE = 300  # seconds; on a machine under load a page is slow, not wrong
PAGES = [Path(file).stem.removesuffix("app") for rooms in ROOMS.values() for file, _, _ in rooms]
SCREENS, TEXT = 2, 12  # the answer within two of them; pixels
SHIFT = 0.25  # Browsers call 0.1 good and more than 0.25 poor; docs/benchmarks.md has each page.
SETTINGS = """
access:
  sign_in: header
  mask_key: phone
  people:
    ann@example.com: {roles: [leader], name: Ann Leader}
    ben@example.com: {roles: [leader], name: Ben Leader}
    pia@example.com: {roles: [presales], name: Pia Presales, mask_names: true}
"""
RECORD = """() => new Promise(resolve => {
  const asked = indexedDB.open("quarterdeck", 1);
  asked.onsuccess = () => {
    const read = asked.result.transaction("digest").objectStore("digest").getAll();
    read.onsuccess = () => { asked.result.close(); resolve(read.result.map(record => ({
      fields: Object.keys(record).sort(), canLeave: record.key.extractable,
      plain: new TextDecoder().decode(record.sealed)}))); };
  };
})"""
VOICES = """window.speechSynthesis.getVoices = () => [
  {name: "Cloud", lang: "en-US", localService: false, default: true}, ...(window.hasOwn ? [OWN] : [])];
const OWN = {name: "Own", lang: "en-US", localService: true, default: false};
window.hasOwn = HAS;
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
window.spoken = [];
window.speechSynthesis.speak = speech => window.spoken.push([speech.text, speech.voice.name]);
navigator.share = given => { window.shared = given; return Promise.resolve(); };
navigator.canShare = () => true;"""


@pytest.fixture(scope="module")
def address(small_settings, small_bundle, tmp_path_factory):
    """The address of a server on the small company at which three people may sign in."""
    folder = tmp_path_factory.mktemp("phone")
    (folder / "quarterdeck.yaml").write_text(SETTINGS, encoding="utf-8")
    with serving(folder, own_database(small_settings.home, folder)) as served:
        yield served


@pytest.fixture(scope="module")
def open_address(small_settings, small_bundle, tmp_path_factory):
    """The address of a server at which nobody signs in, so that every page opens."""
    folder = tmp_path_factory.mktemp("open")
    with serving(folder, own_database(small_settings.home, folder)) as served:
        yield served


def phone(browser, login=""):  # noqa: F811
    """Return a page on a phone, of somebody signed in where a name is given."""
    context = browser.new_context(**phone_measures.PROFILE)
    sign_in(context, login)
    return context.new_page()


def sign_in(context, login):
    context.set_extra_http_headers({"X-Forwarded-Email": login} if login else {})


def test_every_page_speaks_first_and_can_be_read_and_touched(browser, open_address):  # noqa: F811
    page = phone(browser)
    page.add_init_script(phone_measures.WATCH)
    counter = phone_measures.Counter(page)
    open_page(page, open_address, PATIENCE)  # What every page loads is there from now on.
    first = counter.taken()
    pages = [phone_measures.looked_at(page, counter, f"{open_address}/{name}", PATIENCE) for name in PAGES]
    if target := os.environ.get("QUARTERDECK_PHONE_TABLE"):
        text = f"The first page of all: {first:,} kB.\n\n{phone_measures.table(pages)}"
        Path(target).write_text(text, encoding="utf-8")
    page.context.close()
    assert {p.name: p.small for p in pages if p.small} == {}
    assert {p.name: p.faint for p in pages if p.faint} == {}
    assert [p.name for p in pages if p.overflow > 1 or p.text < TEXT or not p.can_zoom] == []
    assert {p.name: p.answer_top for p in pages if not 0 < p.answer_top < SCREENS * phone_measures.HEIGHT} == {}
    assert {p.name: p.shift for p in pages if p.shift > SHIFT} == {}


def kept(page, address):
    """Open the digest, and wait until the device says that it has it; return its words."""
    open_page(page, f"{address}/digest", PATIENCE)
    expect(page.locator(".qd-offline")).to_contain_text("Kept on this device", timeout=PATIENCE * 1_000)
    return page.locator(".st-key-digest_paper").inner_text()


def without_connection(page, address):
    """Return what a page shows where the server cannot be reached."""
    page.context.set_offline(True)
    page.goto(f"{address}/pipeline", wait_until="load")
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    words = page.locator("body").inner_text()
    page.context.set_offline(False)
    return words


def test_the_last_digest_is_there_without_a_connection_for_its_reader_alone(browser, address, small):  # noqa: F811
    page = phone(browser, "ann@example.com")
    words = kept(page, address)
    offline = without_connection(page, address)
    assert " ".join(words.split()) in " ".join(offline.split())
    assert "as you last saw it, on " in offline
    page.get_by_role("link", name="Try again").click()
    settle(page, PATIENCE)
    (record,) = page.evaluate(RECORD)
    assert record["fields"] == ["iv", "key", "seal", "sealed", "seen", "until"]
    assert not record["canLeave"]
    assert "The number" not in record["plain"]
    assert page.evaluate("caches.keys()") == []

    sign_in(page.context, "ben@example.com")  # Another person on the same device.
    open_page(page, f"{address}/pipeline", PATIENCE)
    assert "No digest is kept on this device." in without_connection(page, address)

    sign_in(page.context, "pia@example.com")
    masked = kept(page, address)
    names = {name for name in [*small.accounts["account_name"], *small.sales_team["rep_name"]] if name}
    offline = without_connection(page, address)
    assert " ".join(masked.split()) in " ".join(offline.split())
    assert [name for name in names if name in offline] == []

    sign_in(page.context, "ann@example.com")
    kept(page, address)
    open_page(page, f"{address}/pipeline?names=hidden", PATIENCE)  # Hidden since: what was kept bears real names.
    assert "No digest is kept on this device." in without_connection(page, address)

    sign_in(page.context, "ben@example.com")
    kept(page, address)
    page.goto(f"{address}/auth/logout")
    assert "No digest is kept on this device." in without_connection(page, address)
    page.context.close()


@pytest.mark.parametrize("has_voice", [True, False])
def test_an_answer_is_shared_and_read_aloud_by_a_voice_on_the_device_alone(browser, address, has_voice):  # noqa: F811
    page = phone(browser, "ann@example.com")
    page.add_init_script(VOICES.replace("HAS", str(has_voice).lower()))
    open_page(page, f"{address}/pipeline?region=EMEA", PATIENCE)
    page.get_by_role("button", name="Share").click()
    shared = page.evaluate("window.shared")
    assert shared["url"] == page.url
    assert shared["title"].startswith("Pipeline")
    page.get_by_role("button", name="Ask").click()
    field = page.locator(".st-key-search input")
    expect(field).to_be_focused()
    assert field.get_attribute("type") == "text"  # A plain field takes what the keyboard hears.
    field.press_sequentially("how much pipeline is open")
    page.get_by_role("button", name="Answer this question").click()
    sentence = page.locator(".st-key-answer_sentence p")
    expect(sentence).to_be_visible()
    aloud = page.get_by_role("dialog").get_by_role("button", name="Read aloud")
    if has_voice:
        aloud.click()
        assert page.evaluate("window.spoken") == [[sentence.inner_text(), "Own"]]
        page.get_by_role("dialog").get_by_role("button", name="Stop").click()
        expect(aloud).to_be_visible()
    else:
        expect(aloud).to_be_hidden()
    page.context.close()
