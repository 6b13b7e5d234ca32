"""The rules of enablement, from YAML."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from core import yaml_text

RULES = Path(__file__).with_name("enablement.yaml")


@cache
def rules() -> dict[str, Any]:
    """Return service levels, approvals, environments, checklists and sizes."""
    loaded: dict[str, Any] = yaml_text.parsed(RULES.read_text(encoding="utf-8"))
    return loaded
