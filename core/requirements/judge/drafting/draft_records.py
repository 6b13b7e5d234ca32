"""A draft answer, what it answers, and a fault of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.requirements.judge.drafting.draft_templates import DraftTemplate
from core.requirements.judge.limits import Comparison


@dataclass(frozen=True)
class Draft:
    """A draft answer.

    Attributes
    ----------
    statement : str
        Compliant, Partially compliant, Roadmap, Not compliant, To be clarified, or To be answered in words.
    sentences : tuple of (str, str)
        Each sentence and the id of what it was taken from: a capability, or an answer of the library.
        Empty where a person has to decide first.
    """

    statement: str
    sentences: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """Return the answer without its sources."""
        return " ".join(sentence for sentence, _ in self.sentences)

    @property
    def sources(self) -> str:
        """Return the ids, each once, in the order of the sentences."""
        return ", ".join(dict.fromkeys(source for _, source in self.sentences))


@dataclass(frozen=True)
class Question:
    """What a draft answers and what it may rely on.

    Attributes
    ----------
    text : str
        The buyer's own words.
    status : str
        The judgement: available, limited, partner, roadmap, not available, or one without a word for yes or no.
    template : DraftTemplate
    capabilities : mapping
        Id to the catalogue's row (or to {"description": …} of a library answer) a sentence may come from.
    word : str
        The buyer's own word for our status, such as "Fully met"; empty where they gave none.
    comparisons : tuple of Comparison
        What the question demands in numbers, regions and standards, with what we commit to.
    may_say_yes : bool
        Whether a plain yes is the right word: the judgement supports it and a yes reassures.
    """

    text: str
    status: str
    template: DraftTemplate
    capabilities: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    word: str = ""
    comparisons: tuple[Comparison, ...] = ()
    may_say_yes: bool = False


@dataclass(frozen=True)
class Fault:
    """Why a draft cannot be sent as it stands.

    Attributes
    ----------
    check : str
        The name of the check.
    sentence : str
        What is wrong, for whoever mends it.
    """

    check: str
    sentence: str
