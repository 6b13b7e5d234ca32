"""Writes a draft: the verdict, what is provided and how, scope, limit, exception and evidence; each from a source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Any

from core.requirements.catalogue.effective_catalogue import links
from core.requirements.judge.drafting import draft_statements
from core.requirements.judge.drafting.draft_checklist import (
    BLANK,
    REFERENCE,
    STATED,
    evidence_day,
    leading_verdict,
    said_before,
)
from core.requirements.judge.drafting.draft_records import Draft, Question
from core.requirements.judge.drafting.draft_statements import ENDED, lowered
from core.requirements.judge.drafting.question_needs import unsaid_parts
from core.requirements.judge.limits import Comparison, demands
from core.requirements.judge.said_words import affirmed
from core.requirements.read import answer_vocabulary
from core.rewriting import claims

NOBODY = "no counterpart in the catalogue"
NOT_PROVIDED = "We do not provide this today."
SPOKEN = re.compile(r"(?:We|Our|You|Your)\b")
WORD = re.compile(r"[\w.%]+")
READY = ("available", "limited", "partner")
Sentence = tuple[str, str]


@dataclass(frozen=True)
class Material:
    """What a draft is written from.

    Attributes
    ----------
    capability : mapping or None
        The catalogue's row that answers the question; None where a person said that there is none.
    others : tuple of mappings
        Rows that answer parts of the question the first one says nothing of.
    answer : mapping or None
        [answer, answer_id] out of the library.
    """

    capability: Mapping[str, Any] | None
    others: tuple[Mapping[str, Any], ...] = ()
    answer: Mapping[str, Any] | None = None


def lacking(text: str, capabilities: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the parts of a double-barrelled question of which none of some capabilities says anything."""
    texts = (
        affirmed({**row, "commitments": f"{row.get('commitments') or ''}. {draft_statements.how(row)}"})
        for row in capabilities
    )
    return unsaid_parts(text, ". ".join(texts))


def uncompared(text: str, capabilities: Sequence[Mapping[str, Any]], compared: Sequence[Comparison]) -> list[str]:
    """Return the numbers of a question that no comparison holds against a commitment and no capability states.

    Examples
    --------
    >>> uncompared("A technician is on site within 4 hours", [{"name": "Repair", "commitments": "24 hours"}], [])
    ['4 hour']
    >>> uncompared("Files of 5 GB", [{"name": "Files", "limit": "5 GB"}], [])
    []
    """
    stated = claims.claims(". ".join(str(value) for row in capabilities for value in row.values() if value))
    asked = claims.claims(" ; ".join(comparison.asked for comparison in compared))
    met = stated.numbers | asked.numbers
    standard_units = claims.known_units()
    left = sorted(claims.claims(text).numbers - met)
    return [f"{value:g} {unit}" for value, unit in left if unit in standard_units]


def helpers(
    text: str, capability: Mapping[str, Any], near: Iterable[Mapping[str, Any]]
) -> tuple[Mapping[str, Any], ...]:
    """Return the nearest available capabilities that say what one leaves unsaid of a double-barrelled question.

    Parameters
    ----------
    text : str
    capability : mapping
        The question's counterpart.
    near : iterable of mappings
        Other candidates, the likeliest first.

    Returns
    -------
    tuple of mappings
        Empty where nothing is left unsaid, or where it stays so whatever is added.
    """
    chosen: list[Mapping[str, Any]] = []
    left = lacking(text, [capability])
    for row in near:
        if not left:
            break
        if row["status"] == "available" and row["capability_id"] != capability["capability_id"]:
            fewer = lacking(text, [capability, *chosen, row])
            if len(fewer) < len(left):
                chosen, left = [*chosen, row], fewer
    return tuple(chosen) if not left else ()


