"""What a text demands: its numbers with units, regions, standards and dates."""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from core.artifacts import ANALYSES, memoized
from core.requirements.judge.limits import data_regions, deadlines, quantities, standards
from core.requirements.judge.limits.demand import Demand

SENTENCE_END = re.compile(r"(?<=[a-z)%\d])[.!?](?=\s|$)(?!\s\d)|[;\n\r]+")
LONGEST_SENTENCE, LONGEST_CONTEXT, LONGEST_TEXT = 2_000, 10_000, 50_000  # A cell of Excel holds 32,767.


@memoized(ANALYSES, 20_000)
def demands(text: str) -> tuple[Demand, ...]:
    """Return what a requirement demands, in the order of kinds: numbers, regions, standards, dates.

    A number counts only beside a word that says what it measures: "within 4 hours" alone demands
    nothing. Where a text names one measure twice, both stand.

    Parameters
    ----------
    text : str
        What stands beyond 50,000 characters is not read.

    Examples
    --------
    >>> [(d.measure, d.phrase) for d in demands("99.99 % uptime, RTO of 4 hours, SAML 2.0")]
    [('uptime', '99.99 %'), ('recovery time', '4 hours'), ('SAML', 'SAML 2.0')]
    """
    text = text[:LONGEST_TEXT]
    plain = re.sub(r"[ \t   ]+", " ", text.replace("‐", "-").replace("‑", "-"))
    results: list[Demand] = []
    dated: list[Demand] = []
    for part in _parts(plain, LONGEST_CONTEXT):
        for sentence in SENTENCE_END.split(part):
            for piece in _parts(sentence, LONGEST_SENTENCE):
                results += quantities.find(piece)
                results += data_regions.find(piece, part)
                results += standards.find(piece)
        dated += deadlines.find(part)
    return tuple(dict.fromkeys([*results, *dated]))


def _parts(text: str, longest: int) -> Iterator[str]:
    """Cut a text between words where it is longer than any sentence.

    Every number is compared with all words beside it: the work grows with the square of a sentence's length.
    """
    while len(text) > longest:
        cut = text.rfind(" ", longest // 2, longest)
        cut = longest if cut < 0 else cut
        yield text[:cut]
        text = text[cut:].lstrip()
    yield text


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
