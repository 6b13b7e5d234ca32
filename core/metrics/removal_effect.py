"""The chain of channels that deals go through, and what would still be won without some of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Chain:
    """A Markov chain of the first order over channels, that begins in the first touch and ends won or lost.

    Attributes
    ----------
    channels : tuple of str
    start : numpy.ndarray
        Shape (n,): chance that a deal's first touch is the channel's.
    moves : numpy.ndarray
        Shape (n, n): chance that a touch of one channel is followed by one of another.
    wins : numpy.ndarray
        Shape (n,): chance that it is the last touch of a deal that is won.
    """

    channels: tuple[str, ...]
    start: Floats
    moves: Floats
    wins: Floats

    def win_rates(self, there: npt.NDArray[np.bool_]) -> Floats:
        """Return how often deals are won where only some channels are there: a way into one that is not is lost.

        Parameters
        ----------
        there : numpy.ndarray
            Shape (m, n): in each row the channels that are there.

        Returns
        -------
        numpy.ndarray
            Shape (m,): chances in [0, 1].
        """
        stays = there.astype(float)
        moves = self.moves * stays[:, :, None] * stays[:, None, :]
        ahead = np.linalg.solve(np.eye(len(self.channels)) - moves, (self.wins * stays)[:, :, None])[:, :, 0]
        return np.asarray((self.start * stays * ahead).sum(axis=1))

    def removal_effects(self) -> Floats:
        """Return by how much of itself the win rate falls without each channel.

        Formula: 1 - P(won without the channel) / P(won). 0 for every channel where nothing is won.

        Source: E. Anderl, I. Becker, F. von Wangenheim, J. H. Schumann, Mapping the customer journey, International
        Journal of Research in Marketing 33, 2016.
        """
        n = len(self.channels)
        rates = self.win_rates(np.vstack([np.ones((1, n), dtype=bool), ~np.eye(n, dtype=bool)]))
        return np.asarray(1 - rates[1:] / rates[0]) if rates[0] > 0 else np.zeros(n)


@dataclass(frozen=True)
class Steps:
    """Each touch with the one that follows it in its deal.

    Attributes
    ----------
    channels : tuple of str
    at, to : numpy.ndarray
        Shape (touches,): numbers of channels; `to` is -1 behind a deal's last touch.
    deal : numpy.ndarray
        Shape (touches,): the deal's number, from 0 to `n_deals` - 1.
    is_first, is_won : numpy.ndarray
        Shape (touches,): whether it begins a deal, and whether its deal was won.
    n_deals : int
    """

    channels: tuple[str, ...]
    at: Numbers
    to: Numbers
    deal: Numbers
    is_first: npt.NDArray[np.bool_]
    is_won: npt.NDArray[np.bool_]
    n_deals: int

    def chain(self, weights: Floats | None = None) -> Chain:
        """Count the chain, each deal once, or as often as `weights` says, of shape (n_deals,)."""
        n = len(self.channels)
        counted = np.ones(len(self.at)) if weights is None else np.asarray(weights, float)[self.deal]
        goes_on = self.to >= 0
        moves = np.bincount(self.at[goes_on] * n + self.to[goes_on], counted[goes_on], n * n).reshape(n, n)
        start = np.bincount(self.at[self.is_first], counted[self.is_first], n)
        is_win = ~goes_on & self.is_won
        wins, times = np.bincount(self.at[is_win], counted[is_win], n), np.bincount(self.at, counted, n)
        times = np.where(times > 0, times, 1.0)
        return Chain(self.channels, start / max(start.sum(), 1), moves / times[:, None], wins / times)


def steps(touches: pl.DataFrame, deals: pl.DataFrame, channels: list[str]) -> Steps:
    """Return the steps of some deals' touches.

    Parameters
    ----------
    touches : pl.DataFrame
        [opportunity_id, channel], in the order of time within each deal.
    deals : pl.DataFrame
        [opportunity_id, is_won]; every deal counts once, whatever its amount.
    channels : list of str
        All that occur.
    """
    number = {name: k for k, name in enumerate(channels)}
    rows = touches.join(deals.select("opportunity_id", "is_won"), on="opportunity_id", maintain_order="left").select(
        at=pl.col("channel").replace_strict(number, return_dtype=pl.Int64),
        to=pl.col("channel").shift(-1).over("opportunity_id").replace_strict(number, return_dtype=pl.Int64),
        deal=pl.col("opportunity_id").rank("dense").cast(pl.Int64) - 1,
        is_first=pl.int_range(pl.len()).over("opportunity_id") == 0,
        is_won="is_won",
    )
    return Steps(
        tuple(channels),
        rows["at"].to_numpy(),
        rows["to"].fill_null(-1).to_numpy(),
        rows["deal"].to_numpy(),
        rows["is_first"].to_numpy(),
        rows["is_won"].to_numpy(),
        touches["opportunity_id"].n_unique(),
    )
