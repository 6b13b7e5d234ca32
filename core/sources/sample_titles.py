"""What the sample company's data are called: people's work on them is kept under that name, one per industry."""

from __future__ import annotations

from core.resources import SOFTWARE

TITLE = "Sample company"


def title(industry: str) -> str:
    """Return the name of an industry's sample company.

    Examples
    --------
    >>> title("software"), title("medical")
    ('Sample company', 'Sample company, medical')
    """
    return TITLE if industry == SOFTWARE else f"{TITLE}, {industry}"


def is_sample(source: str) -> bool:
    """Say whether data of this name are a sample company's.

    Examples
    --------
    >>> is_sample("Sample company, medical"), is_sample("Sample company of ours")
    (True, False)
    """
    return source == TITLE or source.startswith(f"{TITLE}, ")
