"""Templates of the company's own: checked before they are kept, looked at, used, and taken away."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from docx import Document
from pptx import Presentation

from core.branding.letterhead import HOUSE
from core.config import load
from core.config.usage_limits import UsageLimits
from core.contracts.errors import ConfigError, StoreError
from core.enablement import saved_templates
from core.enablement.saved_templates import DOCX, KINDS, PPTX


def saved(document) -> bytes:
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def word_template() -> bytes:
    document = Document()
    document.sections[0].footer.paragraphs[0].text = "Acme confidential"
    return saved(document)


def with_part(content: bytes, name: str, text: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as book, zipfile.ZipFile(target, "w") as again:
        for part in book.namelist():
            again.writestr(part, book.read(part))
        again.writestr(name, text)
    return target.getvalue()


@pytest.fixture
def settings(tmp_path: Path):
    return load(environ={"QUARTERDECK_HOME": str(tmp_path / "home")})


def test_a_kept_template_goes_before_that_of_the_settings_until_it_is_taken_away(settings, tmp_path):
    (tmp_path / "named.docx").write_bytes(saved(Document()))
    named = settings.enablement.templates.model_copy(update={"docx": str(tmp_path / "named.docx")})
    settings = settings.model_copy(update={"enablement": settings.enablement.model_copy(update={"templates": named})})
    assert saved_templates.in_force(settings, DOCX) == (tmp_path / "named.docx").read_bytes()
    assert saved_templates.in_force(settings, PPTX) is None
    own = word_template()
    saved_templates.save(settings, DOCX, own)
    assert saved_templates.is_saved(settings, DOCX)
    assert saved_templates.in_force(settings, DOCX) == own
    saved_templates.forget(settings, DOCX)
    saved_templates.forget(settings, DOCX)
    assert saved_templates.in_force(settings, DOCX) != own


def test_a_preview_shows_what_the_template_makes():
    made = Document(io.BytesIO(saved_templates.preview(DOCX, word_template(), HOUSE)))
    assert made.sections[0].footer.paragraphs[0].text == "Acme confidential"
    assert "How your documents look" in [paragraph.text for paragraph in made.paragraphs]
    deck = Presentation(io.BytesIO(saved_templates.preview(PPTX, saved(Presentation()), HOUSE)))
    assert len(deck.slides) == 3
    for kind in KINDS:
        assert saved_templates.preview(kind, None, HOUSE)


@pytest.mark.parametrize(
    ("kind", "content", "words"),
    [
        (DOCX, b"no zip at all", "cannot be opened"),
        (DOCX, saved(Presentation()), "cannot be opened"),
        (DOCX, with_part(word_template(), "word/vbaProject.bin", b"x"), "holds macros"),
        (
            DOCX,
            with_part(
                word_template(),
                "word/_rels/extra.rels",
                b'<Relationship Type="x/image" Target="https://a.example/p.png" TargetMode="External"/>',
            ),
            "fetches something from elsewhere",
        ),
        (DOCX, b"x" * 20_000_001, "20 MB is the most"),
    ],
)
def test_what_is_no_template_or_no_mere_one_is_refused(settings, kind, content, words):
    with pytest.raises(ConfigError, match=words):
        saved_templates.save(settings, kind, content)
    assert not saved_templates.is_saved(settings, kind)


def test_a_link_in_the_footer_is_no_fetching_and_a_missing_style_is_told(settings, monkeypatch):
    link = b'<Relationship Type="x/hyperlink" Target="https://acme.example" TargetMode="External"/>'
    assert saved_templates.checked(with_part(word_template(), "word/_rels/extra.rels", link), DOCX) == ""
    monkeypatch.setitem(saved_templates.LACKING, DOCX, lambda _: "There is no style called Title.")
    monkeypatch.setitem(saved_templates.LACKING, PPTX, lambda _: "There is no layout.")
    assert saved_templates.checked(word_template(), DOCX) == "There is no style called Title."
    with pytest.raises(ConfigError, match="no layout"):
        saved_templates.checked(word_template(), PPTX)


def test_there_is_room_for_it_or_it_is_not_kept(settings, tmp_path):
    full = settings.model_copy(update={"limits": UsageLimits(storage_mb=1)})
    settings.home.mkdir()
    (settings.home / "big").write_bytes(b"x" * 1_000_000)
    with pytest.raises(StoreError, match="There is no room"):
        saved_templates.save(full, DOCX, word_template())
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigError, match="cannot be saved"):
        saved_templates.save(settings.model_copy(update={"home": tmp_path / "file"}), DOCX, word_template())
