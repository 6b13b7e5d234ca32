"""The day in the name of a file or sheet: exports are often kept as deals_2025-03-31.csv."""

from __future__ import annotations

import re
from datetime import date

from core.sources.headers import stem

YEAR_FIRST = re.compile(r"(?<!\d)((?:19|20)\d{2})[-_. ]?(0[1-9]|1[0-2])(?:[-_. ]?(0[1-9]|[12]\d|3[01]))?(?!\d)")
DAY_FIRST = re.compile(r"(?<!\d)(0?[1-9]|[12]\d|3[01])[-_. ](0?[1-9]|1[0-2])[-_. ]((?:19|20)\d{2})(?!\d)")
YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")


def day_in(name: str) -> date | None:
    """Return the day a file's or sheet's name holds; of a month or a year its first; None without one.

    Examples
    --------
    >>> day_in("deals_2025-03-31.csv"), day_in("Deals 20250228 (1).xlsx"), day_in("pipeline_2024.csv"), day_in("deals")
    (datetime.date(2025, 3, 31), datetime.date(2025, 2, 28), datetime.date(2024, 1, 1), None)
    """
    text = stem(name)
    try:
        if match := YEAR_FIRST.search(text):
            return date(int(match[1]), int(match[2]), int(match[3] or 1))
        if match := DAY_FIRST.search(text):
            return date(int(match[3]), int(match[2]), int(match[1]))
    except ValueError:
        return None
    match = YEAR.search(text)
    return date(int(match[1]), 1, 1) if match else None
