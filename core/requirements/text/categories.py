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

from core import yaml_text
from core.requirements.text.tfidf import PLAIN, WORD, stem

SHIPPED = Path(__file__).with_name("categories.json")
MEANING = Path(__file__).with_name("categories_meaning.json")
# How much the model on sentence vectors counts beside the one on words.
SHARE = 0.4
RULES = Path(__file__).with_name("classes.yaml")
LONGEST = 4_000


@cache
def weights() -> tuple[list[str], Any, dict[str, Any]]:
    """Return the classes, their constants and each feature's weight per class."""
    model = json.loads(SHIPPED.read_text(encoding="utf-8"))
    return model["classes"], np.array(model["constant"]), {k: np.array(v) for k, v in model["weights"].items()}


@cache
def meaning() -> tuple[Any, Any]:
    """Return constants and weights of the model on sentence vectors: [7] and [7, 384]."""
    model = json.loads(MEANING.read_text(encoding="utf-8"))
    return np.array(model["constant"]), np.array(model["weights"])


@cache
def patterns() -> dict[str, list[tuple[re.Pattern[str], float]]]:
    """Return the word beginnings that speak for a category, with their weight."""
    groups = yaml_text.parsed(RULES.read_text(encoding="utf-8"))["categories"]
    return {
        name: [(re.compile(rf"\b(?:{words})", re.IGNORECASE), float(weight)) for words, weight in group.items()]
        for name, group in groups.items()
    }


def features(text: str) -> dict[str, float]:
    """Return a text's features: stems, pairs of neighbouring stems, and one per keyword group it touches.

    Stems and pairs are weighed 1 / sqrt(their number), so that long texts do not shout; digits become #.
    """
    lowered = text[:LONGEST].lower()
    words = [stem(re.sub(r"\d", "#", word)) for word in WORD.findall(lowered)]
    pairs = [f"{a} {b}" for a, b in pairwise(words)]
    counted = Counter([*words, *pairs])
    size = max(sum(n * n for n in counted.values()), 1) ** 0.5
    out = {name: n / size for name, n in counted.items()}
    for name, group in patterns().items():
        total = sum(weight for pattern, weight in group if pattern.search(lowered))
        if total:
            out[f"={name}"] = min(total, 4.0) / 4
    return out


def of(text: str, vector: Any = None) -> tuple[str, float, str]:
    """Return the category of a text, its probability, and the words that spoke for it.

    Parameters
    ----------
    text : str
    vector : array of float, [384], optional
        The text's sentence vector; with it log chances are 0.6 × those by words + 0.4 × those by meaning.

    Returns
    -------
    category : str
    chance : float
        Softmax over the seven classes.
    words : str
        The text's own words that weighed most for the category, at most four; empty where none did.
    """
    classes, constant, table = weights()
    inputs = features(text)
    parts = {name: value * table[name] for name, value in inputs.items() if name in table}
    logs = _logs(constant + sum(parts.values(), np.zeros(len(classes))))
    if vector is not None:
        base, by_meaning = meaning()
        logs = _logs((1 - SHARE) * logs + SHARE * _logs(base + by_meaning @ vector))
    best = int(logs.argmax())
    return classes[best], float(np.exp(logs[best])), _spoken(text, parts, best)


def _logs(z: Any) -> Any:
    """Return log chances out of scores."""
    z = z - z.max()
    return z - np.log(np.exp(z).sum())


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
