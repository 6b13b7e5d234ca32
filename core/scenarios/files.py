"""Reads and writes scenarios as YAML, JSON and links; what is wrong becomes a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from core.contracts.errors import ScenarioError
from core.contracts.yaml_text import YamlError, read_yaml
from core.localization import message
from core.scenarios.levers import LeverSetting, Scenario

LONGEST_FILE, LONGEST_LINK = 20_000, 6_000
FIELDS = ("lever", "value", "scope", "at", "detail", "extra")


def to_yaml(scenario: Scenario) -> str:
    """Write a scenario as YAML."""
    text = yaml.safe_dump(to_dict(scenario), sort_keys=False, allow_unicode=True)
    # The next-line character is read back as a space unless it is escaped, and then everything beyond ASCII is.
    return text if "\x85" not in text else yaml.safe_dump(to_dict(scenario), sort_keys=False)


def from_yaml(text: str) -> Scenario:
    """Read a scenario; whatever is wrong with it becomes a ScenarioError."""
    if len(text) > LONGEST_FILE:
        raise ScenarioError("The scenario file is too long.", mend="It holds a name and a few levers.")
    try:
        content = read_yaml(text)
    except YamlError as error:
        raise ScenarioError("The scenario is not valid YAML.", mend=str(error)) from error
    return from_dict(content)


def from_dict(content: object) -> Scenario:
    """Read a scenario from names and values; whatever is wrong with it becomes a ScenarioError."""
    rows = content.get("levers", []) if isinstance(content, dict) else None
    if not isinstance(content, dict) or not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
        raise ScenarioError("A scenario holds a name and a list of levers.", mend="See sample_data/scenarios.")
    about = content.get("description")
    return Scenario(
        str(content.get("name", "Scenario"))[:120],
        tuple(map(_setting, rows)),
        content.get("correlation"),
        about[:2000] if isinstance(about, str) else "",
    )


def _setting(row: dict[str, object]) -> LeverSetting:
    odd = set(row) - set(FIELDS)
    if odd:
        raise ScenarioError(
            message("A lever has no {map!r}.", map=str(min(map(str, odd)))[:40]),
            mend=message("Known: {fields}.", fields=", ".join(FIELDS)),
        )
    value: Any = row.get("value", 0)
    extra: Any = row.get("extra")
    at, detail = (str(row.get(name) or "") for name in ("at", "detail"))
    return LeverSetting(str(row.get("lever")), value, str(row.get("scope", "all")), at, detail, extra)


def from_bytes(content: bytes) -> Scenario:
    """Read an uploaded scenario file."""
    try:
        return from_yaml(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ScenarioError("The scenario file is no text.", mend="Save it as YAML in UTF-8.") from error


def read_file(path: Path) -> Scenario:
    """Read a scenario from a YAML file.

    Raises
    ------
    ScenarioError
        When the file cannot be read, or is no scenario.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError("The scenario file cannot be read.", str(path), "Check its name and rights.") from error
    return from_yaml(text)


def to_dict(scenario: Scenario) -> dict[str, object]:
    """Return what JSON can hold; what is left at its default is left out."""
    out: dict[str, object] = {"name": scenario.name}
    if scenario.description:
        out["description"] = scenario.description
    if scenario.correlation is not None:
        out["correlation"] = scenario.correlation
    out["levers"] = [_row(s) for s in scenario.levers]
    return out


def _row(s: LeverSetting) -> dict[str, object]:
    row: dict[str, object] = {"lever": s.lever, "value": s.value, "scope": s.scope}
    row |= {name: getattr(s, name) for name in ("at", "detail") if getattr(s, name)}
    return row if s.extra is None else {**row, "extra": s.extra}


def to_link(settings: tuple[LeverSetting, ...]) -> str:
    """Write settings as the short JSON a link holds; empty where there are none."""
    rows = [[s.lever, s.value, s.scope, s.at, s.detail, s.extra] for s in settings]
    for row in rows:
        while row[-1] in {"", None, "all"} and len(row) > 2:
            row.pop()
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")) if rows else ""


def from_link(text: str) -> tuple[LeverSetting, ...]:
    """Read the settings of a link.

    Raises
    ------
    ScenarioError
        When the link holds anything but settings.
    """
    if not text:
        return ()
    try:
        rows = json.loads(text) if len(text) <= LONGEST_LINK else None
    except (ValueError, RecursionError):
        rows = None
    fits = isinstance(rows, list) and len(rows) <= 50
    if not fits or not all(isinstance(r, list) and 2 <= len(r) <= len(FIELDS) for r in rows or []):
        raise ScenarioError("The link's further levers cannot be read; they were left out.", mend="Ask for it again.")
    return tuple(_setting(dict(zip(FIELDS, row, strict=False))) for row in rows or [])
