"""Model levers: open deals scored anew as if they had more meetings, contacts or fresher talk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.scenarios.levers import LeverSetting

if TYPE_CHECKING:
    from core.scenarios.books import Books


def rescored(books: Books, settings: tuple[LeverSetting, ...]) -> np.ndarray:
    """Return the open deals' curves after the model levers; the baseline's own where none is moved."""
    if not settings or books.base.rescore is None:
        return books.own
    found: np.ndarray = books.memo.get("rescored", settings, lambda: books.base.rescore(books, settings))  # type: ignore[misc]
    return found
