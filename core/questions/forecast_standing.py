"""How good past forecasts were, as far as they were replayed."""

from __future__ import annotations

from core.config import Settings
from core.contracts import Dataset
from core.contracts.amount_visibility import needs_amounts
from core.metrics.measure import Measure
from core.models import outlook
from core.models.bundle import Bundle

NONE_YET = "Too few past forecasts were replayed to say how accurate the forecast is."


@needs_amounts
def standing(data: Dataset, settings: Settings, bundle: Bundle) -> Measure:
    """Say what the forecast rests on: how past forecasts, worked out with what was known then, compare with what came.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    bundle : Bundle
        With its record of past forecasts, if any.

    Returns
    -------
    Measure
        No number; the rows are the forecast's.
    """
    seen = outlook.current(data, settings, bundle)
    return Measure("Forecast accuracy", None, "rate", seen.frame, seen.standing() or NONE_YET)
