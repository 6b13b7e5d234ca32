"""How well answers of a library and capabilities are ranked in one list, and how fast a large library is searched.

Run: .venv/bin/python -m benchmarks.library FOLDER [--ship]
     .venv/bin/python -m benchmarks.library --speed [ANSWERS]

FOLDER holds the crosswalks of `benchmarks/matching.py`. Half of the requirements of each, drawn with a seed, are the
answered questions of a library; the others ask. An answer is right where its requirement and the one that asks have a
capability in common. Prints, each family of crosswalks left out once, how often the first of the list is right with
capabilities alone, with answers alone and with both, and the calibration error of the chances against that of
likeness taken as a chance. With --ship the weights fitted on all of them become the ones that ship.
"""

from __future__ import annotations

import json
import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from sklearn.linear_model import LogisticRegression

from core.models.estimators.calibration import auc, error
from core.requirements.library import answer_edition, answer_ranking, answer_search
from core.requirements.library.answer_ranking import ANSWER, CAPABILITY
from core.requirements.match import matcher
from core.requirements.work import sample_lists

SEED = 29
# Crosswalks to the same catalogue, or of one source, are one family: they are left out together.
FAMILIES = {"fedramp_cisco": "cisco", "sp800171_cisco": "cisco", "ssdf_cisco": "cisco"}
KINDS = (CAPABILITY, ANSWER)
QUERIES = ("encrytion at rest", "audti log retention", "SAML sign-on", "how are backups tested", "keys of our own")


@dataclass(frozen=True)
class Asked:
    """The candidates of the requirements that ask: features [n, k, 3] and which are right [n, k], per kind."""

    family: str
    judged_by: dict[str, Any]
    right: dict[str, Any]


def crosswalk(folder: Path, by_meaning: bool) -> Asked:
    """Return the candidates of one crosswalk."""
    requirements, capabilities, gold = (
        pl.read_csv(folder / f"{n}.csv", infer_schema=False) for n in ("requirements", "capabilities", "gold")
    )
    answers = {key[0]: set(part["capability_id"]) for key, part in gold.group_by("requirement_id")}
    rows = sorted(requirements.select("id", "text").rows())
    random.Random(f"{SEED} {folder.name}").shuffle(rows)
    half = len(rows) // 2
    earlier, asking = [row for row in rows[:half] if answers.get(row[0])], rows[half:]
    texts, wanted = [text for _, text in asking], [answers.get(key, set()) for key, _ in asking]
    theirs = {
        CAPABILITY: ([{key} for key in capabilities["id"]], capabilities["text"].to_list()),
        ANSWER: ([answers[key] for key, _ in earlier], [text for _, text in earlier]),
    }
    judged_by, right = {}, {}
    for kind, (labels, candidates) in theirs.items():
        k = min(answer_ranking.LOOKED_AT, len(candidates))
        compared = matcher.compare(texts, candidates, k, by_meaning=by_meaning)
        judged_by[kind] = answer_ranking.features(texts, candidates, (compared.order, compared.scores))
        right[kind] = np.array([[bool(labels[j] & wanted[n]) for j in row] for n, row in enumerate(compared.order)])
    return Asked(FAMILIES.get(folder.name, folder.name), judged_by, right)


def fitted(parts: list[Asked], kind: str) -> list[float]:
    """Return the weights of one kind of candidate: of 1 and of each feature."""
    x = np.concatenate([part.judged_by[kind].reshape(-1, 3) for part in parts])
    y = np.concatenate([part.right[kind].ravel() for part in parts])
    model = LogisticRegression(C=10, max_iter=500).fit(x, y)
    return [float(model.intercept_[0]), *(float(w) for w in model.coef_[0])]


def chances(part: Asked, weights: dict[str, list[float]]) -> dict[str, Any]:
    """Return the chance of each candidate by some weights."""
    return {k: 1 / (1 + np.exp(-(weights[k][0] + part.judged_by[k] @ np.array(weights[k][1:])))) for k in KINDS}