def write(question: Question, material: Material, statement: str) -> Draft:
    """Write a draft answer.

    A plain yes is said only where the judgement supports it (`Question.may_say_yes`); without that the draft begins
    with no verdict. Whatever a sentence lacks a field for is left out, never left blank.

    Parameters
    ----------
    question : Question
    material : Material
    statement : str
        How far we comply, in the words of the analysis.
    """
    out: list[Sentence] = []
    opening = _verdict(question)
    for part in question.template.parts:
        if part != "verdict":
            _extend(out, _PARTS[part](question, material))
    if out and opening:
        out = _opened(opening, out, question)
    return Draft(statement, tuple(out))


def _verdict(question: Question) -> str:
    """Return the word a draft opens with; empty for a question in words, and where the word would say too much."""
    if question.status not in STATED or "verdict" not in question.template.parts:
        return ""
    opening = question.word or question.template.verdicts.get(question.status, "")
    says_yes = answer_vocabulary.meaning(opening)[0] == "full"
    return "" if says_yes and not question.may_say_yes else opening


def _opened(opening: str, out: list[Sentence], question: Question) -> list[Sentence]:
    first, source = out[0]
    if own := leading_verdict(first):
        # An answer of the library that says yes or no itself keeps its own words, but for the buyer's.
        return [(f"{question.word}{first[len(own) :]}", source), *out[1:]] if question.word else out
    if question.template.joins and SPOKEN.match(first):
        mark = "," if opening.lower() in ("yes", "no") else ":"
        return [(f"{opening}{mark} {first[0].lower()}{first[1:]}", source), *out[1:]]
    return [(f"{opening}.", source), *out]


def _extend(out: list[Sentence], fresh: Iterable[Sentence]) -> None:
    """Add sentences that have no blank and do not say again what is said already."""
    for line, source in fresh:
        if line and not BLANK.search(line) and (REFERENCE.search(line) or not said_before(line, [s for s, _ in out])):
            out.append((line, source))


def _how(question: Question, material: Material) -> list[Sentence]:
    answer, capability = material.answer, material.capability
    if answer is not None and (line := library_line(str(answer["answer"]), question)):
        return [(line, str(answer["answer_id"]))]
    if capability is None:
        return [(NOT_PROVIDED, NOBODY)]
    out = []
    for row in (capability, *material.others):
        fields = {"how": draft_statements.how(row), "name": str(row.get("name") or "")}
        status = question.status if question.status in STATED else str(row["status"])
        out.append((_filled(question.template.wording("how", status), fields), str(row["capability_id"])))
    return out


def library_line(text: str, question: Question) -> str:
    """Return an answer of the library; empty where it has a blank or a verdict other than ours."""
    line = " ".join(text.split())
    means = answer_vocabulary.meaning(leading_verdict(line))[0] if leading_verdict(line) else ""
    says = {
        "available": "full",
        "limited": "partial",
        "partner": "partner",
        "roadmap": "roadmap",
        "not available": "none",
    }
    is_another = bool(means) and means != says.get(question.status, means)
    if BLANK.search(line) or is_another or (means == "full" and not question.may_say_yes):
        return ""
    return line if not line or ENDED.search(line) else f"{line}."


def _scope(question: Question, material: Material) -> list[Sentence]:
    row = material.capability
    if row is None or row.get("status") not in READY or question.status in ("roadmap", "not available"):
        return []
    fields = {"scope": str(row.get("scope") or "").strip().rstrip(".")}
    return [(_filled(question.template.wording("scope", ""), fields), str(row["capability_id"]))]


