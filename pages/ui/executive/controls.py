"""The controls of the executive page, and the rows behind a clicked tile, cell or bar."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import streamlit as st

from core.config.calendar import add_months, quarter_start
from core.localization import message
from core.metrics import attainment, bookings, concentration, deal_scope, flow, growth, leaderboard, regions
from pages.ui.kit import cache
from pages.ui.kit.escaping import escaped
from pages.ui.kit.grid import drill
from pages.ui.kit.shell import Page

TEAMS = "Teams"


def measure() -> str:
    """Let the measure of the growth table be chosen."""
    return str(st.segmented_control("Growth of", growth.MEASURES, default="Bookings", required=True, key="growth_of"))


def mapped() -> str:
    """Let the measure of the map be chosen."""
    kinds = regions.MEASURES
    return str(st.segmented_control("Map of", kinds, default=kinds[0], required=True, key="map_of"))


def board() -> str:
    """Let the leaderboard be chosen."""
    kinds = [*leaderboard.BOARDS, TEAMS]
    return str(st.segmented_control("By", kinds, default=kinds[0], required=True, key="board_by"))


def lines(page: Page, picked: dict[str, Any]) -> None:
    """Show the booking lines behind a clicked cell."""
    if not picked:
        return
    keys = {"region": None, "family": None, "quarter": None} | picked
    rows = cache.result(bookings.behind, page.measured, page.settings, keys["region"], keys["family"], keys["quarter"])
    _table(page, rows, message("bookings in {values}", values=", ".join(picked.values())))


def tile(page: Page, kind: str, picked: dict[str, Any]) -> None:
    """Show the rows behind a clicked tile of the map."""
    if not picked:
        return
    noun = "open deals" if kind == "Open pipeline" else "lines of the quarter"
    _table(
        page,
        cache.result(regions.behind, page.measured, page.settings, kind, picked["region"]),
        f"{noun}, {picked['region']}",
    )


def person(page: Page, kind: str, picked: dict[str, Any]) -> None:
    """Show the rows behind a clicked person's bar."""
    if not picked:
        return
    rows = cache.result(leaderboard.behind, page.measured, page.settings, kind, picked["rep_id"])
    _table(
        page,
        rows,
        message("records of {people}", people=deal_scope.people(page.measured).get(picked["rep_id"], picked["rep_id"])),
    )


def team(page: Page, picked: dict[str, Any]) -> None:
    """Show the bookings behind a clicked team's bar."""
    if not picked:
        return
    _table(
        page,
        cache.result(attainment.behind, page.measured, page.settings, picked["team"]),
        message("bookings of {team}", team=picked["team"]),
    )


def account(page: Page, picked: dict[str, Any]) -> None:
    """Show the bookings behind a clicked customer's bar."""
    if not picked:
        return
    rows = cache.result(concentration.behind, page.measured, page.settings, picked["account_id"])
    _table(page, rows, "bookings of the last 12 months")


def month(page: Page, picked: dict[str, Any]) -> None:
    """Show the bookings behind a clicked month's bar."""
    if not picked:
        return
    begin = date.fromisoformat(picked["key"])
    end = add_months(begin, 1) - timedelta(days=1)
    _table(
        page, bookings.dated(page.measured, begin, end), message("bookings in {month}", month=page.formats.month(begin))
    )


def quarter(page: Page, outlook: Any, picked: dict[str, Any]) -> None:
    """Show what stands behind a clicked part of the quarter: what is booked, or the open deals that are to come."""
    if not picked:
        return
    if picked["part"] == "Booked":
        begin = quarter_start(page.data.as_of, page.settings)
        _table(page, bookings.dated(page.data, begin, page.data.as_of), "bookings of the running quarter")
    else:
        _table(page, outlook.behind().frame, "open deals, the largest expectation first")


def step(page: Page, picked: dict[str, Any], asked: tuple[Any, ...]) -> None:
    """Show the deals behind a clicked bar of the flow."""
    if not picked:
        return
    deals = cache.result(flow.deals, page.measured, page.settings, picked["step"], *asked)
    _table(page, deals.frame, message("records. {deals}", deals=deals.sentence()))


def _table(page: Page, frame: Any, words: str) -> None:
    st.caption(escaped(f"{frame.height:,} {words}"))
    drill(page, frame, height=240)
