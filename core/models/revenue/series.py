"""What the models of a revenue series share: the type of its values, the length of a season, who fits beside us."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SEASON = 12


class Fitters(Protocol):
    """Others that fit the models of each unit alone while we do something else."""

    def submit(self, series: Sequence[Floats], h: int) -> bool:
        """Hand the series out and wait for nobody; false where there is nobody."""
        ...

    def results(self, n: int, h: int) -> Floats | None:
        """Return the forecasts of the series asked last, shape (models, series, h); None where they failed."""
        ...
