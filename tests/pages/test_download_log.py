"""A file that leaves a page is a line of the audit log, and pages have no other way to offer one."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from core.access import LOCAL, View
from core.contracts.errors import StoreError
from core.scope import Scope
from pages.ui.kit import downloads

ROOT = Path(__file__).resolve().parents[2]


class Button:
    def download_button(self, label, data, file_name, *more, **options):
        self.data = data


@pytest.fixture
def page(settings, monkeypatch):
    lines = []
    fake = SimpleNamespace(
        title="Pipeline",
        right="pipeline:read",
        identity=LOCAL,
        view=View(is_masked=True),
        scope=Scope(region="EMEA"),
        settings=settings,
        note=lambda *words: lines.append(words),
        lines=lines,
    )
    monkeypatch.setattr(downloads.st, "session_state", {"page": fake})
    return fake


@pytest.mark.parametrize("content", [b"12345", lambda: b"12345"])
def test_what_is_downloaded_is_written_down_with_scope_and_size(page, content):
    button = Button()
    downloads.button(button, "PDF", content, "deals.pdf")
    assert page.lines == []
    assert button.data() == b"12345"
    ((action, target, detail),) = page.lines
    assert (action, target) == ("downloaded", "deals.pdf")
    for word in ("Pipeline", "the whole company", "names hidden", "EMEA", "5 bytes"):
        assert word in detail


def test_the_number_of_rows_is_written_down(page):
    button = Button()
    downloads.button(button, "CSV", lambda: "id\n1\n2\n", "deals.csv")
    button.data()
    assert "; 2 rows; 7 bytes" in page.lines[0][2]


def test_what_cannot_be_written_down_does_not_leave_where_people_sign_in(page, settings):
    def refuse(*words):
        raise StoreError("The database does not answer.")

    page.note = refuse
    button = Button()
    downloads.button(button, "CSV", b"x", "x.csv")
    assert button.data() == b"x"
    signed = settings.access.model_copy(update={"sign_in": "oidc"})
    page.settings = settings.model_copy(update={"access": signed})
    with pytest.raises(StoreError):
        button.data()


def test_pages_offer_files_by_this_way_alone():
    files = [ROOT / "app.py", *(ROOT / "pages").rglob("*.py")]
    direct = [file.name for file in files if ".download_button(" in file.read_text(encoding="utf-8")]
    assert direct == ["downloads.py"]
