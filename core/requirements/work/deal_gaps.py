"""The gaps of one deal: what its buyer asks for and we lack."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.metrics import money
from core.models.bundle import Bundle
from core.requirements.work import saved_lists
from core.requirements.work.gap_ledger import Ledger, of_deal
from core.store import Store


@dataclass(frozen=True)
class DealGaps:
    """What one deal waits for.

    Attributes
    ----------
    frame : pl.DataFrame
        The columns of `ledger.DEALS`, heaviest gap first.
    lists : tuple of str
        The requirement lists that hang on the deal.
    currency : str
    """

    frame: pl.DataFrame
    lists: tuple[str, ...]
    currency: str

    def sentence(self) -> str:
        """Say how many gaps the deal has, which block it, what closing them takes and which weighs most."""
        if not self.lists:
            return "No requirement list is attached to this deal, so its gaps are not known."
        named = self.lists[0] if len(self.lists) == 1 else f"{len(self.lists)} lists"
        if self.frame.is_empty():
            return f"Everything {named} asks for is supported today."
        n, worst = self.frame.height, self.frame.filter(pl.col("severity") == "blocker").height
        blocks = f", {worst:,} of them {'blocks' if worst == 1 else 'block'} the deal" if worst else ""
        weeks, cost = self.frame["effort_weeks"].sum(), float(self.frame["cost_amount"].sum())
        shows = "shows" if len(self.lists) == 1 else "show"
        text = (
            f"{named} {shows} {n:,} gap{'s' * (n != 1)}{blocks}; closing all takes {weeks:,.0f} person-weeks and "
            f"{money(cost, self.currency)}."
        )
        top = self.frame.row(0, named=True)
        if top["exposed_amount"] is None:
            return text
        return (
            f"{text} The heaviest is {top['gap']}: {money(top['exposed_amount'], self.currency)} of the deal's "
            f"{money(top['amount'], self.currency)} depends on it."
        )


def of(ledger: Ledger, opportunity_id: str, lists: tuple[str, ...] = ()) -> DealGaps:
    """Return the gaps of one deal.

    Parameters
    ----------
    ledger : Ledger
    opportunity_id : str
    lists : tuple of str
        Lists of the deal that may have no gap.
    """
    rows = of_deal(ledger, opportunity_id)
    names = tuple(dict.fromkeys([*lists, *rows["list"].to_list()]))
    return DealGaps(rows, names, ledger.currency)


def gaps(dataset: Dataset, settings: Settings, bundle: Bundle, store: Store, opportunity_id: str) -> DealGaps:
    """The gaps of one deal, from all its saved requirement lists.

    The deal's amount is divided over its gaps by priority (4, 3, 2, 1) × gap type (missing 1, partial and
    roadmap ½, unclear ¼), in whole cents, the heaviest row of a gap standing for it.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    store : Store
        An open database.
    opportunity_id : str

    Returns
    -------
    DealGaps
    """
    return of(saved_lists.current(dataset, settings, bundle, store), opportunity_id)
