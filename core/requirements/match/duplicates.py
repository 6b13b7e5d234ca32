"""Capabilities that say the same, and one made of two."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from core.localization import joined, message
from core.metrics import counted
from core.requirements.catalogue import effective_catalogue
from core.requirements.catalogue.capabilities import Catalogue
from core.requirements.match import alike_pairs
from core.requirements.text import tfidf
from core.store.capabilities import CapabilityEdit

# Likeness is the matching score of two capabilities, 1 for the same text.
ALIKE = 0.54
MOST_SHOWN = 100
NUMBER = re.compile(r"\d+(?:\.\d+)?")
PAIRS = {
    "one_id": pl.String,
    "one": pl.String,
    "other_id": pl.String,
    "other": pl.String,
    "likeness": pl.Float64,
    "words": pl.String,
    "status": pl.String,
}
JOINED = ("limit", "commitments", "evidence")


@dataclass(frozen=True)
class Twins:
    """Pairs of capabilities that may be one and the same, as `find` lists them."""

    frame: pl.DataFrame

    def sentence(self) -> str:
        """Say how many pairs there are."""
        if self.frame.is_empty():
            return "None: no two capabilities look like duplicates."
        return message(
            "{pairs} may be duplicates; read both before you merge them.", pairs=counted(self.frame.height, "pair")
        )


def find(
    catalogue: Catalogue, home: Path | None = None, least: float = ALIKE, apart: Collection[tuple[str, str]] = ()
) -> Twins:
    """Pairs of capabilities that may be duplicates, the most alike first.

    Likeness is that of `alike_pairs.alike`.

    Parameters
    ----------
    catalogue : Catalogue
    home : Path, optional
        Where the vectors of the catalogue are kept.
    least : float
        Pairs less alike are left out, and those whose names have different numbers.
    apart : collection of (str, str)
        Ids of pairs somebody said are different; they are left out.

    Returns
    -------
    Twins
        frame: [one_id, one, other_id, other, likeness, words, status]: words are those in common; status says both
        where they differ. At most 100 pairs.
    """
    rows = catalogue.frame.to_dicts()
    distinct = {frozenset(pair) for pair in apart}

    def likely(first: int, second: int, score: float) -> bool:
        ids = frozenset(rows[k]["capability_id"] for k in (first, second))
        return score >= least and ids not in distinct and _same_numbers(rows[first], rows[second])

    pairs = alike_pairs.alike(catalogue.texts(), likely, home)[:MOST_SHOWN]
    listed = [_pair(rows[first], rows[second], score) for first, second, score in pairs]
    return Twins(pl.DataFrame(listed, schema=PAIRS, orient="row"))


def _same_numbers(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    """Say whether two names could mean the same; 99.9 % and 99.99 % cannot."""
    left, right = ({float(n) for n in NUMBER.findall(str(row["name"]))} for row in (first, second))
    return not left or not right or left == right


def _pair(first: Mapping[str, Any], second: Mapping[str, Any], score: float) -> tuple[Any, ...]:
    stems = [dict(_stems(row)) for row in (first, second)]
    words = ", ".join(word for stem, word in stems[0].items() if stem in stems[1])
    status = first["status"] if first["status"] == second["status"] else f"{first['status']}, {second['status']}"
    return first["capability_id"], first["name"], second["capability_id"], second["name"], score, words, status


def _stems(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    words = str(row["name"]).lower().replace("/", " ").replace(",", " ").split()
    return [(stem, word) for word in words for stem in tfidf.tokens(word)[:1]]


def merged(survivor: Mapping[str, Any], gone: Mapping[str, Any]) -> tuple[CapabilityEdit, CapabilityEdit]:
    """Return the edits that make one capability of two.

    The one kept stays as it is, fills its empty fields from the other, and takes over limits, commitments and
    evidence it lacks; the other is retired and its id counts as the kept one's from then on, so that lists and
    answers made before still find it.

    Parameters
    ----------
    survivor, gone : mapping
        Both as they stand, with their versions.
    """
    filled = {
        name: survivor.get(name) if survivor.get(name) is not None else gone.get(name)
        for name in effective_catalogue.FIELDS
    }
    if survivor.get("status") != "roadmap":
        filled["available_on"] = survivor.get("available_on")
    for name in JOINED:
        filled[name] = _joined(survivor.get(name), gone.get(name))
    key = str(survivor["capability_id"])
    return effective_catalogue.change(survivor, **filled), effective_catalogue.change(
        gone, is_retired=True, merged_into=key
    )


def _joined(first: str | None, second: str | None) -> str | None:
    parts = [part.strip() for text in (first, second) for part in (text or "").split(";")]
    return joined(*dict.fromkeys(part for part in parts if part), by="; ") or None
