"""Companies whose reps took courses and used documents, drawn with planted effects, for quick and slow tests alike."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from core.metrics.training_effect import Panel
from tests.metrics.companies import company, deal, rep

AS_OF = date(2026, 5, 15)
FIRST, MONTHS = 24_000, 36


def panel_of(rng, n_reps, share, effect, deals_a_month=3.0):
    """Deals of reps whose odds rise by `effect` from the month after a course on, and the months of finishing."""
    skill = rng.normal(-0.6, 0.5, n_reps)
    when = np.where(rng.random(n_reps) < share, FIRST + rng.integers(6, MONTHS - 3, n_reps), 0)
    n = rng.poisson(deals_a_month * np.exp(rng.normal(0, 0.4, (n_reps, 1))), (n_reps, MONTHS))
    month = FIRST + np.arange(MONTHS)
    is_after = (when > 0)[:, None] & (month[None] > when[:, None])
    odds = skill[:, None] + effect * is_after + rng.normal(0, 0.3, MONTHS)[None]
    won = rng.binomial(n, 1 / (1 + np.exp(-odds)))
    summed = [np.pad(np.cumsum(part, axis=1).astype(float), ((0, 0), (1, 0))) for part in (won, n)]
    return Panel([f"r{k}" for k in range(n_reps)], FIRST, *summed), when


def hires(rng, n, quicker):
    """A company of new reps, half of whom finished a course early; `quicker` divides their wait for a first win."""
    team, deals, courses = [], [], []
    for k in range(n):
        hired = date(2023, 6, 1) + timedelta(days=int(rng.integers(0, 900)))
        team.append(rep(f"r{k}", "EMEA A", hired, hired_on=hired))
        trained = bool(rng.random() < 0.5)
        if trained:
            courses.append(course(f"r{k}", "Basics", hired + timedelta(days=int(rng.integers(0, 60)))))
        wait = 61 + int(rng.exponential(150 / (quicker if trained else 1)))
        if hired + timedelta(days=wait) <= AS_OF:
            deals.append(won_deal(f"d{k}", f"r{k}", hired + timedelta(days=wait)))
    deals.append(won_deal("first", "old", date(2023, 1, 10)))
    return company(AS_OF, sales_team=team, opportunities=deals, course_completions=courses)


def won_deal(name, owner, close_on, won=True, **more):
    values = {"created_on": date(2023, 1, 2), "amount": 10.0} | more
    stage = "Closed Won" if won else "Closed Lost"
    return deal(name, owner_id=owner, close_on=close_on, is_closed=True, is_won=won, stage=stage, **values)


def course(rep_id, name, completed_on, **more):
    values = {"completion_id": f"{rep_id}-{name}-{completed_on}", "rep_id": rep_id, "learner_name": rep_id}
    values |= {"course_name": name, "is_completed": completed_on is not None, "completed_on": completed_on}
    return values | more


def shown(rng, n, effects, rate=0.4):
    """A company of deals in which documents were used at random; each adds to the log odds of winning."""
    deals, uses = [], []
    for k in range(n):
        names = [name for name in effects if rng.random() < 0.3]
        odds = np.log(rate / (1 - rate)) + sum(effects[name] for name in names)
        deals.append(
            won_deal(
                f"d{k}",
                "a",
                date(2026, 3, 1),
                bool(rng.random() < 1 / (1 + np.exp(-odds))),
                created_on=date(2025, 12, 1),
                account_id="one",
            )
        )
        uses += [use(f"d{k}", name, date(2025, 12, 5)) for name in names]
    return company(AS_OF, opportunities=deals, content_uses=uses)


def use(opportunity_id, name, used_on, **more):
    values = {"use_id": f"{opportunity_id}-{name}-{used_on}", "content_name": name, "opportunity_id": opportunity_id}
    return values | {"used_on": used_on} | more
