"""Reads and writes scenarios as YAML."""

from __future__ import annotations

from pathlib import Path

import yaml

from core.contracts.errors import ScenarioError
from core.scenarios.levers import LeverSetting, Scenario


def to_yaml(scenario: Scenario) -> str:
    """Write a scenario as YAML."""
    rows = [{"lever": s.lever, "value": s.value, "scope": s.scope} for s in scenario.levers]
    return yaml.safe_dump({"name": scenario.name, "levers": rows}, sort_keys=False, allow_unicode=True)


def from_yaml(text: str) -> Scenario:
    """Read a scenario; whatever is wrong with it becomes a ScenarioError."""
    if len(text) > 20_000:
        raise ScenarioError("The scenario file is too long.", mend="It holds a name and a few levers.")
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ScenarioError("The scenario is not valid YAML.", mend="Check indents and quotes.") from error
    return from_dict(found)


def from_dict(found: object) -> Scenario:
    """Read a scenario from names and values; whatever is wrong with it becomes a ScenarioError."""
    rows = found.get("levers", []) if isinstance(found, dict) else None
    if not isinstance(found, dict) or not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
        raise ScenarioError("A scenario holds a name and a list of levers.", mend="See sample_data/scenarios.")
    levers = tuple(LeverSetting(str(r.get("lever")), r.get("value", 0), str(r.get("scope", "all"))) for r in rows)
    return Scenario(str(found.get("name", "Scenario"))[:120], levers)


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
    """Return what JSON can hold."""
    rows = [{"lever": s.lever, "value": s.value, "scope": s.scope} for s in scenario.levers]
    return {"name": scenario.name, "levers": rows}