def _commitment(question: Question, material: Material) -> list[Sentence]:
    """Return what we commit to of what is asked, where it is not said already."""
    if material.capability is None or question.status in ("roadmap", "not available"):
        return []
    key = str(material.capability["capability_id"])
    before = " ".join(line for line, _ in _how(question, material))
    is_excepted = bool(material.capability.get("exception"))
    out = []
    for compared in question.comparisons:
        is_said = (compared.verdict == "met" or is_excepted) and not _unsaid(compared.committed, before)
        if compared.committed and compared.verdict in ("met", "partial") and not is_said:
            asked, committed = lowered(compared.asked), lowered(compared.committed)
            if compared.verdict == "partial":
                asked, committed = draft_statements.against(asked, committed)
            fields = {"committed": committed, "asked": asked}
            is_standard = [d.kind for d in demands(compared.committed)] == ["standard"] and compared.verdict == "met"
            case = "standard" if is_standard else compared.verdict
            line = _filled(question.template.wording("commitment", case), fields)
            out.append((line, compared.capability_id or key))
    return out + _plain_commitments(question, material.capability, before)


def _plain_commitments(question: Question, capability: Mapping[str, Any], before: str) -> list[Sentence]:
    """Return the commitments as they are written where a number is asked for that compares with none of them."""
    given = str(capability.get("commitments") or "").strip().rstrip(".")
    asked = uncompared(question.text, [{"description": before}], question.comparisons)
    if not asked or not claims.claims(given).numbers or not _unsaid(given, before):
        return []
    listed = ", ".join(part.strip() for part in given.split(";"))
    line = _filled(question.template.wording("commitment", "met"), {"committed": lowered(listed)})
    return [(line, str(capability["capability_id"]))]


def _unsaid(committed: str, text: str) -> list[str]:
    """Return the words of a commitment that a text does not have."""
    spoken = {word.lower().strip(".") for word in WORD.findall(text)}
    names = [word for word in WORD.findall(committed) if any(c.isupper() or c.isdigit() for c in word)]
    return [*claims.unstated(committed, [text]), *(word for word in names if word.lower() not in spoken)]


def _exception(question: Question, material: Material) -> list[Sentence]:
    row = material.capability
    if row is None:
        return []
    key = str(row["capability_id"])
    if question.status in ("roadmap", "not available"):
        day = row.get("available_on")
        fields = {"exception": str(row.get("exception") or ""), "date": f"{day:%B %Y}" if day else ""}
        return [(_filled(question.template.wording("exception", question.status), fields), key)]
    if row.get("status") == "available" or question.status == "available":
        return [(str(row.get("exception") or "").strip(), key)]
    before = " ".join(line for line, _ in (*_how(question, material), *_commitment(question, material)))
    limit = str(row.get("limit") or "")
    is_said = bool(claims.claims(limit).numbers) and not claims.unstated(limit, [before])
    is_limited = row.get("status") == "limited" and not is_said
    line = draft_statements.exception(row) if is_limited or row.get("exception") else ""
    return [(_filled(question.template.wording("exception", str(row["status"])), {"exception": line}), key)]


def _evidence(question: Question, material: Material) -> list[Sentence]:
    """Return where the evidence is and of which day; nothing for what is not there."""
    if not question.template.has_evidence or question.status in ("roadmap", "not available"):
        return []
    out = []
    for row in (material.capability, *material.others):
        given = str((row or {}).get("evidence") or "").strip()
        if row is not None and given and row.get("status") in READY:
            first = (links(given) or [given])[0]
            is_link = first.startswith(("https://", "http://"))
            fields = {
                "evidence": first if is_link else "",
                "file": "" if is_link else given,
                "evidence_date": evidence_day(row.get("evidence_on")),
            }
            out.append((_filled(question.template.wording("evidence", ""), fields), str(row["capability_id"])))
    return out


def _filled(wordings: Sequence[str], fields: Mapping[str, str]) -> str:
    """Return the first wording whose fields are all known, filled; empty where none is."""
    for wording in wordings:
        names = [name for _, name, _, _ in Formatter().parse(wording) if name is not None]
        if all(fields.get(name) for name in names):
            return wording.format(**fields)
    return ""


_PARTS = {"how": _how, "scope": _scope, "commitment": _commitment, "exception": _exception, "evidence": _evidence}
