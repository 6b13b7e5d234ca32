"""Trains the category model that ships, on lines drawn from categories.yaml, and writes its weights.

Run: .venv/bin/python training/categories.py [PROMISE.csv]

The lines are written for Quarterdeck; no public set is trained on. With the path of a CSV of project, text and
label (the PROMISE set of non-functional requirements) the accuracy on it is printed too, its classes mapped to ours.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from pathlib import Path

import numpy as np
import polars as pl
import yaml
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from core.requirements.text import categories, embeddings
from core.requirements.text.classification import CATEGORIES

LINES = Path(__file__).with_name("categories.yaml")
PER_CLASS = {"functional": 3000, "security": 1800}
OTHERS = 1100
SEED = 11
MAPPED = {
    "F": "functional",
    "US": "functional",
    "LF": "functional",
    "SE": "security",
    "PE": "performance",
    "SC": "performance",
    "A": "performance",
    "FT": "performance",
    "L": "compliance",
    "MN": "support",
    "O": "technical",
    "PO": "technical",
}


def drawn() -> list[tuple[str, str]]:
    """Return (text, category), drawn from the patterns, each pattern as often as the others of its class."""
    patterns_of = yaml.safe_load(LINES.read_text(encoding="utf-8"))
    made = random.Random(SEED)
    out: list[tuple[str, str]] = []
    for name in CATEGORIES:
        lines: dict[str, None] = {}
        for k in range(PER_CLASS.get(name, OTHERS) * 2):
            patterns = patterns_of[name]
            lines[_line(patterns[k % len(patterns)], patterns_of["words"], made)] = None
            if len(lines) == PER_CLASS.get(name, OTHERS):
                break
        out += [(line, name) for line in lines]
    return out


def _line(pattern: str, words: dict[str, list[str]], made: random.Random) -> str:
    text = re.sub(r"\{([^{}]*)\}", lambda m: made.choice(m.group(1).split("|")), pattern)
    text = re.sub(r"<(\w+)>", lambda m: str(made.choice(words[m.group(1)])), text)
    text = " ".join(text.split())
    text = text[:1].upper() + text[1:]
    return text if text[-1] in ".?" or made.random() < 0.3 else text + "."


def by_meaning(texts: list[str], truth: np.ndarray) -> None:
    """Fit the second model, on sentence vectors, and write its weights; leave them where vectors are missing."""
    seen = embeddings.of([], texts)
    if seen is None:
        print("The sentence vectors are not installed: the model on them stays as it is.")
        return
    model = LogisticRegression(C=0.3, max_iter=1000).fit(seen[1], truth)
    order = [list(model.classes_).index(c) for c in CATEGORIES]
    weights = {
        "classes": list(CATEGORIES),
        "constant": [round(float(model.intercept_[k]), 3) for k in order],
        "weights": [[round(float(w), 3) for w in model.coef_[k]] for k in order],
    }
    categories.MEANING.write_text(json.dumps(weights) + "\n", encoding="utf-8")


def main() -> None:
    """Fit, write and print."""
    asked = argparse.ArgumentParser()
    asked.add_argument("promise", nargs="?", type=Path)
    asked.add_argument("--strength", type=float, default=1.0)
    given = asked.parse_args()
    lines = drawn()
    texts, truth = [t for t, _ in lines], np.array([c for _, c in lines])
    maker = DictVectorizer(dtype=np.float32)
    x = maker.fit_transform([categories.features(t) for t in texts])
    model = LogisticRegression(C=given.strength, max_iter=2000).fit(x, truth)
    order = [list(model.classes_).index(c) for c in CATEGORIES]
    by_meaning(texts, truth)
    head_fields = {"classes": list(CATEGORIES), "constant": [round(float(model.intercept_[k]), 3) for k in order]}
    table = {
        name: [round(float(model.coef_[k, j]), 2) for k in order]
        for j, name in enumerate(maker.get_feature_names_out())
        if np.abs(model.coef_[:, j]).max() >= 0.1
    }
    body = ",\n".join(f"  {json.dumps(n, ensure_ascii=False)}: {json.dumps(w)}" for n, w in sorted(table.items()))
    head = json.dumps(head_fields)[:-1]
    categories.SHIPPED.write_text(f'{head},\n "weights": {{\n{body}\n}}}}\n', encoding="utf-8")
    print(f"{len(lines):,} lines, {len(table):,} features")
    categories.weights.cache_clear()
    categories.meaning.cache_clear()
    if given.promise:
        promise = pl.read_csv(given.promise)
        right = np.array([MAPPED[c] for c in promise["label"]])
        alone = np.array([categories.of(t)[0] for t in promise["text"]])
        print(f"PROMISE mapped: {(alone == right).mean():.3f} of {len(right)} by words alone")
        seen = embeddings.of([], promise["text"].to_list())
        pairs = [] if seen is None else list(zip(promise["text"], seen[1], strict=True))
        predicted = alone if seen is None else np.array([categories.of(*pair)[0] for pair in pairs])
        print(f"PROMISE mapped: {(predicted == right).mean():.3f} by words and meaning")
        secure = predicted == "security"
        print(
            f"security or not: {(secure == (right == 'security')).mean():.3f}, precision "
            f"{(right[secure] == 'security').mean():.3f}, recall {secure[right == 'security'].mean():.3f}"
        )
        counted = pl.DataFrame({"right": right, "said": predicted}).group_by("right", "said").len()
        print(counted.pivot("said", index="right", values="len").fill_null(0))


if __name__ == "__main__":
    main()
