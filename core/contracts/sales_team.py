"""Sales team and quotas: who sold, under whom, when, and against what number."""

from __future__ import annotations

import dataframely as dy

from core.contracts.column_checks import one_of

ROLES = ["rep", "manager", "director", "vp"]


class SalesTeam(dy.Schema):
    """Grain: one person for one span of team, region, role and manager."""

    rep_id = dy.String(primary_key=True)
    rep_name = dy.String(nullable=False)
    role = dy.String(nullable=False, check=one_of(ROLES))
    manager_id = dy.String(nullable=True)
    team = dy.String(nullable=True)
    region = dy.String(nullable=True)
    hired_on = dy.Date(nullable=True)
    left_on = dy.Date(nullable=True)
    valid_from = dy.Date(primary_key=True)
    valid_to = dy.Date(nullable=True)


class Quotas(dy.Schema):
    """Grain: one rep and fiscal quarter."""

    rep_id = dy.String(primary_key=True)
    period_start_on = dy.Date(primary_key=True)
    quota_amount = dy.Float64(nullable=False, min=0, allow_inf=False)
