"""The leaf each row falls into, for many trees at once, where only a few columns change between two questions.

A split that a row does not take to the left rules out the leaves to the left of it; the first leaf still possible is
the row's (QuickScorer: Lucchese and others 2015). With at most eight leaves, what is still possible is one byte, so
that whole columns are worked on at a time, and what columns that stay rule out is worked out once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]
MOST_LEAVES = 8
ALL = 255
AT_ONCE = 8_192


@dataclass(frozen=True)
class Split:
    """A question about one column.

    Attributes
    ----------
    column : int
    bound : float or tuple of int
        Numbers up to it go left; or codes among them do.
    is_gap_left : bool
        Whether a missing value goes left.
    """

    column: int
    bound: float | tuple[int, ...]
    is_gap_left: bool

    def left(self, rows: Floats) -> Bytes:
        """Return 1 for each row that goes left, else 0."""
        values = rows[:, self.column]
        if isinstance(self.bound, tuple):
            return np.isin(np.trunc(values), self.bound).view(np.uint8)
        goes_left = values <= self.bound
        if self.is_gap_left:
            goes_left |= np.isnan(values)
        return goes_left.view(np.uint8)


@dataclass(frozen=True)
class Leaves:
    """Trees as their splits and, for each byte of leaves still possible, the value of the first of them.

    Attributes
    ----------
    splits : tuple of Split
        Each once, whichever trees ask it.
    nodes : tuple of (int, int, int)
        Tree, place of its split, and the byte of leaves still possible for a row that goes right.
    values : ndarray, shape (trees, 256)
    """

    splits: tuple[Split, ...]
    nodes: tuple[tuple[int, int, int], ...]
    values: Floats

    @staticmethod
    def of(dump: Mapping[str, Any]) -> Leaves | None:
        """Read LightGBM's `dump_model`; None where a tree has more than eight leaves or is of another kind."""
        trees = dump["tree_info"]
        if dump["average_output"] or any(t["num_leaves"] > MOST_LEAVES for t in trees):
            return None
        splits: dict[Split, int] = {}
        nodes: list[tuple[int, int, int]] = []
        ends = [_read(t["tree_structure"], i, 0, splits, nodes) for i, t in enumerate(trees)]
        possible = np.arange(1, ALL + 1)
        first = np.log2(possible & -possible).astype(np.intp)
        values = np.zeros((len(trees), ALL + 1))
        for i, end in enumerate(ends):
            if end is None:
                return None
            values[i, 1:] = np.pad(end, (0, MOST_LEAVES - len(end)))[first]
        return Leaves(tuple(splits), tuple(nodes), values)

    def predict(self, rows: Floats) -> Floats:
        """Return log odds, a few thousand rows at a time."""
        parts = [np.asfortranarray(rows[i : i + AT_ONCE]) for i in range(0, len(rows), AT_ONCE)]
        return np.concatenate([np.zeros(0), *(Walk(self, frozenset()).predict(part) for part in parts)])


def _read(
    node: Mapping[str, Any], tree: int, first: int, splits: dict[Split, int], nodes: list[tuple[int, int, int]]
) -> list[float] | None:
    """Return the values of a node's leaves from left to right, and note its splits; `first` is its first leaf."""
    if "split_feature" not in node:
        return [float(node["leaf_value"])] if "leaf_coeff" not in node else None
    split = _split(node)
    left = _read(node["left_child"], tree, first, splits, nodes)
    if left is None or split is None:
        return None
    right = _read(node["right_child"], tree, first + len(left), splits, nodes)
    if right is None:
        return None
    gone = ((1 << len(left)) - 1) << first
    nodes.append((tree, splits.setdefault(split, len(splits)), ALL & ~gone))
    return left + right


def _split(node: Mapping[str, Any]) -> Split | None:
    """Return the question of a node; None of zeros that count as missing."""
    if node["decision_type"] == "==":
        return Split(node["split_feature"], tuple(int(k) for k in node["threshold"].split("||")), is_gap_left=False)
    if node["missing_type"] == "Zero":
        return None
    bound = float(node["threshold"])
    is_left = bool(node["default_left"]) if node["missing_type"] == "NaN" else bound >= 0
    return Split(node["split_feature"], bound, is_left)


class Walk:
    """What trees say of the same rows again and again, as some of their columns move.

    Parameters
    ----------
    leaves : Leaves
    moving : frozenset of int
        The columns that change from one call to the next; the others are read at the first call only.
    """

    def __init__(self, leaves: Leaves, moving: frozenset[int]) -> None:
        self.leaves = leaves
        still = [leaves.splits[split].column not in moving for _, split, _ in leaves.nodes]
        self.fixed = [n for n, is_still in zip(leaves.nodes, still, strict=True) if is_still]
        self.rest = [n for n, is_still in zip(leaves.nodes, still, strict=True) if not is_still]
        self.possible: Bytes | None = None

    def predict(self, rows: Floats, *, raw_score: bool = True) -> Floats:
        """Return log odds, summed in the order of the trees, as LightGBM does."""
        assert raw_score, "log odds only"
        if self.possible is None:
            self.possible = np.full((len(self.leaves.values), len(rows)), ALL, dtype=np.uint8)
            self._rule_out(self.possible, self.fixed, rows)
        possible = self.possible.copy()
        self._rule_out(possible, self.rest, rows)
        out = np.zeros(len(rows))
        for values, byte in zip(self.leaves.values, possible, strict=True):
            out += values.take(byte)
        return out

    def _rule_out(self, possible: Bytes, nodes: list[tuple[int, int, int]], rows: Floats) -> None:
        lefts = {split: self.leaves.splits[split].left(rows) for split in {split for _, split, _ in nodes}}
        for tree, split, mask in nodes:
            possible[tree] &= lefts[split] * np.uint8(ALL - mask) + np.uint8(mask)
