"""The factors a scenario puts on rows of one kind, by the part of the company each belongs to."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from core.scenarios.levers import LeverSetting

Factor = float | np.ndarray


class Side:
    """Rows of one kind, with the columns that say which part of the company each belongs to."""

    def __init__(self, frame: pl.DataFrame, columns: list[str]) -> None:
        self.n = frame.height
        self.columns = {name: frame[name].to_numpy().astype(object) for name in columns}
        self._masks: dict[str, np.ndarray] = {}

    def mask(self, scope: str) -> np.ndarray:
        """Return which rows a scope reaches; none where it speaks of something these rows do not have."""
        if scope not in self._masks:
            if len(self._masks) > 200:
                self._masks.clear()
            kind, _, name = scope.partition(":")
            column = self.columns.get("opportunity_id" if kind.startswith("deal") else kind)
            wanted = name.split(",") if kind == "deals" else [name]
            mask = np.zeros(self.n, bool) if column is None else np.isin(column.astype(str), wanted)
            self._masks[scope] = mask
        return self._masks[scope]

    def factor(
        self, settings: tuple[LeverSetting, ...], of: Callable[[LeverSetting], float] = lambda s: 1 + s.value
    ) -> Factor:
        """Return the product over the settings that reach each row; a plain number where all rows are alike."""
        out: Factor = 1.0
        for s in settings:
            out = out * of(s) if s.scope == "all" else np.where(self.mask(s.scope), out * of(s), out)
        return out

    def total(
        self, settings: tuple[LeverSetting, ...], of: Callable[[LeverSetting], float] = lambda s: s.value
    ) -> Factor:
        """Return the sum over the settings that reach each row."""
        out: Factor = 0.0
        for s in settings:
            out = out + (of(s) if s.scope == "all" else np.where(self.mask(s.scope), of(s), 0.0))
        return out


def alike(*columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a row of each different combination of the columns' values, and which combination each row has."""
    telling = [column for column in columns if len(column) and (column != column[0]).any()]
    code = telling[0] if telling else np.zeros(len(columns[0]), np.int64)
    for column in telling[1:]:
        distinct, here = np.unique(column, return_inverse=True)
        code = np.unique(code, return_inverse=True)[1].reshape(-1) * len(distinct) + here.reshape(-1)
    _, rows, which = np.unique(code, return_index=True, return_inverse=True)
    return rows, which.reshape(-1)


def over_rows(value: Factor) -> Factor:
    """Return a factor as a column, to multiply the months of each row."""
    return value[:, None] if isinstance(value, np.ndarray) else value


def is_one(value: Factor) -> bool:
    """Say whether a factor leaves everything as it is."""
    return not isinstance(value, np.ndarray) and value == 1.0
