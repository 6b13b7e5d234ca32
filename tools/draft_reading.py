"""Takes the sample of drafts that somebody who did not write them reads, and counts their verdicts.

Run: .venv/bin/python -m tools.draft_reading sample    writes the drafts, and a form for verdicts where there is none
     .venv/bin/python -m tools.draft_reading count     counts the verdicts written into the form

A verdict is `send` (as it stands), `edit` (true and to the point, but wants a word changed) or `no` (wrong, off the
question, or unreadable), with the reason in a few words.
"""

from __future__ import annotations

import csv
import random
import sys
from collections import Counter
from pathlib import Path

import polars as pl

from core.config import load
from core.requirements.catalogue import capabilities
from core.requirements.judge import draft_answers, gap_analysis
from core.requirements.judge.drafting.draft_templates import DEFAULT, templates

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "tests" / "requirements" / "draft_reading"
DRAFTS, VERDICTS, TEXT = FOLDER / "drafts.csv", FOLDER / "verdicts.csv", FOLDER / "drafts.md"
LISTS = ROOT / "sample_data"
HELD_OUT = ("logistics", "medical")
SEED, N_DRAFTS, N_HELD_OUT = 29, 50, 10
COLUMNS = ("draft", "list", "template", "question", "answer", "sources", "is_ready")
FORM = ("draft", "verdict", "reason")
KINDS = ("send", "edit", "no")
NAMES = {"paragraph": 30, "one-line": 10, "formal": 10}


def drafted(catalogue: Path, folder: Path) -> list[dict[str, str]]:
    """Return every draft of the lists of a folder, in each template."""
    settings, own = load(), capabilities.load(catalogue)
    rows = []
    for path in sorted(folder.iterdir()):
        analysis = gap_analysis.analyse_file(path, own, settings)
        for name, template in templates().items():
            frame = draft_answers.drafts(analysis, own, chosen=template).frame
            rows += [
                {
                    "list": path.name,
                    "template": name,
                    "question": row["text"],
                    "answer": row["draft"],
                    "sources": row["sources"],
                    "is_ready": "yes" if row["is_ready"] else "no",
                }
                for row in frame.filter(pl.col("draft").is_not_null()).iter_rows(named=True)
            ]
    return rows


def chosen(rows: list[dict[str, str]], n_rows: int, dice: random.Random) -> list[dict[str, str]]:
    """Return a sample of drafts: no question twice, the paragraph most often."""
    out: list[dict[str, str]] = []
    seen: set[str] = set()
    for row in dice.sample(rows, len(rows)):
        same = row["question"].removeprefix("Do you meet this: ").rstrip("?").lower()
        most = NAMES.get(row["template"], 0) * n_rows / N_DRAFTS
        if same not in seen and sum(other["template"] == row["template"] for other in out) < most:
            seen.add(same)
            out.append(row)
        if len(out) == n_rows:
            break
    return out


def sample() -> None:
    """Write the sample, and an empty form where there is none yet."""
    dice = random.Random(SEED)
    rows = chosen(drafted(LISTS / capabilities.SHIPPED, LISTS / "requirements"), N_DRAFTS - N_HELD_OUT, dice)
    thin = []
    for industry in HELD_OUT:
        folder = LISTS / "industries" / industry
        thin += drafted(folder / capabilities.SHIPPED, folder / "requirements")
    rows += chosen([row for row in thin if row["template"] == DEFAULT], N_HELD_OUT * 2, dice)[:N_HELD_OUT]
    FOLDER.mkdir(exist_ok=True)
    numbered = [{"draft": str(number), **row} for number, row in enumerate(rows, 1)]
    _write(DRAFTS, COLUMNS, numbered)
    TEXT.write_text("\n\n".join(_entry(row) for row in numbered) + "\n", encoding="utf-8")
    if not VERDICTS.exists():
        _write(VERDICTS, FORM, [{"draft": row["draft"], "verdict": "", "reason": ""} for row in numbered])


def _entry(row: dict[str, str]) -> str:
    where = f"{row['list']}, template {row['template']}, from {row['sources']}"
    return f"## {row['draft']}. {row['question']}\n\n{row['answer']}\n\n*{where}*"


def _write(path: Path, names: tuple[str, ...], rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def count() -> dict[str, Counter[str]]:
    """Return how many drafts got which verdict: of all, of the main catalogue's lists, of the thin catalogues'."""
    drafts = {row["draft"]: row for row in csv.DictReader(DRAFTS.open(encoding="utf-8"))}
    out: dict[str, Counter[str]] = {"all": Counter(), "sample": Counter(), "held out": Counter()}
    for row in csv.DictReader(VERDICTS.open(encoding="utf-8")):
        verdict = row["verdict"].strip().lower() or "not read"
        if verdict not in (*KINDS, "not read"):
            raise SystemExit(f"Draft {row['draft']}: {verdict!r} is no verdict; write one of {', '.join(KINDS)}.")
        is_main = (LISTS / "requirements" / drafts[row["draft"]]["list"]).exists()
        for name in ("all", "sample" if is_main else "held out"):
            out[name][verdict] += 1
    return out


if __name__ == "__main__":
    if sys.argv[1:] == ["sample"]:
        sample()
    else:
        for name, counts in count().items():
            print(name, dict(counts))
