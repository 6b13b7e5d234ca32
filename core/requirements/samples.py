"""The requirement lists that come with Quarterdeck."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "sample_data" / "requirements"


def lists() -> dict[str, Path]:
    """Return the shipped lists by a readable name; empty where the folder is missing.

    Examples
    --------
    >>> sorted(lists())
    ['Harbour Questionnaire', 'Meridian RFP']
    """
    return {p.stem.replace("_", " ").title().replace("Rfp", "RFP"): p for p in sorted(FOLDER.glob("*.csv"))[::-1]}
