"""What a text demands: its numbers with units, regions, standards and dates."""

from __future__ import annotations

import re

import polars as pl

from core.artifacts import ANALYSES, memoized
from core.requirements.judge.limits import data_regions, deadlines, quantities, standards
from core.requirements.judge.limits.demand import Demand


@memoized(ANALYSES, 20_000)
def demands(text: str) -> tuple[Demand, ...]:
    """Return what a requirement demands, in the order of kinds: numbers, regions, standards, dates.

    A number counts only beside a word that says what it measures: "within 4 hours" alone demands
    nothing. Where a text names one measure twice, both stand.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> [(d.measure, d.phrase) for d in demands("99.99 % uptime, RTO of 4 hours, SAML 2.0")]
    [('uptime', '99.99 %'), ('recovery time', '4 hours'), ('SAML', 'SAML 2.0')]
    """
    plain = re.sub(r"[ \t   ]+", " ", text.replace("‐", "-").replace("‑", "-"))
    results: list[Demand] = []
    for sentence in re.split(r"(?<=[a-z)%\d])[.!?](?=\s|$)(?!\s\d)|[;\n\r]+", plain):
        results += quantities.find(sentence)
        results += data_regions.find(sentence, plain)
        results += standards.find(sentence)
    return tuple(dict.fromkeys([*results, *deadlines.find(plain)]))


def measured(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the numbers that requirements demand, one row each.

    Parameters
    ----------
    rows : pl.DataFrame
        [row, text].

    Returns
    -------
    pl.DataFrame
        [row, text, measure, phrase, value, is_more_better].
    """
    shape = {
        "row": pl.Int64,
        "text": pl.String,
        "measure": pl.String,
        "phrase": pl.String,
        "value": pl.Float64,
        "is_more_better": pl.Boolean,
    }
    numbers = [
        (row, text, demand.measure, demand.phrase, demand.value, demand.is_more_better)
        for row, text in rows.select("row", "text").iter_rows()
        for demand in demands(text)
        if demand.value is not None
    ]
    return pl.DataFrame(numbers, schema=shape, orient="row")
