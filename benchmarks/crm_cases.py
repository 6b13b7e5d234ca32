"""How many small CRM exports, each with one difficulty, `quarterdeck check` answers rightly, refuses or gets wrong.

    python benchmarks/crm_cases.py [FOLDER]

The folder holds one folder a case, NAME.expected.json beside it, and NAME.map.yaml and NAME.quarterdeck.yaml where
the case has a map or settings. A case is right when every figure comes out; refused when the folder is refused by a
sentence and no figures are shown; else it is silently wrong.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CASES = ROOT.parent / "shared" / "data" / "crm_cases"
NOT_FIGURES = ("note", "train_peak_mb_at_most", "quarter_starts", "quarter_days")
NAMED = ("(", "Name", "Use", "Export", "Add", "Did you mean", "Check", "Open", "Write", "There are", "Its ")


def command(folder: Path, name: str) -> list[str]:
    """Return the arguments of the check of a case."""
    out = ["check", str(folder / name), "--json"]
    for option, ending in (("--map", "map.yaml"), ("--config", "quarterdeck.yaml")):
        path = folder / f"{name}.{ending}"
        out += [option, str(path)] if path.exists() else []
    return out


def faults(expected: dict[str, Any], answer: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return the figures that differ, with what was expected and what came."""
    out = {k: (v, answer.get(k)) for k, v in expected.items() if k not in NOT_FIGURES and answer.get(k) != v}
    starts = [q["start"] for q in answer["quarters"]]
    if "quarter_starts" in expected and starts != expected["quarter_starts"]:
        out["quarter_starts"] = (expected["quarter_starts"], starts)
    if "quarter_days" in expected:
        lengths = {(date.fromisoformat(q["end"]) - date.fromisoformat(q["start"])).days + 1 for q in answer["quarters"]}
        if lengths != {expected["quarter_days"]}:
            out["quarter_days"] = (expected["quarter_days"], lengths)
    return out


def verdict(expected: dict[str, Any], code: int, stdout: str, stderr: str) -> tuple[str, dict[str, Any]]:
    """Say whether an answer is right, refused or wrong, and where it is wrong."""
    answer = json.loads(stdout) if stdout.strip() else None
    if answer is None:
        is_told = code == 1 and any(word in stderr for word in NAMED)
        return ("refused" if is_told else "wrong"), {"stderr": stderr[-300:]}
    wrong = faults(expected, answer)
    if wrong:
        return "wrong", wrong
    return ("right" if code == 0 or not answer["n_deals"] else "wrong"), {}


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else CASES
    if not folder.is_dir():
        print("The folder of CRM cases is not there.")
        return
    counts: Counter[str] = Counter()
    seconds: list[float] = []
    for path in sorted(folder.glob("*.expected.json")):
        name = path.name.removesuffix(".expected.json")
        begin = time.perf_counter()
        run = subprocess.run(
            [sys.executable, "-m", "core.cli", *command(folder, name)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        seconds.append(time.perf_counter() - begin)
        word, why = verdict(json.loads(path.read_text()), run.returncode, run.stdout, run.stderr)
        counts[word] += 1
        print(f"{word:8} {seconds[-1]:5.1f} s  {name}  {why or ''}")
    total = sum(counts.values())
    print(
        f"{total} cases: {counts['right']} right, {counts['refused']} refused by a sentence, {counts['wrong']} wrong;"
    )
    print(f"slowest {max(seconds):.1f} s, median {sorted(seconds)[total // 2]:.1f} s from the start of the process")


if __name__ == "__main__":
    main()
