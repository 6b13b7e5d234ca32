"""The states deals have been in, without what a source says besides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from narwhals.typing import IntoFrameT

STATES = (
    "opportunity_id",
    "valid_from",
    "valid_to",
    "stage",
    "forecast_category",
    "amount",
    "close_on",
    "owner_id",
    "is_deleted",
)


def deal_states(history: IntoFrameT) -> IntoFrameT:
    """Return the states of every deal, in the order of the source.

    A deal's past is what flow, forecasts and replays are worked out from, so that no state can be summed away: the
    table has as many rows as the history, and none of the columns a source adds of its own.

    Parameters
    ----------
    history : frame of Polars, DuckDB or another engine narwhals knows
        With the columns of `STATES`.

    Returns
    -------
    frame of the same engine
        [opportunity_id, valid_from, valid_to, stage, forecast_category, amount, close_on, owner_id, is_deleted].
    """
    import narwhals as nw

    rows: Any = nw.from_native(history)
    out: IntoFrameT = rows.select(*STATES).to_native()
    return out
