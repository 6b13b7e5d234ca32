"""The gaps of one deal: what its buyer asks for and we lack."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.localization import message, message_plural
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
        named = self.lists[0] if len(self.lists) == 1 else message("{n_lists} lists", n_lists=len(self.lists))
        if self.frame.is_empty():
            return message("Everything {named} asks for is supported today.", named=named)
        n, worst = self.frame.height, self.frame.filter(pl.col("severity") == "blocker").height
        blocks = (
            message_plural(", {n:,} of them blocks the deal", ", {n:,} of them block the deal", worst) if worst else ""
        )
        weeks, cost = self.frame["effort_weeks"].sum(), float(self.frame["cost_amount"].sum())
        shows = "shows" if len(self.lists) == 1 else "show"
        text = message_plural(
            "{named} {shows} {n:,} gap{blocks}; closing all takes {weeks:,.0f} person-weeks and {cost}.",
            "{named} {shows} {n:,} gaps{blocks}; closing all takes {weeks:,.0f} person-weeks and {cost}.",
            n,
            named=named,
            shows=shows,
            blocks=blocks,
            weeks=weeks,
            cost=money(cost, self.currency),
        )
        top = self.frame.row(0, named=True)
        if top["exposed_amount"] is None:
            return text
        return message(
            "{text} The heaviest is {gap}: {exposed_amount} of the deal's {amount} depends on it.",
            text=text,
            gap=top["gap"],
            exposed_amount=money(top["exposed_amount"], self.currency),
            amount=money(top["amount"], self.currency),
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
