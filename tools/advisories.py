"""Says which of the libraries in requirements.lock have a weakness that was made public.

Run `python -m tools.advisories`: where pip-audit is at hand and reaches its source, that one is asked; else the list in
tools/advisories.toml decides, and its date is said. The exit code is the number of libraries with a weakness.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
LOCK, PROJECT, FILE = ROOT / "requirements.lock", ROOT / "pyproject.toml", ROOT / "tools" / "advisories.toml"
SECONDS = 300


@dataclass(frozen=True)
class Advisory:
    """One weakness: the first version without it, its number, and what it is."""

    fixed_in: Version
    number: str
    what: str


def local() -> tuple[date, Mapping[str, list[Advisory]]]:
    """Return the day of the list in the repository, and its advisories by library."""
    content = tomllib.loads(FILE.read_text(encoding="utf-8"))
    rows = {
        name: [Advisory(Version(v), number, what) for v, number, what in entries]
        for name, entries in content["fixed_in"].items()
    }
    return content["as_of"], rows


def locked() -> dict[str, Version]:
    """Return the versions of the lock file; of a library locked twice the older one."""
    out: dict[str, Version] = {}
    for line in LOCK.read_text(encoding="utf-8").splitlines():
        if match := re.match(r"([A-Za-z0-9._-]+)==([^ ;]+)", line):
            name, version = canonicalize_name(match[1]), Version(match[2])
            out[name] = min(version, out.get(name, version))
    return out


def floors() -> dict[str, Version]:
    """Return the oldest version of each library that the project allows, extras among them."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    out: dict[str, Version] = {}
    for requirement in map(Requirement, lines):
        bounds = [Version(part.version) for part in requirement.specifier if part.operator in (">=", "==")]
        if bounds:
            out[canonicalize_name(requirement.name)] = max(bounds)
    return out


def affected(versions: Mapping[str, Version], advisories: Mapping[str, list[Advisory]]) -> list[str]:
    """Return a sentence for each library whose version has a weakness."""
    return [
        f"{name} {version} has {advisory.number} ({advisory.what}); {advisory.fixed_in} does not."
        for name, version in sorted(versions.items())
        for advisory in advisories.get(name, ())
        if version < advisory.fixed_in
    ]


def read_audit(text: str) -> tuple[int, list[str]]:
    """Return from the JSON of pip-audit how many libraries it could look up, and a sentence for each weakness."""
    try:
        rows: list[dict[str, Any]] = json.loads(text)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return 0, []
    looked_up = [row for row in rows if "skip_reason" not in row]
    sentences = []
    for row in looked_up:
        for weakness in row["vulns"]:
            mended = ", ".join(weakness["fix_versions"]) or "no version"
            sentences.append(f"{row['name']} {row['version']} has {weakness['id']}; {mended} does not.")
    return len(looked_up), sentences


def _audited() -> tuple[int, list[str]]:
    program = shutil.which("pip-audit") or shutil.which("pip-audit", path=str(Path(sys.executable).parent))
    if program is None:
        return 0, []
    words = ["-r", str(LOCK), "--no-deps", "--disable-pip", "--progress-spinner", "off", "-f", "json"]
    try:
        done = subprocess.run([program, *words], capture_output=True, text=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return 0, []
    return read_audit(done.stdout)


def main() -> int:
    """Print what was looked up and what came of it."""
    n_looked_up, sentences = _audited()
    if n_looked_up:
        print(f"{n_looked_up} libraries were looked up by pip-audit.")
    else:
        day, advisories = local()
        sentences = affected(locked(), advisories)
        print(f"No source of advisories answers: the list of {day} in tools/advisories.toml decides.")
    for sentence in sentences:
        print(sentence)
    if not sentences:
        print("No weakness is known in any of them.")
    return len(sentences)


if __name__ == "__main__":
    sys.exit(main())
