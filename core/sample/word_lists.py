"""Words the sample is made of: products, places, reasons; they stand in `words.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.contracts.yaml_text import shipped_yaml

WORDS: dict[str, Any] = shipped_yaml(Path(__file__).with_name("words.yaml"))
INDUSTRIES: dict[str, list[str]] = WORDS["industries"]
HEADS: list[str] = WORDS["heads"]
COUNTRIES: dict[str, dict[str, Any]] = WORDS["countries"]
PRODUCTS: list[tuple[str, str, int, int, int]] = [tuple(row) for row in WORDS["products"]]
LOST_REASONS: list[str] = WORDS["lost_reasons"]
COMPETITORS: list[str] = WORDS["competitors"]
LEAD_SOURCES: list[str] = WORDS["lead_sources"]
NEXT_STEPS: list[str] = WORDS["next_steps"]
