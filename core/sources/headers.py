"""Headers, file names and words in one spelling, so that `Close Date`, `close_date` and `CloseDate` are the same."""

from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath

from core.artifacts import SNAPSHOTS, memoized

ENDINGS_OF_PACKED = (".gz", ".zip")
ENDINGS_OF_TABLES = (".csv", ".tsv", ".txt", ".parquet", ".xlsx", ".xlsm", ".xls", ".ods", ".json", ".jsonl", ".ndjson")


@memoized(SNAPSHOTS, 20_000)
def fold(text: str) -> str:
    """Return a header or word without case, accents, spaces and punctuation; letters of every script stay.

    Examples
    --------
    >>> fold("  Est. Close-Date* "), fold("Opportunité_Étape"), fold("CloseDate")
    ('estclosedate', 'opportuniteetape', 'closedate')
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if c.isalnum())


def fold_words(text: str) -> list[str]:
    """Return the words of a text, each folded.

    Examples
    --------
    >>> fold_words("🎉 Closed-Won (EMEA)")
    ['closed', 'won', 'emea']
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c if c.isalnum() or unicodedata.combining(c) else " " for c in plain).translate(_MARKS).split()


_MARKS = dict.fromkeys(range(768, 880))


def stem(name: str) -> str:
    """Return a file's name without folders and endings, also those of packed files.

    Examples
    --------
    >>> stem("export/Opportunity.csv.gz")
    'Opportunity'
    """
    path = PurePosixPath(name.replace("\\", "/"))
    if path.suffix.lower() in ENDINGS_OF_PACKED:
        path = path.with_suffix("")
    return path.stem if path.suffix.lower() in ENDINGS_OF_TABLES else path.name
