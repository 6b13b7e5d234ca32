"""The forecast, its record, the chances of deals and accounts, and managers' calls."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal

import polars as pl
from fastapi import Path, Query
from pydantic import BaseModel

from core.api import paging
from core.api.caller import Asking, Caller, Scoped
from core.api.paging import Cursor, Limit, Rows
from core.api.problems import ApiError, routes_under
from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import ModelError
from core.metrics.measure import Measure
from core.models.bundle import Bundle
from core.scope import Scope

router = routes_under("/v1", "forecast")
Id = Annotated[str, Path(max_length=200)]
FORECAST, PIPELINE, CUSTOMERS = "forecast:read", "pipeline:read", "customers:read"


class Forecast(BaseModel):
    """The number: what will be won in each window, and the sentence of the quarter."""

    as_of: date
    currency: str
    sentence: str
    record: str
    windows: list[dict[str, Any]]


class Told(BaseModel):
    """A sentence, and the rows behind it."""

    as_of: date
    sentence: str
    value: float | None = None
    rows: list[dict[str, Any]]


def _modelled(asking: Caller, scoped: Scope, right: str) -> tuple[Dataset, Settings, Bundle]:
    asking.need(right)
    data, settings = asking.part(scoped)
    bundle = asking.bundle(data, settings)
    asking.mark(data, settings, bundle.key)
    return data, settings, bundle


def _rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    return paging.page(frame, max(frame.height, 1), "", "").rows


@router.get("/forecast", summary="The forecast of 30, 60 and 90 days and the quarter", operation_id="forecast")
def forecast(asking: Asking, scoped: Scoped) -> Forecast:
    """Return what will be won, split into closed, open and deals still to come, with its 80 % range and the chance of
    quota. Takes the right `forecast:read`.
    """
    from core.models import outlook

    data, settings, bundle = _modelled(asking, scoped, FORECAST)
    current = asking.result("outlook", data, settings, lambda: outlook.current(data, settings, bundle), bundle.key)
    return Forecast(
        as_of=data.as_of,
        currency=settings.currency,
        sentence=current.sentence(),
        record=current.standing(),
        windows=_rows(current.frame),
    )


@router.get("/forecast/deals", summary="The open deals behind the forecast", operation_id="forecast_deals")
def forecast_deals(
    asking: Asking,
    scoped: Scoped,
    limit: Limit = paging.USUAL_ROWS,
    cursor: Cursor = "",
    window: Annotated[str, Query(max_length=40, description="As `window` of the forecast; default the quarter.")] = "",
) -> Rows:
    """Return each open deal's chance and what is expected of it in a window. Takes the right `forecast:read`."""
    from core.models import outlook

    data, settings, bundle = _modelled(asking, scoped, FORECAST)
    current = asking.result("outlook", data, settings, lambda: outlook.current(data, settings, bundle), bundle.key)
    if window and window not in current.windows:
        raise ApiError(422, f"There is no window {window!r}.", f"Known: {', '.join(current.windows)}.")
    frame = current.behind(window or None).frame
    return paging.page(frame, limit, cursor, data.fingerprint, data.as_of)


@router.get("/forecast/drivers", summary="What drives the forecast", operation_id="forecast_drivers")
def forecast_drivers(asking: Asking, scoped: Scoped) -> list[dict[str, Any]]:
    """Return what raises and lowers the expectation of open deals, in money. Takes the right `forecast:read`."""
    from core.explain import deals

    data, settings, bundle = _modelled(asking, scoped, FORECAST)
    reasons = asking.result("drivers", data, settings, lambda: deals.forecast(data, settings, bundle), bundle.key)
    return _rows(reasons.frame)


@router.get("/forecast/walk", summary="Why the forecast moved in a week", operation_id="forecast_walk")
def forecast_walk(
    asking: Asking,
    scoped: Scoped,
    days: Annotated[int, Query(ge=1, le=60, description="Days back.")] = 7,
) -> Told:
    """Return the steps from an earlier forecast of the quarter to today's: won, lost, slipped, pulled in, amounts,
    chances, new. Takes the right `forecast:read`.
    """
    from core.forecasts import quarter_walk

    data, settings, bundle = _modelled(asking, scoped, FORECAST)
    walk = asking.result(
        "walk", data, settings, lambda: quarter_walk.walk(data, settings, bundle, days), bundle.key, days
    )
    return Told(as_of=data.as_of, sentence=walk.sentence(), rows=_rows(walk.frame))


