"""Small random companies with what makes measures err: refunds, returns, gaps, reopened deals, moves, leap days."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from core.config import Settings, load
from core.config.calendar import add_quarters
from core.contracts import Dataset
from core.sources import span_ends
from tests.metrics.companies import company

DEFAULTS = load(environ={})
REGIONS = ["EMEA", "AMER", "APAC", None]
OPEN = ["Prospecting", "Discovery", "Proposal", "Negotiation"]
BEGIN = date(2022, 1, 10)
DAY = timedelta(days=1)
CALENDARS: list[dict[str, Any]] = [
    {},
    {"year_start_month": 2},
    {"year_start_month": 3},
    {"calendar": "4-4-5", "year_start_month": 1},
    {"calendar": "4-5-4", "year_start_month": 2, "week_53": "last"},
    {"calendar": "5-4-4", "year_start_month": 7, "week_starts_on": "monday"},
]
AS_OF = [
    date(2024, 2, 29),
    date(2024, 3, 31),
    date(2025, 2, 28),
    date(2025, 5, 15),
    date(2025, 12, 31),
    date(2026, 2, 1),
]


def settings_of(fiscal: dict[str, Any]) -> Settings:
    """Return the defaults with another fiscal calendar."""
    return DEFAULTS.model_copy(update={"fiscal": DEFAULTS.fiscal.model_copy(update=fiscal)})


def built(seed: int, as_of: date, settings: Settings, ends: str = "exclusive", begin: date = BEGIN) -> Dataset:
    """Return a random company as of a day; with inclusive ends it is written so, and read by what is found."""
    rng = np.random.default_rng(seed)
    span = (as_of - begin).days

    def day(low: int = 0, high: int = span) -> date:
        return begin + int(rng.integers(low, max(high, low + 1))) * DAY

    def pick(choices: list[Any]) -> Any:
        return choices[int(rng.integers(len(choices)))]

    team = _team(rng, begin, as_of)
    people = sorted({row["rep_id"] for row in team})
    sellers = [p for p in people if p.startswith("r")]
    n_accounts = int(rng.integers(6, 14))
    accounts = [
        {
            "account_id": f"a{k}",
            "account_name": f"Account {k}",
            "segment": pick(["SMB", "Enterprise"]),
            "region": pick(REGIONS),
            "owner_id": pick(sellers),
        }
        for k in range(n_accounts)
    ]
    ids = [row["account_id"] for row in accounts]
    products = [
        {"product_id": f"p{k}", "product_name": f"P {k}", "family": f"Family {k % 3}", "list_price_amount": 100.0}
        for k in range(4)
    ]
    deals, history = _deals(rng, ids, sellers, begin, as_of)
    data = company(
        as_of,
        accounts=accounts,
        products=products,
        sales_team=team,
        quotas=_quotas(rng, people, as_of, settings),
        opportunities=deals,
        opportunity_history=history,
        transactions=_lines(rng, ids, sellers, day, pick),
        subscriptions=_contracts(rng, ids, begin, as_of),
        activities=_activities(rng, ids, deals, sellers, begin, as_of),
    )
    if ends == "inclusive":
        written = {name: _last_days(data.frame(name), columns) for name, columns in span_ends.SPANS.items()}
        data, _ = span_ends.of_dataset(data.with_frames(**written), dict.fromkeys(span_ends.SPANS, "inclusive"))
    return data


def _last_days(frame: Any, columns: tuple[str, str, str]) -> Any:
    import polars as pl

    _, begin, end = columns
    last = pl.when(pl.col(end) > pl.col(begin)).then(pl.col(end).dt.offset_by("-1d")).otherwise(end)
    return frame.with_columns(last.alias(end)) if frame.height else frame


def _team(rng: np.random.Generator, begin: date, as_of: date) -> list[dict[str, Any]]:
    """Five reps below two managers; some move to the other team, some leave."""
    rows = []
    for k in range(5):
        team, since = k % 2, begin - 30 * DAY
        moves = sorted({int(v) for v in rng.integers(40, (as_of - begin).days, int(rng.integers(0, 3)))})
        cuts = [since, *(begin + m * DAY for m in moves)]
        for n, cut in enumerate(cuts):
            until = cuts[n + 1] if n + 1 < len(cuts) else None
            rows.append(_person(f"r{k}", "rep", f"m{team}", f"Team {team}", cut, until))
            team = 1 - team
    for k in range(2):
        rows.append(_person(f"m{k}", "manager", None, f"Team {k}", begin - 30 * DAY, None))
    return rows


def _person(rep: str, role: str, boss: str | None, team: str, since: date, until: date | None) -> dict[str, Any]:
    region = "EMEA" if team == "Team 0" else "AMER"
    return {
        "rep_id": rep,
        "rep_name": rep.upper(),
        "role": role,
        "manager_id": boss,
        "team": team,
        "region": region,
        "valid_from": since,
        "valid_to": until,
    }


def _quotas(rng: np.random.Generator, people: list[str], as_of: date, settings: Settings) -> list[dict[str, Any]]:
    rows = []
    for k in range(-9, 3):
        begin = add_quarters(as_of, k, settings)
        own = {p: float(rng.integers(0, 5) * 500) for p in people if p.startswith("r")}
        managers = {p: sum(own.values()) / 2 for p in people if p.startswith("m")}
        rows += [
            {"rep_id": p, "period_start_on": begin, "quota_amount": amount} for p, amount in (own | managers).items()
        ]
    return rows


def _lines(rng: np.random.Generator, ids: list[str], sellers: list[str], day: Any, pick: Any) -> list[dict[str, Any]]:
    rows = []
    for k in range(int(rng.integers(20, 160))):
        kind = pick(["booking", "booking", "billing", "billing", "refund"])
        amount = float(np.round(rng.gamma(2.0, 400.0), 2))
        is_reversal = kind == "booking" and rng.random() < 0.15
        rows.append(
            {
                "transaction_id": f"t{k}",
                "account_id": pick(ids),
                "product_id": pick(["p0", "p1", "p2", "p3", None]),
                "rep_id": pick([*sellers, None]),
                "region": pick(REGIONS),
                "booked_on": pick([date(2024, 2, 29), *[day()] * 12]),
                "kind": kind,
                "amount": -amount if kind == "refund" or is_reversal else amount,
            }
        )
    return rows


def _contracts(rng: np.random.Generator, ids: list[str], begin: date, as_of: date) -> list[dict[str, Any]]:
    """Contracts that are renewed on the day, come back after a gap, change their amount, or run on."""
    rows: list[dict[str, Any]] = []
    for account in ids[: int(len(ids) * 0.8)]:
        start = begin + int(rng.integers(0, 400)) * DAY
        while start < as_of and rng.random() < 0.9:
            length = int(rng.integers(30, 500))
            end = None if rng.random() < 0.3 else start + length * DAY
            rows.append(
                {
                    "subscription_id": f"s{len(rows)}",
                    "account_id": account,
                    "mrr_amount": float(rng.integers(0, 8) * 50),
                    "started_on": start,
                    "ended_on": end,
                }
            )
            if end is None:
                break
            start = end + (0 if rng.random() < 0.6 else int(rng.integers(2, 90))) * DAY
    return rows


def _deals(
    rng: np.random.Generator, ids: list[str], sellers: list[str], begin: date, as_of: date
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Deals with their history: pushed, re-sized, handed over, lost and opened again, won, deleted, never closed."""
    deals, history = [], []
    for k in range(int(rng.integers(15, 60))):
        born = begin + int(rng.integers(0, (as_of - begin).days)) * DAY
        amount = None if rng.random() < 0.15 else float(np.round(rng.gamma(2.0, 3000.0), 2))
        state: dict[str, Any] = {
            "stage": OPEN[0],
            "amount": amount,
            "close_on": born + int(rng.integers(20, 200)) * DAY,
            "owner_id": sellers[int(rng.integers(len(sellers)))],
            "is_deleted": False,
            "forecast_category": "pipeline",
        }
        now, states = born, []
        for _ in range(int(rng.integers(1, 8))):
            states.append((now, dict(state)))
            now += int(rng.integers(3, 90)) * DAY
            draw = rng.random()
            if now > as_of or state["is_deleted"] or (state["stage"] == "Closed Won"):
                break
            if state["stage"] == "Closed Lost" and draw < 0.8:
                break
            if draw < 0.15:
                state |= {"stage": "Closed Won", "close_on": now}
            elif draw < 0.35:
                state |= {"stage": "Closed Lost", "close_on": now}
            elif draw < 0.40:
                state |= {"is_deleted": True}
            else:
                state |= {
                    "stage": OPEN[int(rng.integers(len(OPEN)))],
                    "close_on": state["close_on"] + int(rng.integers(-20, 90)) * DAY,
                    "owner_id": sellers[int(rng.integers(len(sellers)))],
                }
                if amount is not None and rng.random() < 0.4:
                    state["amount"] = float(np.round(rng.gamma(2.0, 3000.0), 2))
        for n, (since, values) in enumerate(states):
            until = states[n + 1][0] if n + 1 < len(states) else None
            history.append({"opportunity_id": f"d{k}", "valid_from": since, "valid_to": until, **values})
        last = states[-1][1]
        if last["is_deleted"]:
            continue
        is_closed = last["stage"].startswith("Closed")
        deals.append(
            {
                "opportunity_id": f"d{k}",
                "opportunity_name": f"Deal {k}",
                "account_id": ids[int(rng.integers(len(ids)))],
                "product_id": f"p{k % 4}",
                "opportunity_type": "new",
                "currency": "USD",
                "created_on": born,
                "is_closed": is_closed,
                "is_won": last["stage"] == "Closed Won",
                **{name: last[name] for name in ("stage", "amount", "close_on", "owner_id", "forecast_category")},
            }
        )
    return deals, history


def _activities(
    rng: np.random.Generator,
    ids: list[str],
    deals: list[dict[str, Any]],
    sellers: list[str],
    begin: date,
    as_of: date,
) -> list[dict[str, Any]]:
    kinds = ["call", "mail", "meeting", "usage", "ticket"]
    rows = []
    for k in range(int(rng.integers(0, 80))):
        moment = datetime.combine(begin, datetime.min.time()) + timedelta(
            hours=int(rng.integers(0, (as_of - begin).days * 24))
        )
        deal = deals[int(rng.integers(len(deals)))] if deals and rng.random() < 0.6 else None
        rows.append(
            {
                "activity_id": f"x{k}",
                "account_id": deal["account_id"] if deal else ids[int(rng.integers(len(ids)))],
                "opportunity_id": deal["opportunity_id"] if deal else None,
                "rep_id": sellers[int(rng.integers(len(sellers)))],
                "kind": kinds[int(rng.integers(len(kinds)))],
                "occurred_at": moment,
                "quantity": float(rng.integers(0, 50)),
                "sentiment_score": float(rng.uniform(-1, 1)),
            }
        )
    return rows
