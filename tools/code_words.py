"""Words on screen that no literal of a page says: names of features and drivers, and codes kept as words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

from core import yaml_text
from core.column_labels import label
from core.features.labels import plain
from core.localization.extraction import Word

ROOT = Path(__file__).resolve().parents[1]
TITLES = {"title", "text", "unit"}
ONE, FIELD = re.compile(r"[a-z]{3,}"), re.compile(r"([a-z][a-z_]+):[NOQT]")
FEATURES = ("core.features.deals", "core.features.accounts")
# Constants whose members stand in cells, on axes and among options.
CODES = {
    "core.contracts.opportunities": ("OPPORTUNITY_TYPES", "FORECAST_CATEGORIES"),
    "core.requirements.text.classification": ("CATEGORIES", "PRIORITIES", "OBLIGATIONS"),
    "core.requirements.text.row_kind": ("KINDS", "POLARITIES"),
    "core.requirements.catalogue.capabilities": ("STATUSES",),
    "core.requirements.work.row_review": ("STATES",),
    "core.requirements.library.answer_edition": ("STATES",),
    "core.requirements.judge.gap_effort": ("SIZES",),
    "core.metrics.benchmarks": ("FIGURES",),
    "core.metrics.deal_scope": ("LEVELS",),
    "core.metrics.lead_quality": ("ANSWERS",),
    "core.territories.account_potential": ("KINDS",),
    "core.scenarios.data.historical_ranges": ("RANKS", "NUMBERS"),
}
# Files of words: the keys and the texts below these names.
FILES: Mapping[str, tuple[str, ...]] = {
    "core/config/plays.yaml": ("name", "purpose"),
    "core/enablement/enablement.yaml": ("name", "step", "who", "environments", "checklists"),
    "core/config/defaults.yaml": ("approach", "solution", "workaround", "impact", "severity"),
    "core/requirements/judge/drafting/draft_templates.yaml": ("about",),
    **{
        path.relative_to(ROOT).as_posix(): ("name", "description")
        for path in sorted((ROOT / "sample_data" / "scenarios").glob("*.yaml"))
    },
}
KEYS = {"core/config/drivers.yaml": "drivers", "core/interactions/call_words.yaml": "topics"}
# Of one letter pair, or said where no constant names them.
OTHERS = {
    "core/metrics/flow.py": ("won", "lost", "increased", "decreased", "opening", "closing", "pulled in", "pushed out"),
    "core/charts/models.py": ("cheapest", "chosen", "predicted", "actual", "missed", "false alarms"),
    "core/charts/explain.py": ("total", "▲ raises", "▼ lowers"),
    "core/charts/leads.py": ("best fifth", "the others"),
    "core/config/settings.py": ("amounts", "margin", "contacts"),
    "core/models/leads/lead_landmarks.py": ("within 4 hours", "within a day", "later", "none yet"),
    "core/models/leads/lead_scores.py": (
        "source",
        "industry",
        "level",
        "answer",
        "touches",
        "like the average lead",
    ),
    "core/contracts/people.py": ("rep", "manager", "director"),
    "core/requirements/judge/gap_analysis.py": (
        "partial",
        "missing",
        "unclear",
        "coverage",
        "fit",
        "resolution",
        "value",
    ),
    "core/requirements/judge/drafting/draft_templates.yaml": ("paragraph", "one-line", "formal"),
}


def all_words() -> Iterator[tuple[str, Word]]:
    """Yield all of them, each with the file it is from."""
    yield from features()
    yield from codes()
    yield from files()
    yield from charts()


def features() -> Iterator[tuple[str, Word]]:
    """Yield the plain name of each feature, as a label and as it stands in a sentence."""
    for module in FEATURES:
        content = import_module(module)
        for name in (*content.NUMBERS, *content.CATEGORIES):
            label = plain(name)
            for text in dict.fromkeys((label, label if label[:2].isupper() else label[:1].lower() + label[1:])):
                yield f"{module.replace('.', '/')}.py", Word(text, "", 0)


def codes() -> Iterator[tuple[str, Word]]:
    """Yield the codes the program keeps, as they are kept and with blanks for underscores."""
    for module, names in CODES.items():
        for name in names:
            for member in _members(getattr(import_module(module), name)):
                for text in dict.fromkeys((member, member.replace("_", " "))):
                    yield f"{module.replace('.', '/')}.py", Word(text, "", 0)
    for file, texts in OTHERS.items():
        for text in texts:
            yield file, Word(text, "", 0)


def charts() -> Iterator[tuple[str, Word]]:
    """Yield what stands beside a value where a chart is pointed at: titles of one word, and names of columns."""
    for path in sorted((ROOT / "core" / "charts").glob("*.py")):
        name, tree = path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword) and node.arg in TITLES and isinstance(node.value, ast.Constant):
                if ONE.fullmatch(str(node.value.value)):
                    yield name, Word(str(node.value.value), "", 0)
            elif _is_tooltip(node):
                texts = (str(inner.value) for inner in ast.walk(node) if isinstance(inner, ast.Constant))
                for match in filter(None, map(FIELD.fullmatch, texts)):
                    yield "core/column_labels.py", Word(label(match[1]), "", 0)


def _is_tooltip(node: ast.AST) -> bool:
    is_list = isinstance(node, ast.keyword) and node.arg == "tooltip"
    return is_list or (isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Tooltip"))


def files() -> Iterator[tuple[str, Word]]:
    """Yield the words of files of settings that pages show."""
    for name, fields in FILES.items():
        for text in _below(yaml_text.parsed((ROOT / name).read_text(encoding="utf-8")), frozenset(fields), False):
            yield name, Word(text, "", 0)
    for name, field in KEYS.items():
        content = yaml_text.parsed((ROOT / name).read_text(encoding="utf-8"))
        for text in map(str, content[field]):
            for form in dict.fromkeys((text, text.lower())):
                yield name, Word(form, "", 0)
        for text in (content.get("phrases") or {}).values():
            yield name, Word(str(text), "", 0)
            if str(text).startswith("{value} days"):
                yield name, Word(str(text).replace("days", "day", 1), "", 0)


def _members(constant: Any) -> list[str]:
    members = constant if isinstance(constant, list | tuple | dict | set | frozenset) else get_args(constant)
    return [member if isinstance(member, str) else member[0] for member in members]


def _below(content: Any, fields: frozenset[str], is_inside: bool) -> Iterator[str]:
    """Yield the texts that stand below one of the names, at any depth."""
    if isinstance(content, dict):
        for name, value in content.items():
            yield from _below(value, fields, is_inside or name in fields)
    elif isinstance(content, list):
        for value in content:
            yield from _below(value, fields, is_inside)
    elif isinstance(content, str) and is_inside and any(letter.isalpha() for letter in content):
        yield " ".join(content.split())
