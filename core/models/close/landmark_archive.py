"""Past landmarks of deals that are kept, for those who look for past cases or learn the close model again."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from core.artifacts import LANDMARKS, PARQUET, open_cache, remembered
from core.artifacts import key as key_of
from core.config import Settings
from core.contracts import Dataset
from core.models.close.model import marks
from core.models.keyed import Keyed

HIDDEN = 2


@dataclass(frozen=True, eq=False)
class Landmarks(Keyed):
    """What was known of deals on past days, every 28 days, with when and how each ended.

    Attributes
    ----------
    company : pl.DataFrame
        The whole company's under its true names, as the close model learns from them.
    shown : pl.DataFrame
        The same under the names, and with the amounts, that a dataset shows; of the whole company all the same.
    key : str
    """

    company: pl.DataFrame
    shown: pl.DataFrame
    key: str = ""


def key(dataset: Dataset, settings: Settings) -> str:
    """Return the name of the landmarks of the company a dataset shows."""
    company = dataset.company
    parts = (settings.models, settings.stages, settings.fiscal)
    name = key_of(LANDMARKS, company, parts, "core.models.close.landmark_archive")
    shown = dataset.whole or dataset
    return name if shown is company else f"{name}-{shown.fingerprint}"


def load_or_build(dataset: Dataset, settings: Settings) -> Landmarks:
    """Return past landmarks: from memory or disk where they are, else worked out and kept, for they take seconds.

    Parameters
    ----------
    dataset : Dataset
        Nothing of a session's own data, and nothing under hidden names, is written to disk.
    settings : Settings
        `home` is where they are kept.
    """
    company, shown = dataset.company, dataset.whole or dataset
    frame = open_cache(settings.home).get(
        LANDMARKS, key(company, settings), lambda: marks(company, settings), PARQUET, keep=not company.is_transient
    )
    return Landmarks(frame, frame if shown is company else _under_hidden_names(shown, settings), key(dataset, settings))


@remembered(HIDDEN)
def _under_hidden_names(dataset: Dataset, settings: Settings) -> pl.DataFrame:
    return marks(dataset, settings)
