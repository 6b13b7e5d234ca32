"""Which states of a deal are open, and the settings that fit a source: said here and nowhere else."""

from __future__ import annotations

import polars as pl

from core.config.settings import Settings, StageSettings
from core.contracts.dataset import Dataset


def is_open(settings: Settings) -> pl.Expr:
    """Say whether a state of a deal, a row of its history, is open: not deleted, and in no stage that ends a deal.

    A stage the settings do not know is open. Sources see to it that the last state of a deal's history is open when
    the deal is (`is_closed`), and ends in a stage of the settings when it is not.
    """
    ended = [*settings.stages.won, *settings.stages.lost]
    return ~pl.col("stage").is_in(ended) & ~pl.col("is_deleted")


def fitted(settings: Settings, data: Dataset) -> Settings:
    """Return the settings with the stages and the currency of a source, where it has its own.

    Parameters
    ----------
    settings : Settings
    data : Dataset
        Its `open_stages` take the place of the open stages of the settings, its `currency` that of theirs. What ends
        a deal stays as the settings call it.
    """
    stages = settings.stages
    if data.open_stages:
        order = (*data.open_stages, *stages.won, *stages.lost)
        stages = StageSettings(order=order, won=stages.won, lost=stages.lost)
    if stages == settings.stages and not data.currency:
        return settings
    return settings.model_copy(update={"stages": stages, "currency": data.currency or settings.currency})
