"""How well a list in another language finds its capabilities in the English sample catalogue.

Run: .venv/bin/python benchmarks/languages.py

Prints, for the same list in eight languages (tests/requirements/data/parallel_lists.yaml), how often the right
capability comes first and its mean reciprocal rank, without the terms of `core/requirements/text/terms.yaml` and
with them, and how many rows are sure enough to answer.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import yaml

from core.requirements.catalogue import capabilities
from core.requirements.match import confidence, matcher

LISTS = Path(__file__).parents[1] / "tests" / "requirements" / "data" / "parallel_lists.yaml"
REACH = 50


def ranks(texts: list[str], right: list[str], ours: capabilities.Catalogue) -> tuple[float, float, float]:
    """Return hit@1, mean reciprocal rank and the share of sure and right rows."""
    ids = ours.frame["capability_id"].to_list()
    matches = matcher.compare(texts, ours.texts(), REACH)
    places = [
        next((k for k, j in enumerate(row, 1) if ids[j] == name), 0)
        for row, name in zip(matches.order, right, strict=True)
    ]
    sure = confidence.chance(matches.features, with_vectors=matches.with_vectors) >= confidence.LIKELY
    first = np.array(places) == 1
    return float(first.mean()), float(np.mean([1 / k if k else 0 for k in places])), float((sure & first).mean())


def main() -> None:
    """Print the table."""
    rows = yaml.safe_load(LISTS.read_text(encoding="utf-8"))
    ours, right = capabilities.load(), [row["capability"] for row in rows]
    for language in (name for name in rows[0] if name != "capability"):
        texts = [row[language] for row in rows]
        plain, terms = ranks(texts, right, ours), ranks(matcher.comparable(texts, ours), right, ours)
        print(
            f"{language}  without terms hit@1 {plain[0]:.2f} MRR {plain[1]:.2f} sure {plain[2]:.2f}"
            f"   with terms hit@1 {terms[0]:.2f} MRR {terms[1]:.2f} sure {terms[2]:.2f}"
        )


if __name__ == "__main__":
    main()
