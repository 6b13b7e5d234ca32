"""The rules of enablement, from YAML; a sample company of another industry has words of its own in them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from core import yaml_text
from core.config import load as settings_in_force
from core.resources import industry_file

RULES = Path(__file__).with_name("enablement.yaml")


def rules() -> dict[str, Any]:
    """Return service levels, approvals, environments, checklists and sizes, in the words of the settings' industry."""
    return _of(settings_in_force().demo.industry)


@cache
def _of(industry: str) -> dict[str, Any]:
    """Return the rules with the blocks an industry has of its own, such as what a trial of a device needs."""
    own = industry_file(industry, RULES.name)
    files = (RULES, own) if own.exists() else (RULES,)
    return {name: block for path in files for name, block in yaml_text.parsed(path.read_text(encoding="utf-8")).items()}
