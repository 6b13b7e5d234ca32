"""The category of a text by a small linear model that ships with the package."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from core.requirements.lexical import PLAIN, WORD, stem

SHIPPED = Path(__file__).with_name("categories.json")
RULES = Path(__file__).with_name("classes.yaml")
LONGEST = 4_000


@cache
def weights() -> tuple[list[str], Any, dict[str, Any]]:
    """Return the classes, their constants and each feature's weight per class."""
    held = json.loads(SHIPPED.read_text(encoding="utf-8"))
    return held["classes"], np.array(held["constant"]), {k: np.array(v) for k, v in held["weights"].items()}


@cache
def patterns() -> dict[str, list[tuple[re.Pattern[str], float]]]:
    """Return the word beginnings that speak for a category, with their weight."""
    held = yaml.safe_load(RULES.read_text(encoding="utf-8"))["categories"]
    return {
        name: [(re.compile(rf"\b(?:{words})", re.IGNORECASE), float(weight)) for words, weight in group.items()]
        for name, group in held.items()
    }


def features(text: str) -> dict[str, float]:
    """Return a text's features: stems, pairs of neighbouring stems, and one per keyword group it touches.

    Stems and pairs are weighed 1 / sqrt(their number), so that long texts do not shout; digits become #.
    """
    held = text[:LONGEST].lower()
    words = [stem(re.sub(r"\d", "#", word)) for word in WORD.findall(held)]
    pairs = [f"{a} {b}" for a, b in pairwise(words)]
    counted = Counter([*words, *pairs])
    size = max(sum(n * n for n in counted.values()), 1) ** 0.5
    out = {name: n / size for name, n in counted.items()}
    for name, group in patterns().items():
        total = sum(weight for pattern, weight in group if pattern.search(held))
        if total:
            out[f"={name}"] = min(total, 4.0) / 4
    return out


def of(text: str) -> tuple[str, float, str]:
    """Return the category of a text, its probability, and the words that spoke for it.

    Returns
    -------
    category : str
    chance : float
        Softmax over the seven classes.
    words : str
        The text's own words that weighed most for the category, at most four; empty where none did.
    """
    classes, constant, table = weights()
    found = features(text)
    parts = {name: value * table[name] for name, value in found.items() if name in table}
    z = constant + sum(parts.values(), np.zeros(len(classes)))
    p = np.exp(z - z.max())
    best = int(z.argmax())
    return classes[best], float(p[best] / p.sum()), _spoken(text, parts, best)


def _spoken(text: str, parts: dict[str, Any], best: int) -> str:
    """Return the wordings of what weighed more for a class than for the others on the mean."""
    gains: dict[str, float] = {}
    for name, weight in parts.items():
        gain = float(weight[best] - weight.mean())
        if name.startswith("="):
            for pattern, _ in patterns()[name[1:]]:
                if (hit := pattern.search(text)) and gain > 0:
                    gains[hit.group(0).lower()] = gain
            continue
        for word in name.split():
            if word not in PLAIN and gain > 0:
                gains[word] = max(gains.get(word, 0.0), gain)
    wording = {stem(re.sub(r"\d", "#", word.lower())): word.lower() for word in WORD.findall(text)}
    ranked = sorted(gains, key=lambda name: (-gains[name], name))
    return ", ".join(dict.fromkeys(wording.get(name, name) for name in ranked[:4]))