@router.get("/forecast/record", summary="How good past forecasts were", operation_id="forecast_record")
def forecast_record(
    asking: Asking,
    by: Literal["week", "window", "period", "team", "category", "manager"] = "week",
) -> Told:
    """Return the error, bias, coverage and skill of replayed forecasts beside simple rules. Takes the right
    `forecast:read`; where the past was not replayed yet, a worker is asked to.
    """
    from core.forecasts import accuracy, backtest, backtest_archive, calls
    from core.replaying import forecast_history

    data, settings, bundle = _modelled(asking, Scope(), FORECAST)
    if not backtest_archive.is_kept(data, settings) and backtest.quarters(data, settings):
        asking.store.jobs.ask(forecast_history.KIND, forecast_history.SUBJECT, by=asking.identity.user)
        raise ApiError(409, "Past forecasts are being replayed.", "Ask again in a minute.", {"Retry-After": "60"})
    replays = backtest_archive.load_or_run(data, settings)
    saved = calls.kept(data, asking.store)

    def make() -> Measure:
        return accuracy.record(data, settings, replays, saved, by)

    record = asking.result("record", data, settings, make, bundle.key, by, saved.height)
    value = paging_value(record.value)
    return Told(as_of=data.as_of, sentence=record.sentence(), value=value, rows=_rows(record.frame))


def paging_value(value: float | None) -> float | None:
    """Return a number that JSON can hold."""
    return value if value is None or abs(value) < float("inf") else None


@router.get("/calls", summary="Managers' calls, oldest first", operation_id="calls")
def calls_kept(
    asking: Asking,
    limit: Limit = paging.USUAL_ROWS,
    cursor: Cursor = "",
) -> Rows:
    """Return every forecast call of the people the caller sees. Takes the right `forecast:read`."""
    from core.access import saved_content
    from core.access.saved_content import Reader
    from core.forecasts import calls

    asking.need(FORECAST)
    data, _ = asking.part(Scope())
    frame = saved_content.calls(Reader.of(asking.identity, data), calls.kept(data, asking.store))
    return paging.page(frame, limit, cursor, f"{data.fingerprint}-{frame.height}", data.as_of)


@router.get("/deals/{opportunity_id}/chance", summary="A deal's chance and what makes it", operation_id="deal_chance")
def deal_chance(
    opportunity_id: Id,
    asking: Asking,
    days: Annotated[int, Query(ge=1, le=180)] = 90,
) -> Told:
    """Return the chance of a win within some days, and what raises and lowers it, in points. Takes the right
    `pipeline:read`.
    """
    from core.explain import deals

    data, settings, bundle = _modelled(asking, Scope(), PIPELINE)
    why = _or_none(lambda: deals.deal(data, settings, bundle, opportunity_id, days), "open deal")
    return Told(as_of=data.as_of, sentence=why.sentence(), value=paging_value(why.shown), rows=_rows(why.by_driver()))


@router.get("/deals/{opportunity_id}/actions", summary="What to do about a deal", operation_id="deal_actions")
def deal_actions(opportunity_id: Id, asking: Asking) -> Told:
    """Return plays against the signals of a deal, each with what past deals that followed it won. Takes the right
    `pipeline:read`.
    """
    from core.explain.actions import deal_actions as plays

    data, settings = asking.opened(Scope(), PIPELINE)
    if data.opportunities.filter(pl.col("opportunity_id") == opportunity_id, ~pl.col("is_closed")).is_empty():
        raise ApiError(404, "There is no open deal with this id.", "It may lie outside what this key sees.")
    actions = plays.actions(data, settings, opportunity_id)
    return Told(as_of=data.as_of, sentence=actions.sentence(), rows=_rows(actions.frame.drop("steps", strict=False)))


@router.get("/churn", tags=["accounts"], summary="Accounts by revenue at risk", operation_id="churn")
def churn(
    asking: Asking,
    scoped: Scoped,
    limit: Limit = paging.USUAL_ROWS,
    cursor: Cursor = "",
) -> Rows:
    """Return paying accounts with their chance of leaving and the yearly revenue at risk. Takes the right
    `customers:read`.
    """
    from core.explain import customers

    data, settings, bundle = _modelled(asking, scoped, CUSTOMERS)
    listed = asking.result("churn", data, settings, lambda: customers.churn_list(data, settings, bundle), bundle.key)
    return paging.page(listed.frame, limit, cursor, data.fingerprint, data.as_of)


@router.get(
    "/accounts/{account_id}/churn", tags=["accounts"], summary="Why an account may leave", operation_id="account_churn"
)
def account_churn(account_id: Id, asking: Asking) -> Told:
    """Return what raises and lowers an account's churn risk, in points. Takes the right `customers:read`."""
    from core.explain import customers

    data, settings, bundle = _modelled(asking, Scope(), CUSTOMERS)
    why = _or_none(lambda: customers.account(data, settings, bundle, account_id), "paying account")
    return Told(as_of=data.as_of, sentence=why.sentence(), value=paging_value(why.shown), rows=_rows(why.by_driver()))


def _or_none(make: Callable[[], Any], noun: str) -> Any:
    """Return what is made; what the models do not know of the id is 404."""
    try:
        return make()
    except (KeyError, pl.exceptions.PolarsError) as error:
        raise ApiError(404, f"There is no {noun} with this id.", "It may lie outside what this key sees.") from error
    except ModelError as error:
        raise ApiError(404, error.what, error.mend) from error
