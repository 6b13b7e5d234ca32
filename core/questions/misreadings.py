"""What makes a question another one than the topic it resembles: such a question is refused, not answered beside it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from core.questions import slots as question_slots
from core.questions.slots import Slots
from core.questions.topics import Topic, by_name, phrases
from core.questions.wording import usual
from core.search.finder import folded

NEGATED = re.compile(
    r"\b(?:not|never|neither|nor|without|except|excluding|excl|exclude|outside|other than|apart from|aside from|besides"
    r"|everything but|all but|ignoring|leaving out|minus)\b(?: \w+)?"
)
SUPPOSED = re.compile(
    r"\b(?:what if|(?<!know )(?<!see )(?<!me )(?<!us )(?<!check )(?<!say )(?<!wondering )(?<!out )if|unless"
    r"|suppos(?:e|ing)|assum(?:e|ing)|imagine|hypothetical\w*|were to|would have)\b"
)
ADVICE = re.compile(
    r"\bhow (?:can|could|should|would|might) (?:we|i|you|they|one)\b|\bhow to\b|\bways? to\b"
    r"|\bhow do (?:we|i) (?:improve|increase|raise|boost|shorten|reduce|lift|grow|fix|get|prevent|avoid|speed)\b"
    r"|\bwhat (?:can|should|could) (?:we|i) do\b"
)
REASONS = re.compile(r"\b(?:why|reasons?|causes?|caused|causing|because|explanation)\b")
AHEAD = re.compile(r"\b(?:will|going to|gonna)\b")
CERTAIN_AHEAD = frozenset(
    "forecast revenue_forecast new_deals churn lifetime_value confidence deals_due deals_at_risk coverage attainment "
    "forecast_drivers manager_calls forecast_accuracy".split()
)
MONTH_NAMES = "|".join(name for name in question_slots.MONTH_NAMES if name != "may")
LEFT_TIMES = re.compile(
    rf"\b(?:yesterday|tomorrow|tonight|h[12]|half[- ]year|before last|after next|weekends?|decades?|summer|winter"
    rf"|spring|autumn|christmas|easter|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|{MONTH_NAMES}"
    r"|(?:two|three|four|five|six|several|\d+) (?:days?|weeks?|months?|quarters?|years?)|(?:19|20|21)\d\d|ago)\b"
)
PERIODS = re.compile(
    r"\b(?:this|last|next|previous|prior|current|past|coming) (?:week|month|quarter|year)\b|\bq[1-4]\b|\b(?:ytd|qtd)\b"
)
EXTREMES = re.compile(
    r"\b(?:largest|biggest|smallest|highest|lowest|worst|best|longest|shortest|slowest|fastest|oldest|newest"
    r"|strongest|weakest|maximum|minimum|max|min|record)\b"
)
TOLD_BY = re.compile(rf"\b{question_slots.BY} (?:the |our |my )?([a-z]+)")
TIME_NOUNS = ("day", "week", "month", "quarter", "year", "hour")
NOUNS = {noun: name for name, nouns in question_slots.SPLITS.items() for noun in nouns if " " not in noun}
DIMENSION = "|".join(NOUNS)
WHICH = re.compile(rf"\b(?:which|what|whose) (?:of (?:our|the|my) )?({DIMENSION})\b|\b({DIMENSION}) with the\b")
PARTS = re.compile(r"\s+(?:and|plus|as well as|along with|together with|or)\s+|[,;?]\s+")
COMPARES = re.compile(r"\b(?:vs|versus|compar\w+|against|than|relative to|in contrast)\b")
TWO_WAYS = re.compile(
    rf"\b{question_slots.BY} (?:the )?(?:{DIMENSION})(?:,| and| &| by| then)+ (?:by |per )?(?:{DIMENSION})\b"
)
PAST_LOSS = re.compile(
    r"(?<!be )\blost\b|\b(?:did|have|has) (?:we|they|anybody|anyone) (?:lose|lost|churn\w*)\b|\bloss(?:es)? to\b"
    r"|\b(?:has|have|had|already) (?:left|churned|cancelled)\b|\b(?:left|churned|cancelled) us\b|\bchurned\b"
)
NOUN_OF = {
    name: {"deal_type": "type", "family": "product"}.get(name, name) for name in ("pipeline", *question_slots.SPLITS)
}
LOSS_AHEAD = frozenset({"deals_at_risk", "churn"})
WITH_AMOUNT = frozenset({"confidence", "pipeline_concentration", "top_customers"})


def objection(question: str, slots: Slots, topic: Topic, topics_of: Callable[[str], str]) -> str:
    """Return why a question asks for something else than the topic it resembles; empty where it does not.

    Parameters
    ----------
    question : str
    slots : Slots
        What was read off it.
    topic : Topic
        The one it is nearest to.
    topics_of : callable
        Returns the name of the topic that a part of the question clearly asks for by itself; empty for none.

    Examples
    --------
    >>> from core.questions.topics import by_name
    >>> from core.scope import Scope
    >>> win_rate = by_name()["win_rate"]
    >>> objection("How can we improve our win rate?", Slots(Scope(), "win rate"), win_rate, lambda _: "")
    'Answers tell what is; they give no advice.'
    """
    text = usual(question)
    why = next((why for is_so, why in _rules(text, slots, topic) if is_so), "")
    return why or _of_another(text, topic, topics_of) or _two_at_once(text, topics_of)


def _rules(text: str, slots: Slots, topic: Topic) -> tuple[tuple[bool, str], ...]:
    noun, part = _told_by(text, slots, topic), _which(text, slots, topic)
    return (
        (
            bool(slots.again),
            f"It names more than one {NOUN_OF.get(slots.again, '')}; ask for one, or by it.",
        ),
        (_leaves_out(text, topic), "It leaves something out, which is not read; ask for what should be in it."),
        (_adds(SUPPOSED, text, topic), "What would be is worked out on the Scenarios page."),
        (_adds(ADVICE, text, topic), "Answers tell what is; they give no advice."),
        (_asks_why(text, topic), "The reasons for that are not told."),
        (topic.name not in CERTAIN_AHEAD and _adds(AHEAD, text, topic), "That is not known ahead of time."),
        (topic.name in LOSS_AHEAD and bool(PAST_LOSS.search(text)), "What was lost already is not told here."),
        (bool(slots.amount) and topic.name not in WITH_AMOUNT, "It names an amount, which is not taken there."),
        (_has_more_time(slots, text, topic), "It names a time that is not read, or more than one."),
        (_adds(COMPARES, text, topic), "Two things are not held against each other; ask for one after the other."),
        (bool(TWO_WAYS.search(text)) and topic.name != "bookings_split", "It is told by one thing at a time."),
        (_is_extreme(text, topic), "The largest or the smallest of that is not told."),
        (bool(noun), f"That is not told by {noun}."),
        (bool(part), f"That is not told by {part} unless it is asked so: “… by {part}”."),
    )


@cache
def _wordings() -> dict[str, str]:
    return {name: " | ".join(usual(phrase) for phrase in written) for name, written in phrases().items()}


def _wording(name: str) -> str:
    """Return all ways of asking for a topic, one behind the other."""
    return _wordings()[name]


def _adds(pattern: re.Pattern[str], text: str, topic: Topic) -> bool:
    """Say whether a question has words of a kind that no way of asking for the topic has."""
    return bool(pattern.search(text)) and not pattern.search(_wording(topic.name))


def _leaves_out(text: str, topic: Topic) -> bool:
    """Say whether a question leaves something out in words that no way of asking for the topic has."""
    return any(match[0] not in _wording(topic.name) for match in NEGATED.finditer(text))


def _asks_why(text: str, topic: Topic) -> bool:
    return _adds(REASONS, text, topic) and "driver" not in topic.name


def _has_more_time(slots: Slots, text: str, topic: Topic) -> bool:
    if "year on year" in text and topic.name != "growth":
        return True
    left = slots.text
    times = {match[0] for pattern in (LEFT_TIMES, PERIODS) for match in pattern.finditer(left)}
    return any(not re.search(rf"\b{re.escape(time)}\b", _wording(topic.name)) for time in times)


def _is_extreme(text: str, topic: Topic) -> bool:
    words = set(EXTREMES.findall(text))
    own = _wording(topic.name)
    return bool(words) and not EXTREMES.search(own)


def _told_by(text: str, slots: Slots, topic: Topic) -> str:
    """Return what a question wants to be told by and is not; empty where there is none."""
    own = _wording(topic.name)
    for match in TOLD_BY.finditer(text):
        noun = match[1]
        single = noun.removesuffix("s")
        if NOUNS.get(noun) == slots.split != "" or re.search(rf"\b{re.escape(match[0])}\b", own):
            continue
        alike = question_slots.SPLITS.get(NOUNS.get(noun, ""), (single, f"{single}s"))
        is_own = re.search(rf"\b(?:{'|'.join(map(re.escape, alike))})\b", own)
        if single in TIME_NOUNS:
            if not re.search(rf"\b(?:{question_slots.BY}|by|a) (?:\w+ )?{single}\b|\b{single}ly\b", own):
                return single
        elif not is_own and match[0].split()[0] in ("by", "per", "for", "split", "broken"):
            return noun
    return ""


def _which(text: str, slots: Slots, topic: Topic) -> str:
    """Return the dimension a question wants one member of, where the topic does not tell them apart."""
    match = WHICH.search(text)
    if match is None or slots.split:
        return ""
    noun = match[1] or match[2]
    own = "|".join(question_slots.SPLITS[NOUNS[noun]])
    return "" if re.search(rf"\b(?:{own})\b", _wording(topic.name)) else NOUN_OF[NOUNS[noun]]


def _of_another(text: str, topic: Topic, topics_of: Callable[[str], str]) -> str:
    """Return why it is refused where the largest or smallest of something else is asked for."""
    rest = EXTREMES.split(text, 1)[1:]
    name = topics_of(rest[0]) if rest else ""
    is_number = bool(name) and by_name()[name].can_split
    return "The largest or the smallest of that is not told." if is_number and name != topic.name else ""


def _two_at_once(text: str, topics_of: Callable[[str], str]) -> str:
    parts = [part for part in PARTS.split(folded(text)) if part.strip()]
    if len(parts) < 2:
        return ""
    names = {name for part in parts if (name := topics_of(part))}
    return "It asks for more than one thing; ask one after the other." if len(names) > 1 else ""
