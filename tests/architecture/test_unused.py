"""Nothing stands in the code that nothing uses, no setting that nobody reads, and no shared constant twice."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from vulture import Vulture

from core.config import Settings
from core.config.settings import DEFAULTS

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("core", "pages", "app.py", "server.py", "benchmarks", "training", "tools")
KINDS = ("function", "method", "class", "property")
# Called by libraries: rules of schemas and settings, commands, migrations, modules that load late.
BY_LIBRARIES = (
    "*/core/contracts/*",
    "*/core/sources/map*.py",
    "*/core/sources/connectors/declaration.py",
    "*/core/sources/markup.py",
    "*/html_tables.py",
    "*/question_blocks.py",
    "*/core/*_commands.py",
    "*/core/api/*",
    "*/core/assistants/mcp_server.py",
    "*/core/bi/odata_filters.py",
    "*/core/api/routes/*",
    "*/migrations/versions/*",
    "*/core/cli.py",
    "*/core/config/engine_settings.py",
    "*/core/config/settings.py",
    "*/core/config/branding.py",
    "*/core/plays/play_definition.py",
)
NAMES = ["__getattr__", "do_GET", "log_message", "visit_*"]  # all but the first are called by the standard library
# Offered to whoever works with the library at a prompt, and for tests of what is kept.
OFFERED = {
    "put_sample": "puts another company where the sample would be, as the tests of pages do",
    "of_dataset": "which ends name the last day, for whoever works with the library",
    "cycle_days": "a measure, in docs/glossary.md",
    "chance_of": "of a distribution of outcomes",
    "rows_by_name": "reads what is kept, for the gallery of artefacts",
    "keep_file": "of the store, which replaces a buyer's file by it",
    "slipped": "named by a topic of questions",
    "pin": "of the cache of artefacts",
    "unpin": "of the cache of artefacts",
    "clear_notices": "of the cache of artefacts",
    "resize": "of the cache of artefacts",
    "total_bytes": "of the cache of artefacts",
    "forget_sources": "for a server that has loaded changed code",
    "Explainable": "names what can be explained, for type checkers",
    "Contender": "names what can be fitted, for type checkers",
}
ONCE = {
    r'"Not known"': "core/contracts/constants.py",
    r"\b1\.281\d*": "core/contracts/constants.py",
    r'\("blocker", "major", "moderate", "minor"\)|"blocker": 0': "core/contracts/constants.py",
}


def sources() -> list[Path]:
    return sorted(f for folder in ("core", "pages") for f in (ROOT / folder).rglob("*.py"))


def test_nothing_stands_unused():
    scan = Vulture(ignore_names=NAMES)
    scan.scavenge([str(ROOT / folder) for folder in FOLDERS])
    unused = [item for item in scan.get_unused_code() if item.typ in KINDS and item.name not in OFFERED]
    left = [item for item in unused if not any(item.filename.match(pattern) for pattern in BY_LIBRARIES)]
    assert [f"{item.filename.relative_to(ROOT)}: {item.name}" for item in left] == []


def leaves(model, prefix=""):
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and hasattr(inner, "model_fields"):
            yield from leaves(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


@pytest.fixture(scope="module")
def code():
    files = [f for f in (*sources(), ROOT / "app.py", ROOT / "server.py") if f.name != "settings.py"]
    own = (ROOT / "core" / "config" / "settings.py").read_text(encoding="utf-8").partition("class Settings")[2]
    return "\n".join((*(f.read_text(encoding="utf-8") for f in files), own))


def test_every_setting_is_read(code):
    assert DEFAULTS.exists()
    words = set(re.findall(r"(?<=\.)\w+|(?<=\")\w+(?=\")", code))
    unread = []
    for setting in leaves(Settings):
        section, _, name = setting.rpartition(".")
        is_read = re.search(r"settings\.health\b", code) if section == "health" else name in words
        unread += [] if is_read else [setting]
    assert unread == []


@pytest.mark.parametrize("pattern", ONCE)
def test_a_shared_constant_is_written_once(pattern):
    files = {
        f.relative_to(ROOT).as_posix()
        for f in sources()
        if any(
            re.search(pattern, line)
            for line in f.read_text(encoding="utf-8").splitlines()
            if not line.lstrip().startswith(("#", ">>>", "'", '"""')) and " belong to " not in line
        )
    }
    assert {file for file in files if file != ONCE[pattern]} - DESCRIBED == set()


# Docstrings that name the word.
DESCRIBED = {"core/scenarios/data/baseline.py", "core/models/revenue/bookings_signal.py"}
