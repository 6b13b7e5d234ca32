"""Links of alerts lead to pages and cells there are."""

from __future__ import annotations

import ast
import re
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from core.alerts import watching
from core.alerts.alert_rule import KINDS, Rule
from core.alerts.sight import Ground
from core.alerts.watched_measures import MEASURES
from core.config.stages import fitted
from core.plays import play_definition, play_start
from core.requirements.library import answer_edition

ROOT = Path(__file__).resolve().parents[2]


def cells(path: str) -> set[str]:
    """Return the headings of a page's cells, also those its parts name in a constant."""
    file = ROOT / "app.py" if path == "/" else ROOT / f"pages{path}.py"
    text = file.read_text(encoding="utf-8")
    parts = [ROOT / "pages" / "ui" / path.strip("/")] if path != "/" else []
    constants = [c.read_text(encoding="utf-8") for part in parts for c in part.glob("*.py")]
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    names = {a.value for call in calls for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)}
    return names | {match for words in constants for match in re.findall(r'^QUESTION = "(.*)"$', words, re.MULTILINE)}


@pytest.mark.parametrize("name", list(MEASURES))
def test_a_figure_s_link_opens_its_cell(name):
    assert MEASURES[name].cell in cells(MEASURES[name].path)


def test_every_other_link_opens_its_cell(small, small_settings, small_bundle, store):
    troubles = {"sync_trouble": {"crm": "no answer"}, "model_trouble": {"models": "too few deals"}}
    ground = Ground(small, fitted(small_settings, small), store, small_bundle, "region=EMEA", troubles)
    words = {"question": "Is it?", "answer": "Yes.", "category": "security", "reviewed_on": date(2020, 1, 1)}
    due = answer_edition.changed({"answer_id": "LIB-1"}, "ana", **words)
    store.library.save_all(answer_edition.BOOK, [due], "ana")
    play_start.look(small, ground.settings, store)
    stalled = play_definition.play_of(store, "stalled_deal")
    stopped = stalled.play.model_copy(update={"is_on": False, "retired": "It does nothing."})
    play_definition.save(store, stopped, "ana", stalled.version)
    kinds = set()
    for kind in KINDS:
        for sight in (watching.sights(Rule("ana", "x", kind, "bookings", limit=0.0001, days=92), ground) or [])[:1]:
            parts = urlsplit(sight.link)
            (cell,) = parse_qs(parts.query)["see"]
            assert cell in cells(parts.path), sight.link
            kinds.add(kind)
    assert kinds >= set(KINDS) - {"call_missing"}
