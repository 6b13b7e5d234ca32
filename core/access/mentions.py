"""Who is named with an @ in a comment."""

from __future__ import annotations

import re
from collections.abc import Iterable

LETTERS = re.compile(r"\w")


def mentioned(text: str, names: Iterable[str]) -> list[str]:
    """Return the people a comment names with an @ before their name, in the order they are named.

    A name counts whole, whatever the case; of two that fit, the longer does.

    Parameters
    ----------
    text : str
    names : iterable of str

    Examples
    --------
    >>> mentioned("@ann lee, and @Bo: see this. cc bo@example.com", ["Ann", "Ann Lee", "Bo"])
    ['Ann Lee', 'Bo']
    """
    longest_first = sorted({name for name in names if name}, key=lambda name: (-len(name), name))
    out: list[str] = []
    lowered = text.casefold()
    for position, letter in enumerate(lowered):
        if letter != "@" or (position and LETTERS.match(lowered[position - 1])):
            continue
        rest = lowered[position + 1 :]
        for name in longest_first:
            wanted = name.casefold()
            if rest.startswith(wanted) and not LETTERS.match(rest[len(wanted) : len(wanted) + 1] or " "):
                if name not in out:
                    out.append(name)
                break
    return out
