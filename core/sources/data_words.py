"""Values of the data that happen to be words of the catalogue: names, which are shown as they are in every language."""

from __future__ import annotations

import polars as pl

from core.config import Settings
from core.contracts import FRAMES, OPTIONAL_FRAMES, RAW_FRAMES, Dataset
from core.localization import word_template

# What is written in a column of letters but is no name that could read as one of our words.
NO_NAMES = ("_id", "_path", "_url", "currency")
# Of a few words that the contracts fix: ours.
FIXED = {"opportunity_type", "forecast_category", "role", "status"}


def in_catalogue(dataset: Dataset, settings: Settings) -> frozenset[str]:
    """Return the values of a company's data that stand in the catalogue too, such as "Event" for a lead source.

    Parameters
    ----------
    dataset : Dataset
        Tables that grow with the business are left out: what their columns say stands in the others as well.
    settings : Settings
        Not needed; all that is worked out for a page takes them.

    Returns
    -------
    frozenset of str
        Letter by letter as the data has them; empty where there are none.
    """
    words = pl.Series(sorted(text for text in word_template.texts() if isinstance(text, str)), dtype=pl.String)
    names: set[str] = set()
    for entity in (*FRAMES, *OPTIONAL_FRAMES):
        if entity in RAW_FRAMES:
            continue
        frame = dataset.frame(entity)
        for column, kind in frame.schema.items():
            if kind in (pl.String, pl.Categorical) and column not in FIXED and not column.endswith(NO_NAMES):
                values = frame[column].cast(pl.String)
                names.update(values.filter(values.is_in(words.implode())).unique())
    return frozenset(names)
