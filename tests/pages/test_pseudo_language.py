"""Pages in the language nobody speaks: what is shown without its marks is data, a number, or not in the catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from core.contracts import FRAMES
from core.localization.pseudo import BEGIN, END
from pages.ui.kit import page_language, shell

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["app.py", *(f"pages/{p.name}" for p in sorted((ROOT / "pages").glob("*.py")))]
QUICK = ("pages/leads.py", "pages/attribution.py")
# Texts of a page that are no words for a catalogue; a number here only becomes smaller.
NOT_OURS = {
    "pages/data.py": (1, "`Tenant` is the name of a field at the other system"),
    "pages/enablement.py": (4, "a buyer's requirements, and what a proof of concept needs, from a file of the company"),
    "pages/help.py": (400, "guides are English"),
    "pages/requirements.py": (16, "a buyer's list, drafts in the buyer's language, names of capabilities"),
}
FIELDS = ("label", "help", "placeholder", "body", "delta", "message", "text")
MARKED = re.compile(f"{BEGIN}[^{BEGIN}{END}]*{END}")
LINK = re.compile(r"\]\([^)]*\)|:\w+\[|:material/\w+:|`[^`]*`|https?://\S+")
WORD = re.compile(r"[A-Za-z][a-z]{2,}")
MONTHS = set(
    "January February March April May June July August September October November December "
    "Jan Feb Mar Apr Jun Jul Aug Sep Oct Nov Dec".split()
)


@pytest.fixture(autouse=True)
def home(settings, sample, bundle, monkeypatch, tmp_path):
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    # What caches of other tests in this process had to say.
    monkeypatch.setattr(shell, "all_notices", lambda: ())


@pytest.fixture(scope="module")
def names(sample) -> set[str]:
    """Words that stand in the sample company's data."""
    words: set[str] = set()
    for frame in (getattr(sample, name) for name in FRAMES):
        if isinstance(frame, pl.DataFrame):
            for column in frame.select(pl.col(pl.String)).get_columns():
                if column.name not in ("transaction_id", "activity_id"):
                    words.update(WORD.findall(" ".join(column.drop_nulls().unique().head(5_000))))
    return words


def in_pseudo(page: str) -> AppTest:
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
    test.session_state[page_language.CHOICE] = {"local": "xx"}
    return (test if page == "app.py" else test.switch_page(page)).run()


def texts(block: Any) -> Iterator[str]:
    for part in block.children.values():
        proto = getattr(part, "proto", None)
        if hasattr(part, "children"):
            yield from texts(part)
        elif part.type not in ("html", "iframe", "code", "arrow_data_frame"):
            if part.type == "button_group":
                yield from (option.content for option in proto.options)
            for name in FIELDS:
                value = getattr(proto, name, "")
                if isinstance(value, str):
                    yield value


def unmarked(test: AppTest, names: set[str]) -> list[str]:
    """Return the texts with words that are neither marked nor of the data."""
    out = []
    for text in dict.fromkeys(texts(test._tree)):
        rest, before = LINK.sub(" ", text), ""
        while rest != before:
            rest, before = MARKED.sub(" ", rest), rest
        words = set(WORD.findall(rest)) - names - MONTHS - {"Quarterdeck"}
        if words:
            out.append(f"{sorted(words)}: {text[:200]}")
    return out


@pytest.mark.parametrize("page", QUICK)
def test_these_pages_show_no_word_outside_the_catalogue(page, names):
    test = in_pseudo(page)
    assert not test.exception
    assert not unmarked(test, names)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_no_page_shows_more_words_outside_the_catalogue(page, names):
    test = in_pseudo(page)
    assert not test.exception
    rows = unmarked(test, names)
    assert len(rows) <= NOT_OURS.get(page, (0, ""))[0], "\n".join(rows)
