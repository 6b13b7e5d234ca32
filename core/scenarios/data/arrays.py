"""The baseline laid out as arrays for the engine, and what it remembers of parts of its results."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from importlib import import_module

import numpy as np
import polars as pl

from core.artifacts import Memo
from core.config.calendar import add_months
from core.contracts.errors import ScenarioError
from core.localization import message
from core.scenarios.data.baseline import Baseline
from core.scenarios.data.factors import Side, alike
from core.scenarios.levers import LEVERS, Scenario

GROUP = ["segment", "region", "opportunity_type"]


@cache
def one_thread() -> object:
    """Let linear algebra use one thread in this process.

    Sums as small as these gain nothing from a pool of threads, which spins while it waits: a lever then
    costs five times the processor time, and sessions wait for each other's pools. Training of trees, which
    has threads of its own, is not touched. scikit-learn brings the library that does this.
    """
    return import_module("threadpoolctl").threadpool_limits(1, user_api="blas")


class Books:
    """A baseline as arrays, its rows in the order of their group: segment, region, type of deal.

    Attributes
    ----------
    groups : pl.DataFrame
        [segment, region, opportunity_type], and `place` numbers segment and region.
    ends : np.ndarray
        Days from the as-of date to each month's last day, 0 for what is past.
    """

    def __init__(self, base: Baseline) -> None:
        one_thread()
        self.base = base
        last = [add_months(m, 1) - timedelta(days=1) for m in base.months]
        self.ends = np.maximum(np.array([(day - base.as_of).days for day in last], float), 0.0)
        open_deals, cells, lines = base.open_deals, base.to_come, base.recurring.sort("segment", "region", "account_id")
        self.deals = Side(open_deals, ["opportunity_id", "segment", "region", "family", "team"])
        self.cells = Side(cells, ["segment", "region", "family", "team", "lead_source"])
        self.lines = Side(lines, ["segment", "region", "family", "team"])
        frames = [open_deals.select(GROUP), cells.select(GROUP), base.closed.select(GROUP)]
        places = lines.select("segment", "region")
        self.places = pl.concat([*(f.select("segment", "region") for f in frames), places]).unique()
        self.places = self.places.sort("segment", "region").with_row_index("place")
        self.groups = pl.concat(frames).unique().sort(GROUP).with_row_index("group")
        self.groups = self.groups.join(self.places, on=["segment", "region"], how="left", maintain_order="left")
        self.deal_group, self.cell_group, closed_group = (
            f.join(self.groups, on=GROUP, how="left", maintain_order="left")["group"].to_numpy().astype(np.int64)
            for f in frames
        )
        self.line_place = (
            places.join(self.places, on=["segment", "region"], how="left", maintain_order="left")["place"]
            .to_numpy()
            .astype(np.int64)
        )
        self.by_deal, self.by_cell = (Groups(g, self.groups.height) for g in (self.deal_group, self.cell_group))
        self.by_line = Groups(self.line_place, self.places.height)
        self.group_place = self.groups["place"].to_numpy().astype(np.int64)
        kinds = self.groups["opportunity_type"].to_numpy().astype(str)
        self.is_renewal, self.is_new = kinds == "renewal", kinds == "new"
        self.own = np.ascontiguousarray(base.own.T, dtype=np.float64)
        self.amount, self.cost_rate = (open_deals[c].to_numpy().astype(np.float64) for c in ("amount", "cost_rate"))
        self.segment, self.owner = (_codes(open_deals[c]) for c in ("segment", "owner_id"))
        self.deal_is_expansion = (open_deals["opportunity_type"] == "expansion").to_numpy()
        self.cell_is_expansion = (cells["opportunity_type"] == "expansion").to_numpy()
        self.rate, self.size, self.square, self.cell_cost = (
            cells[c].to_numpy().astype(np.float64)
            for c in ("monthly_count", "mean_amount", "squared_amount", "cost_rate")
        )
        self.cell_kind = alike(self.size, self.square)[1]
        self.cell_curve = cells["curve"].fill_null(0).to_numpy().astype(np.int64)
        self.mrr, self.early, self.later, self.shrink = (
            lines[c].to_numpy().astype(np.float64)
            for c in ("mrr_amount", "early_rate", "later_rate", "contraction_rate")
        )
        self.closed, self.closed_cost = self._already(closed_group)
        self.memo = Memo()

    def _already(self, group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        amounts = np.zeros((self.groups.height, len(self.base.months)))
        costs = amounts.copy()
        month = {m: i for i, m in enumerate(self.base.months)}
        for g, row in zip(group, self.base.closed.iter_rows(named=True), strict=True):
            if row["month"] in month:
                amounts[g, month[row["month"]]] += row["amount"]
                costs[g, month[row["month"]]] += row["cost_amount"]
        return amounts, costs

    def month_of(self, at: str) -> int:
        """Return the number of a month written as 2026-09, the running month where empty; past ones count as it."""
        first, now = self.base.months[0], self.base.as_of
        running = (now.year - first.year) * 12 + now.month - first.month
        if not at:
            return running
        year, month = int(at[:4]), int(at[5:])
        return max((year - first.year) * 12 + month - first.month, running)

    def check(self, plan: Scenario) -> None:
        """Refuse settings that contradict each other or speak of what is not there.

        Raises
        ------
        ScenarioError
            For a deal taken as both won and lost, a lead source or capability that is not known.
        """
        won = {d for s in plan.of("deal_won") for d in s.scope.partition(":")[2].split(",")}
        lost = {d for s in plan.of("deal_lost") for d in s.scope.partition(":")[2].split(",")}
        if won & lost:
            raise ScenarioError(
                message("Deal {won!r} is taken as both won and lost.", won=min(won & lost)), mend="Keep one of the two."
            )
        for s in plan.of("lead_mix"):
            if s.detail not in self.base.sources:
                sources = ", ".join(self.base.sources) or "none"
                raise ScenarioError(
                    message("There is no lead source called {detail!r}.", detail=s.detail[:40]),
                    mend=message("Known: {sources}.", sources=sources),
                )
        for s in plan.of("gap_closed"):
            if s.detail not in self.base.unblocked:
                raise ScenarioError(
                    message("No open deal is known to wait for {detail!r}.", detail=s.detail[:40]),
                    mend="Analyse the buyer's list on the Requirements page and attach it to a deal.",
                )
        for s in plan.moved:
            if s.scope.startswith("deal") and not self.deals.mask(s.scope).any():
                raise ScenarioError(
                    message(
                        "{label}: there is no open deal {partition!r}.",
                        label=LEVERS[s.lever].label,
                        partition=s.scope.partition(":")[2][:40],
                    ),
                    mend="It may have closed since.",
                )


def books(base: Baseline) -> Books:
    """Return a baseline as arrays, laid out once and kept with it."""
    return base.laid_out(Books)


def _codes(column: pl.Series) -> np.ndarray:
    """Number the different values of a column."""
    return np.unique(column.fill_null("").to_numpy().astype(str), return_inverse=True)[1].reshape(-1)


class Groups:
    """Rows that stand in the order of their groups, to be summed by them."""

    def __init__(self, group: np.ndarray, count: int) -> None:
        self.count = count
        self._starts = np.concatenate([[0], np.flatnonzero(np.diff(group)) + 1]) if len(group) else group
        self._places = group[self._starts]

    def sum(self, values: np.ndarray) -> np.ndarray:
        """Return the sums by group of [row, column]."""
        out = np.zeros((self.count, values.shape[1]))
        if len(self._starts):
            out[self._places] = np.add.reduceat(values, self._starts, axis=0)
        return out
