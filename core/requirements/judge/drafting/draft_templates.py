"""Templates of draft answers: tone, length and wordings, from YAML; a company may add its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from core import yaml_text
from core.contracts.errors import RequirementError, closest

FILE = Path(__file__).with_name("draft_templates.yaml")
DEFAULT = "paragraph"
PARTS = ("verdict", "how", "scope", "commitment", "exception", "evidence")
FIELDS = (*("name", "how", "scope", "committed", "asked", "exception", "date", "evidence", "evidence_date", "file"),)
KEYS = ("about", "words", "sentences", "evidence", "joins", "verdicts", "parts", "wordings")


@dataclass(frozen=True)
class DraftTemplate:
    """How long a draft is and how it speaks.

    Attributes
    ----------
    name, about : str
    words, sentences : (int, int)
        Fewest and most.
    has_evidence : bool
        Whether evidence and its date belong in it, where the catalogue has any.
    joins : bool
        Whether the verdict leads into the first sentence.
    verdicts : mapping
        Our word for each status.
    parts : tuple of str
        What is said, in order.
    wordings : mapping
        The sentences of each part.
    """

    name: str
    about: str
    words: tuple[int, int]
    sentences: tuple[int, int]
    has_evidence: bool
    joins: bool
    verdicts: Mapping[str, str]
    parts: tuple[str, ...]
    wordings: Mapping[str, Any]

    def wording(self, part: str, case: str) -> list[str]:
        """Return the wordings of a part for a status or verdict, the best first."""
        given = self.wordings.get(part, [])
        return list(given.get(case, []) if isinstance(given, Mapping) else given)


@cache
def _shipped() -> dict[str, dict[str, Any]]:
    loaded: dict[str, dict[str, Any]] = yaml_text.parsed(FILE.read_text(encoding="utf-8"))
    return loaded


def templates(own: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, DraftTemplate]:
    """Return the templates by name: the shipped ones, and a company's own over them.

    Parameters
    ----------
    own : mapping, optional
        Name to the fields it sets; all others are those of the shipped one of that name, else of `paragraph`.

    Raises
    ------
    RequirementError
        When a template of the company's names a field, part or blank there is none of.

    Examples
    --------
    >>> list(templates())
    ['paragraph', 'one-line', 'formal']
    """
    shipped = _shipped()
    names = [*shipped, *(name for name in own or {} if name not in shipped)]
    return {name: _template(name, _laid_over(name, (own or {}).get(name, {}))) for name in names}


def template(name: str = "", own: Mapping[str, Mapping[str, Any]] | None = None) -> DraftTemplate:
    """Return one template; the first shipped one where none is named.

    Raises
    ------
    RequirementError
        When there is none of that name.
    """
    by_name = templates(own)
    wanted = name or DEFAULT
    if wanted not in by_name:
        near = closest(wanted, list(by_name))
        mend = f"Did you mean {near!r}?" if near else f"Use one of: {', '.join(by_name)}."
        raise RequirementError(f"There is no template of drafts called {wanted!r}.", mend=mend)
    return by_name[wanted]


def _laid_over(name: str, own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a template: its own over those of the shipped one over those of `paragraph`."""
    unknown = [key for key in own if key not in KEYS]
    if unknown:
        raise _odd(name, f"the field {unknown[0]!r}", KEYS)
    base, shipped = _shipped()[DEFAULT], _shipped().get(name, {})
    fields = {**base, **shipped, **own}
    for key in ("verdicts", "wordings"):
        fields[key] = {**base[key], **shipped.get(key, {}), **own.get(key, {})}
    return fields


def _template(name: str, fields: Mapping[str, Any]) -> DraftTemplate:
    strange = [part for part in fields["parts"] if part not in PARTS]
    if strange:
        raise _odd(name, f"the part {strange[0]!r}", PARTS)
    for wording in _all_wordings(fields["wordings"]):
        blanks = [blank for _, blank, _, _ in Formatter().parse(wording) if blank is not None]
        if any(blank not in FIELDS for blank in blanks):
            raise _odd(name, f"the blank {next(b for b in blanks if b not in FIELDS)!r} in {wording!r}", FIELDS)
    return DraftTemplate(
        name,
        str(fields["about"]),
        (int(fields["words"][0]), int(fields["words"][1])),
        (int(fields["sentences"][0]), int(fields["sentences"][1])),
        bool(fields["evidence"]),
        bool(fields["joins"]),
        dict(fields["verdicts"]),
        tuple(fields["parts"]),
        dict(fields["wordings"]),
    )


def _all_wordings(wordings: Any) -> list[str]:
    if isinstance(wordings, str):
        return [wordings]
    inner = wordings.values() if isinstance(wordings, Mapping) else wordings
    return [line for part in inner for line in _all_wordings(part)]


def _odd(name: str, what: str, allowed: tuple[str, ...]) -> RequirementError:
    return RequirementError(f"The template {name!r} has {what}.", "draft templates", f"Known: {', '.join(allowed)}.")
