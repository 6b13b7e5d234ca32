"""What must be true of a draft before it is sent; each check says what is wrong in a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from core.requirements.catalogue.effective_catalogue import links
from core.requirements.judge.drafting import question_needs
from core.requirements.judge.drafting.draft_records import Draft, Fault, Question
from core.requirements.judge.drafting.draft_statements import has_verb
from core.requirements.judge.drafting.question_needs import unsaid_parts, words
from core.requirements.judge.said_words import content_stems
from core.requirements.read import answer_vocabulary
from core.requirements.text.row_kind import RATED, row_kind
from core.rewriting import claims

# Of a question's words this share is found again in its answer, and never fewer than one.
SHARE_OF_SUBJECT = 0.25
# Two sentences with this share of their words in common say the same.
SAME = 0.75
STATED = ("available", "limited", "partner", "roadmap", "not available")
BLANK = re.compile(r"\[\s*\w*\s*\]|\{[^}]*\}|<\s*>|_{3,}|\bTBD\b|\bxxx+\b|\.\.\.|…|\bN/?A\b", re.IGNORECASE)
ENDING = re.compile(r"[.!?][\"”)]?$")
REFERENCE = re.compile(r"https?://|\battached as\b", re.IGNORECASE)
# What the buyer is said to ask for is no answer to it.
ASKED = re.compile(r"(?:you ask(?:ed)?|the requirement asks) for [^;.]*;?", re.IGNORECASE)
DOUBLED = re.compile(r"\b(\w+) \1\b", re.IGNORECASE)
SMALL = {"the", "a", "of", "we", "our", "is", "to"}


def faults(draft: Draft, question: Question) -> list[Fault]:
    """Return why a draft cannot be sent as it stands; nothing where it can.

    Parameters
    ----------
    draft : Draft
    question : Question

    Returns
    -------
    list of Fault
        At most one per check, in the order of `CHECKS`.
    """
    if not draft.sentences:
        return [Fault("complete", "There is no draft: a person has to answer.")]
    reasons = ((name, check(draft, question)) for name, check in CHECKS.items())
    return [Fault(name, sentence) for name, sentence in reasons if sentence]


def evidence_day(day: date | None) -> str:
    """Return a day as a draft writes it.

    Examples
    --------
    >>> evidence_day(date(2026, 3, 2))
    '2 March 2026'
    """
    return f"{day.day} {day:%B %Y}" if day else ""


def verdict(text: str) -> str:
    """Return the words a draft opens with before its first sentence ends or its first comma; empty where it is long.

    Examples
    --------
    >>> verdict("Yes, we do."), verdict("Partially compliant. We do."), verdict("We do this today.")
    ('Yes', 'Partially compliant', '')
    """
    opening = re.match(r"([^.:,;!?]{1,60}?(?:, \w+)?)(?=[.:;!?]|, (?:we|our|you|your|the|this|it)\b)", text)
    title = opening.group(1).strip() if opening else ""
    is_sentence = bool(re.match(r"(?:we|our|you|your|the|this|it|all|every)\b", title, re.IGNORECASE))
    return "" if is_sentence or len(title.split()) > 6 else title


def leading_verdict(text: str) -> str:
    """Return the word for yes, no or in part a text begins with; empty where it begins with none.

    Examples
    --------
    >>> leading_verdict("Yes, by OIDC."), leading_verdict("Not compliant. None."), leading_verdict("We do.")
    ('Yes', 'Not compliant', '')
    """
    if plain := re.match(r"(?:yes|no)\b", text, re.IGNORECASE):
        return plain.group(0)
    opening = re.match(r"([A-Za-z][A-Za-z ]{0,40}?)(?=[.,:;!–—]|$)", text)
    title = opening.group(1) if opening else ""
    return title if title and answer_vocabulary.meaning(title)[1] == 1 else ""


def _body(draft: Draft) -> list[str]:
    """Return the sentences of a draft without its verdict."""
    opening = verdict(draft.text)
    sentences = [part for sentence, _ in draft.sentences for part in claims.sentences(sentence)]
    if opening and sentences:
        rest = sentences[0][len(opening) :].lstrip(" .,:;")
        sentences = ([rest[:1].upper() + rest[1:]] if rest else []) + sentences[1:]
    return sentences


def _told(draft: Draft) -> list[str]:
    """Return the sentences that answer, without those that only refer to evidence."""
    return [sentence for sentence in _body(draft) if not REFERENCE.search(sentence)]


def _complete(draft: Draft, question: Question) -> str:
    body = _body(draft)
    if not body:
        return "It is a word alone and says nothing of what is provided."
    for sentence in body:
        if not ENDING.search(sentence):
            return f"“{sentence}” does not end like a sentence."
        if not re.match(r"[\"“(]?[A-Z0-9]", sentence):
            return f"“{sentence}” does not begin like a sentence."
        if not has_verb(sentence):
            return f"“{sentence}” has no verb."
    blank = BLANK.search(draft.text)
    return f"It has a blank: {blank.group(0)}." if blank else ""


def _subject(draft: Draft, question: Question) -> str:
    asked = content_stems(question_needs.english(question.text))
    unquoted = " ".join(ASKED.sub(" ", sentence) for sentence in _told(draft))
    shared = asked & content_stems(unquoted)
    if asked and len(shared) < max(1.0, len(asked) * SHARE_OF_SUBJECT):
        return f"It says next to nothing of what is asked: {', '.join(sorted(asked - shared)[:5])}."
    left = unsaid_parts(question.text, unquoted) if question.status == "available" else []
    return f"It does not answer “{left[0]}”." if left else ""


def _kind(draft: Draft, question: Question) -> str:
    needs = question_needs.needs(question.text)
    is_rated = question.status in STATED and row_kind(question.text).kind in RATED
    if is_rated and not verdict(draft.text):
        return "It can be answered with yes or no, and the draft does not begin with either."
    if not is_rated and verdict(draft.text) and answer_vocabulary.meaning(verdict(draft.text))[1] == 1:
        return f"It asks for words, and the draft begins with “{verdict(draft.text)}”."
    body = " ".join(_told(draft) if "document" not in needs else _body(draft))
    denies = question.status in ("roadmap", "not available")
    lacking = [need for need in needs if not question_needs.gives(need, body)]
    return f"It asks for a {lacking[0]}, and the draft gives none." if lacking and not denies else ""


def _sources(draft: Draft, question: Question) -> str:
    for sentence, source in draft.sentences:
        ids = [part.strip() for part in source.split(",") if part.strip()]
        strange = [key for key in ids if key not in question.capabilities]
        if not ids or strange:
            return f"“{sentence}” has no source{f': {strange[0]} is not in the catalogue' if strange else ''}."
    stated = [*(_source_text(row) for row in question.capabilities.values()), question.text]
    stated += [f"{c.asked} {c.committed}" for c in question.comparisons] + [question.word]
    odd = claims.unstated(" ".join(_body(draft)), stated)
    return f"No source states {odd[0]}." if odd else ""


def _source_text(row: Any) -> str:
    day = [evidence_day(row[name]) for name in ("evidence_on", "available_on") if isinstance(row.get(name), date)]
    return ". ".join([*(str(value) for value in row.values() if value is not None), *day])


def _repetition(draft: Draft, question: Question) -> str:
    doubled = DOUBLED.search(draft.text)
    if doubled and not doubled.group(1).isdigit():
        return f"“{doubled.group(0)}” stands there twice."
    seen: list[str] = []
    for sentence in _told(draft):
        if again := said_before(sentence, seen):
            return f"“{sentence}” says again what “{again}” says."
        seen.append(sentence)
    return ""


def said_before(sentence: str, earlier: Sequence[str]) -> str:
    """Return the earlier sentence that says what this one says; empty where none does.

    Examples
    --------
    >>> said_before("The limit is 5 GB.", ["We store files up to the limit of 5 GB."])
    'We store files up to the limit of 5 GB.'
    """
    ours = _spoken(sentence)
    for other in earlier:
        theirs = _spoken(other)
        least = min(len(ours), len(theirs))
        if least > 2 and len(ours & theirs) >= SAME * least:
            return other
    return ""


def _spoken(sentence: str) -> set[str]:
    listed = (word.lower().strip(".-") for word in re.findall(r"[\w.%\-]+", sentence))
    return {word for word in listed if word} - SMALL


def _person(draft: Draft, question: Question) -> str:
    patterns = words()["person"]
    plain = re.sub(r"“[^”]*”", " ", draft.text)
    wrong = next((hit for pattern in patterns["wrong"] if (hit := pattern.search(plain))), None)
    if wrong:
        return f"It says “{wrong.group(0)}”; a draft says we, and you to the buyer."
    return "" if any(pattern.search(plain) for pattern in patterns["ours"]) else "It never says who speaks: we."


def _tense(draft: Draft, question: Question) -> str:
    patterns = words()["tense"]
    plain = re.sub(r"“[^”]*”|https?://\S+", " ", " ".join(_body(draft)))

    def hit(name: str) -> str:
        return next((match.group(0) for pattern in patterns[name] if (match := pattern.search(plain))), "")

    if bad := hit("hedge") or hit("past"):
        return f"“{bad}” is not what we say of a thing we provide."
    if question.status in ("available", "limited", "partner") and (bad := hit("future")):
        return f"“{bad}” promises for later what is said to be there today."
    if question.status == "roadmap" and not hit("planned"):
        return "It is planned, and the draft does not say so."
    if question.status in ("roadmap", "not available") and not hit("denied"):
        return "It does not say that we do not provide it today."
    return ""


def _limit(draft: Draft, question: Question) -> str:
    for comparison in question.comparisons:
        if comparison.committed and comparison.verdict in ("met", "partial") and question.status != "roadmap":
            missing = claims.unstated(comparison.committed, [" ".join(_body(draft))])
            if missing:
                return f"It does not state what we commit to: {comparison.committed}."
    if question.status in ("roadmap", "not available"):
        return ""
    asked, given = claims.units(question.text), claims.units(" ".join(_told(draft)))
    return f"It asks for a number in {min(asked - given)}, and the draft gives none." if asked - given else ""


def _exception(draft: Draft, question: Question) -> str:
    plain = " ".join(_body(draft))
    if question.status == "partner":
        return "" if re.search(r"\bpartner", plain, re.IGNORECASE) else "It does not name the partner's part."
    if question.status == "roadmap":
        days = [row["available_on"] for row in question.capabilities.values() if row.get("available_on")]
        return "" if not days or any(f"{day:%B %Y}" in plain for day in days) else "It does not say when."
    if question.status != "limited":
        return ""
    short = [c for c in question.comparisons if c.verdict == "partial" and c.committed]
    if short and not any(claims.unstated(c.committed, [plain]) for c in short):
        return ""
    gaps = [str(row.get(name) or "") for row in question.capabilities.values() for name in ("exception", "limit")]
    gaps = [gap for gap in gaps if gap]
    is_named = any(len(_tokens(gap) & _tokens(plain)) >= 0.6 * len(_tokens(gap)) for gap in gaps if _tokens(gap))
    return "" if is_named else f"It does not name the exception{f': {gaps[0]}' if gaps else ''}."


def _tokens(text: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[\w%]+", text)} - {"the", "a", "an", "of", "is", "are", "and", "or"}


def _evidence(draft: Draft, question: Question) -> str:
    if not question.template.has_evidence or question.status in ("roadmap", "not available"):
        return ""
    cited = {part.strip() for _, source in draft.sentences for part in source.split(",")}
    rows = [row for key, row in question.capabilities.items() if key in cited and row.get("evidence")]
    for row in rows:
        if not any(link in draft.text for link in [*links(str(row["evidence"])), str(row["evidence"])]):
            return f"It does not refer to the evidence {row['evidence']}."
        if not row.get("evidence_on"):
            return "The catalogue gives no date for the evidence."
        if evidence_day(row["evidence_on"]) not in draft.text:
            return f"The evidence has no date: it is of {evidence_day(row['evidence_on'])}."
    return ""


def _word(draft: Draft, question: Question) -> str:
    if question.word and not draft.text.lower().startswith(question.word.lower()):
        return f"The buyer's own word is “{question.word}”, and the draft does not begin with it."
    return ""


def _length(draft: Draft, question: Question) -> str:
    (fewest, most), (least, limit) = question.template.words, question.template.sentences
    n_words, n_sentences = len(draft.text.split()), len(claims.sentences(draft.text))
    if not fewest <= n_words <= most:
        return f"It has {n_words:,} words; “{question.template.name}” takes {fewest} to {most}."
    if not least <= n_sentences <= limit:
        return f"It has {n_sentences:,} sentences; “{question.template.name}” takes {least} to {limit}."
    return ""


def _honest(draft: Draft, question: Question) -> str:
    opening = verdict(draft.text)
    means = answer_vocabulary.meaning(opening)[0] if opening else ""
    if means == "full" and question.status in STATED and not question.may_say_yes:
        return f"“{opening}” says more than the judgement, which is {question.status}."
    total = next((hit for pattern in words()["tense"]["total"] if (hit := pattern.search(draft.text))), None)
    if total and not any(total.group(0).lower() in _source_text(row).lower() for row in question.capabilities.values()):
        return f"“{total.group(0)}” says more than any source."
    return ""


CHECKS: dict[str, Callable[[Draft, Question], str]] = {
    "complete": _complete,
    "subject": _subject,
    "kind": _kind,
    "sources": _sources,
    "repetition": _repetition,
    "person": _person,
    "tense": _tense,
    "limit": _limit,
    "exception": _exception,
    "evidence": _evidence,
    "word": _word,
    "length": _length,
    "honest": _honest,
}
