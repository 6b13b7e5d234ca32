"""Words the sample is made of: products, places, reasons; the default industry's stand in `words.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.contracts.yaml_text import shipped_yaml
from core.resources import SOFTWARE, industry_file

WORDS: dict[str, Any] = shipped_yaml(Path(__file__).with_name("words.yaml"))
INDUSTRIES: dict[str, list[str]] = WORDS["industries"]
HEADS: list[str] = WORDS["heads"]
COUNTRIES: dict[str, dict[str, Any]] = WORDS["countries"]
LOST_REASONS: list[str] = WORDS["lost_reasons"]
LEAD_SOURCES: list[str] = WORDS["lead_sources"]
CHANNELS: dict[str, dict[str, Any]] = WORDS["channels"]
LEAD_CHANNELS: dict[str, list[str]] = WORDS["lead_channels"]
TITLES: dict[str, list[str]] = WORDS["titles"]
COURSES: dict[str, dict[str, Any]] = WORDS["courses"]
DOCUMENTS: dict[str, dict[str, Any]] = WORDS["documents"]
FIRST_NAMES: list[str] = WORDS["first_names"]
LAST_NAMES: list[str] = WORDS["last_names"]
NEXT_STEPS: list[str] = WORDS["next_steps"]


@dataclass(frozen=True)
class Vocabulary:
    """What a sample company of one industry sells, to whom, in which currency; the figures are those of every other.

    Attributes
    ----------
    currency : str
        ISO 4217.
    unit : str
        What is sold, in the plural, such as "seats".
    industries : dict
        Of its customers, with the words their names may end in; as many of each as in every other vocabulary.
    products : tuple
        Ten of (name, family, list price a year, cost a year, price of a unit a year).
    competitors : tuple of str
        Four, the one met most often first.
    """

    currency: str
    unit: str
    industries: dict[str, list[str]]
    products: tuple[tuple[str, str, int, int, int], ...]
    competitors: tuple[str, ...]


def vocabulary(industry: str = SOFTWARE) -> Vocabulary:
    """Return the words of an industry.

    Parameters
    ----------
    industry : str
        "software", or a folder of `sample_data/industries`.

    Raises
    ------
    ConfigError
        When there is no such industry.
    """
    words = WORDS if industry == SOFTWARE else shipped_yaml(industry_file(industry, "words.yaml"))
    return Vocabulary(
        words["currency"],
        words["unit"],
        words["industries"],
        tuple(tuple(row) for row in words["products"]),
        tuple(words["competitors"]),
    )
