"""The steps of plays that wait for one person, as the sidebar and My day list them."""

from __future__ import annotations

import polars as pl

from core.access import Identity
from core.config import Settings
from core.contracts import Dataset
from core.forecasts.calls import book
from core.localization import message
from core.plays.play_definition import ACCOUNT, DEAL
from pages.ui.kit import cache

NAMED = ("name", "subject", "due_on")


def waiting(settings: Settings, who: Identity, visible: Dataset, person: str, with_accounts: bool) -> pl.DataFrame:
    """Return the steps that wait for somebody on deals and accounts they see, those due first in front.

    Parameters
    ----------
    settings : Settings
    who : Identity
    visible : Dataset
        The rows they may see.
    person : str
        Their id in the sales team; empty for nobody of it.
    with_accounts : bool
        Whether they may see customers.

    Returns
    -------
    pl.DataFrame
        [name, subject, due_on]; none where names are hidden, and for data of one session.
    """
    empty = pl.DataFrame(schema={"name": pl.String, "subject": pl.String, "due_on": pl.Date})
    if not person or who.is_masked or visible.is_masked or visible.is_transient:
        return empty
    rows = cache.store(settings.database).play_runs.waiting(book(visible.company), [person])
    if rows.is_empty():
        return empty
    deals = visible.opportunities.filter(~pl.col("is_closed")).select(
        kind=pl.lit(DEAL), subject_id="opportunity_id", subject="opportunity_name"
    )
    firms = visible.accounts.select(kind=pl.lit(ACCOUNT), subject_id="account_id", subject="account_name")
    named = pl.concat([deals, firms] if with_accounts else [deals]).with_columns(
        pl.col("subject").fill_null(pl.col("subject_id"))
    )
    return rows.join(named, on=["kind", "subject_id"], maintain_order="left").select(*NAMED)


def sentences(steps: pl.DataFrame) -> list[str]:
    """Say what is to be done, on what and until when."""
    return [
        message("{name}: {subject}, due {due_on:%d %b}", name=name, subject=subject, due_on=due_on)
        for name, subject, due_on in steps.iter_rows()
    ]
