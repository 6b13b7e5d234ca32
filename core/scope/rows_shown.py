"""What all rows of a page are called: the whole company, or what somebody may see of it."""

from __future__ import annotations

from core.contracts import Dataset

COMPANY, PART = "The whole company", "Everything you see"


def is_part(data: Dataset) -> bool:
    """Say whether these rows are fewer than the company's: cut to a person, or to a scope somebody chose.

    Parameters
    ----------
    data : Dataset
        Hidden names and another currency leave all rows, and make no part.
    """
    company = data.company
    return any(data.frame(name).height < company.frame(name).height for name in ("opportunities", "accounts"))


def heading(data: Dataset) -> str:
    """Return what a choice of all these rows is called, such as "The whole company"."""
    return PART if is_part(data) else COMPANY


def subject(data: Dataset) -> str:
    """Return how a sentence on all these rows begins: "The company" or "These deals"."""
    return "These deals" if is_part(data) else "The company"
