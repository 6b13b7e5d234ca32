"""A company in which every way a deal can move happened in the last week, for tests of what moved."""

from __future__ import annotations

from datetime import date

from core.models.bundle import Bundle
from tests.metrics.companies import company as by_hand
from tests.metrics.companies import deal, rep, states

NO_MODELS = Bundle(None, None)
AS_OF, BEFORE = date(2026, 5, 15), date(2026, 5, 8)
OLD, RECENT = date(2025, 1, 10), date(2026, 5, 12)
JUNE, AUGUST = date(2026, 6, 10), date(2026, 8, 10)
ENDED = {"won": ("Closed Won", True), "lost": ("Closed Lost", False)}


def past():
    """Deals of a year, half of them won, so that there is something to expect."""
    for k in range(40):
        created = date(2025, 1 + k % 12, 3)
        yield (
            f"p{k}",
            created,
            {"amount": 100.0, "close_on": date(2026, 3, 20)},
            ("won", "lost")[k % 2],
            date(2026, 3, 20),
        )


def moved():
    """What happened in the last week: id, created, first state, how it ended or changed on the 12th."""
    usual = {"amount": 1_000.0, "close_on": JUNE}
    yield "won", OLD, usual, "won", RECENT
    yield "lost", OLD, usual, "lost", RECENT
    yield "new", RECENT, usual, None, None
    yield "raised", OLD, usual, {"amount": 2_000.0}, RECENT
    yield "slipped", OLD, usual, {"close_on": AUGUST}, RECENT
    yield "pulled", OLD, {**usual, "close_on": AUGUST}, {"close_on": JUNE}, RECENT
    yield "still", OLD, usual, None, None


def moving_company(**more):
    """Return the company; other frames can be added."""
    deals, history = [], []
    for key, created, state, change, day in [*past(), *moved()]:
        first = {**state, "owner_id": "r1", "forecast_category": "commit"}
        stage, is_won = ENDED.get(change, ("Proposal", False)) if isinstance(change, str) else ("Proposal", False)
        later = {"stage": stage, "close_on": day} if isinstance(change, str) else change
        changes = [(created, first), *([(day, later)] if later else [])]
        history += states(key, *changes)
        now = {**first, **(later or {})}
        deals.append(deal(key, created_on=created, is_closed=stage != "Proposal", is_won=is_won, **now))
    return by_hand(
        opportunities=deals,
        opportunity_history=history,
        sales_team=[
            rep("m1", "EMEA 1", OLD, role="manager"),
            rep("r1", "EMEA 1", OLD, manager_id="m1"),
        ],
        quotas=[{"rep_id": "r1", "period_start_on": date(2026, 4, 1), "quota_amount": 9_000.0}],
        **more,
    )