def measured(parts: list[Asked]) -> dict[str, Any]:
    """Print one table, each family left out once, and return the weights fitted on all with how good they are."""
    first: dict[str, list[Any]] = {name: [] for name in (*KINDS, "both")}
    sure, right, alike = [], [], []
    for family in sorted({part.family for part in parts}):
        weights = {kind: fitted([part for part in parts if part.family != family], kind) for kind in KINDS}
        for part in (part for part in parts if part.family == family):
            by_kind = chances(part, weights)
            joined = np.concatenate([by_kind[kind] for kind in KINDS], axis=1)
            labels = np.concatenate([part.right[kind] for kind in KINDS], axis=1)
            scores = np.concatenate([part.judged_by[kind][..., 0] for kind in KINDS], axis=1)
            best = joined.argmax(1)
            first["both"].append(labels[np.arange(len(labels)), best])
            for kind in KINDS:
                first[kind].append(part.right[kind][:, 0])
            sure.append(joined[np.arange(len(labels)), best])
            alike.append(scores[np.arange(len(labels)), scores.argmax(1)])
            right.append(labels[np.arange(len(labels)), best])
            print(f"  {part.family:12} n {len(labels):4}  first right {right[-1].mean():.3f}")
    y, p, likeness = (np.concatenate(group).astype(float) for group in (right, sure, alike))
    hits = {name: float(np.concatenate(group).mean()) for name, group in first.items()}
    left_out = {
        "n": len(y),
        "first_right": {name: round(share, 3) for name, share in hits.items()},
        "calibration_error": round(float(error(y, p)), 3),
        "calibration_error_of_likeness": round(float(error(y, likeness)), 3),
        "auc": round(float(auc(y, p)), 3),
    }
    print(left_out)
    return {"weights": {k: [round(w, 3) for w in fitted(parts, k)] for k in KINDS}, "left_out": left_out}


def speed(n: int) -> None:
    """Print what a search of a library of n answers takes, in processor time, and what making it ready takes."""
    dice = random.Random(SEED)
    lines = [line for wordings in sample_lists.buyer_wordings().values() for line in wordings]
    questions = set()
    while len(questions) < n:
        questions.add(f"{' and '.join(dice.sample(lines, 2)).lower()} in country {dice.randint(1, 190)}?")
    rows = [
        {
            **dict.fromkeys(answer_edition.SHAPE),
            "answer_id": f"A{k}",
            "question": q,
            "answer": f"Yes. {dice.choice(lines)}.",
        }
        for k, q in enumerate(sorted(questions))
    ]
    home = Path(sys.argv[-1]) if len(sys.argv) > 3 else None
    begin = time.process_time()
    index = answer_search.build(pl.DataFrame(rows, schema=answer_edition.SHAPE), home)
    print(f"{n:,} answers made ready in {time.process_time() - begin:.1f} s of processor time")
    taken = []
    for query in QUERIES * 4:
        begin = time.process_time()
        answer_search.search(index, query)
        taken.append(time.process_time() - begin)
    print(f"a search takes {1000 * float(np.median(taken)):.0f} ms (median), {1000 * max(taken):.0f} ms (longest)")


def main() -> None:
    """Print the tables."""
    if "--speed" in sys.argv:
        speed(int(sys.argv[2]) if len(sys.argv) > 2 else 20_000)
        return
    folders = sorted(path.parent for path in Path(sys.argv[1]).glob("*/gold.csv"))
    tables = {}
    for name, by_meaning in (("vectors", True), ("words", False)):
        print(name)
        tables[name] = measured([crosswalk(folder, by_meaning) for folder in folders])
    if "--ship" in sys.argv:
        shipped = {"weights": {name: table["weights"] for name, table in tables.items()}}
        shipped["left_out"] = {name: table["left_out"] for name, table in tables.items()}
        answer_ranking.SHIPPED.write_text(json.dumps(shipped, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
