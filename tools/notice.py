"""Writes NOTICE: what Quarterdeck carries and what it needs, and under which licences.

Run `python -m tools.notice` in the environment of the lock file after a dependency, a font or the weights change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "NOTICE"
FONTS = ("*.ttf", "*.otf", "*.woff2")
HEAD = """Quarterdeck
Copyright 2026 The Quarterdeck authors

Licensed under the Apache License, Version 2.0; the text is in LICENSE.
This file is written by `python -m tools.notice`.
"""
# What the metadata of a package leave out or garble; read from the licence file it carries.
KNOWN = {"dataframely": "BSD-3-Clause"}
LONGEST = 60
COPYLEFT = re.compile(r"GPL|MPL|EPL|CDDL|EUPL|SSPL|General Public|Mozilla|Eclipse|Affero|Server Side", re.IGNORECASE)
# Licences that ask for something of whoever changes the library itself, and why that is borne here.
ACCEPTED = {
    "certifi": "a file of root certificates, used as it is and not part of Quarterdeck",
    "psycopg": "LGPL: imported as it is installed, replaceable by whoever runs Quarterdeck; for PostgreSQL",
    "psycopg-binary": "as psycopg",
    "recurring-ical-events": "LGPL: imported as it is installed, replaceable; repeats of calendars' meetings",
    "tqdm": "MPL for single files, used as they are and not part of Quarterdeck",
    "x-wr-timezone": "as recurring-ical-events",
}


def needed(project: str = "quarterdeck") -> list[Distribution]:
    """Return what the project needs to run, directly or not, by name; without extras nobody asked for."""
    waiting: list[tuple[str, frozenset[str]]] = [(project, frozenset())]
    visited: set[tuple[str, frozenset[str]]] = set()
    out: dict[str, Distribution] = {}
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in visited:
            continue
        visited.add((name, extras))
        try:
            package = distribution(name)
        except PackageNotFoundError:
            continue
        out[name] = package
        waiting += [(canonicalize_name(r.name), frozenset(r.extras)) for r in _requirements(package, extras)]
    out.pop(project, None)
    return [out[name] for name in sorted(out)]


def _requirements(package: Distribution, extras: frozenset[str]) -> Iterator[Requirement]:
    for line in package.requires or []:
        requirement = Requirement(line)
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": e}) for e in {"", *extras}):
            yield requirement


def licence(package: Distribution) -> str:
    """Return a package's licence as its metadata name it: the SPDX expression, else the classifier, else the field."""
    metadata = package.metadata
    name = canonicalize_name(metadata["Name"])
    expression = metadata.get("License-Expression")
    classifiers = [c.rpartition(" :: ")[2] for c in metadata.get_all("Classifier") or [] if c.startswith("License ::")]
    named = [c for c in classifiers if c != "OSI Approved"]
    field = re.sub(r"\s+", " ", metadata.get("License") or "").strip()
    text = expression or ", ".join(named) or KNOWN.get(name, "") or (field if len(field) <= LONGEST else "")
    return text or KNOWN.get(name, "see the licence file it carries")


def is_copyleft_only(terms: str) -> bool:
    """Say whether terms bind with no choice of others.

    Examples
    --------
    >>> is_copyleft_only("LGPL-3.0-only"), is_copyleft_only("MIT OR GPL-2.0"), is_copyleft_only("MPL-2.0 AND MIT")
    (True, False, True)
    """
    choices = re.split(r"\s+or\s+", terms, flags=re.IGNORECASE)
    return all(COPYLEFT.search(choice) for choice in choices)


def unaccepted() -> list[str]:
    """Return the names of libraries that are needed, bind with no choice, and were not looked at by a person."""
    names = [canonicalize_name(p.metadata["Name"]) for p in needed() if is_copyleft_only(licence(p))]
    return [name for name in names if name not in ACCEPTED]


def fonts() -> list[str]:
    """Return a line for each font of the project, with the licence text that lies beside it."""
    files = sorted(f for folder in ("core", "assets") for kind in FONTS for f in (ROOT / folder).rglob(kind))
    lines = []
    for file in files:
        texts = sorted(p.name for p in file.parent.iterdir() if p.name in ("OFL.txt", "LICENSE", "LICENSE.txt"))
        if not texts:
            raise SystemExit(f"No licence lies beside {file.relative_to(ROOT)}.")
        lines.append(f"{file.relative_to(ROOT).as_posix()}: {_named_in(file.with_name(texts[0]))}")
    return lines


def _named_in(file: Path) -> str:
    text = file.read_text(encoding="utf-8")
    owner = next((line.strip() for line in text.splitlines() if line.startswith("Copyright")), "")
    kind = "SIL Open Font License 1.1" if "SIL OPEN FONT LICENSE" in text.upper() else "licence"
    return f"{kind}, text in {file.relative_to(ROOT).as_posix()}. {owner}".strip()


def weights() -> list[str]:
    """Return a line for each package of vectors.lock."""
    lines = []
    for line in (ROOT / "vectors.lock").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith(("#", " ")):
            pin = line.removesuffix(" \\")
            package = licence(distribution(pin.partition("==")[0]))
            lines.append(f"{pin}: {package}; the weights of all-MiniLM-L6-v2 in it: Apache-2.0")
    return lines


def text() -> str:
    """Return the whole file."""
    packages = [f"{canonicalize_name(p.metadata['Name'])}: {licence(p)}" for p in needed()]
    parts = {
        "Fonts that travel along": fonts() or ["none"],
        "Weights that are installed beside": weights(),
        "Libraries that are installed beside; none of their code is part of Quarterdeck": packages,
    }
    sections = ("\n".join((title, "-" * len(title), *lines)) for title, lines in parts.items())
    return HEAD + "".join(f"\n{section}\n" for section in sections)


if __name__ == "__main__":
    if names := unaccepted():
        raise SystemExit(f"Look at the licences of {', '.join(names)}, and add them to ACCEPTED with a reason.")
    FILE.write_text(text(), encoding="utf-8")
