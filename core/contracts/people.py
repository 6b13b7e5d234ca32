"""People and campaigns as a CRM keeps them: contacts, leads, users, campaigns and who was reached by which."""

from __future__ import annotations

import dataframely as dy


class Contacts(dy.Schema):
    """Grain: one person at an account."""

    contact_id = dy.String(primary_key=True)
    account_id = dy.String(nullable=True)
    contact_name = dy.String(nullable=True)
    title = dy.String(nullable=True)
    email = dy.String(nullable=True)
    owner_id = dy.String(nullable=True)
    lead_source = dy.String(nullable=True)
    created_on = dy.Date(nullable=True)


class Leads(dy.Schema):
    """Grain: one lead. A converted lead names the account and the deal it became.

    `created_at` and `answered_at`, the first answer of the company, are in the company's time.
    """

    lead_id = dy.String(primary_key=True)
    lead_name = dy.String(nullable=True)
    company = dy.String(nullable=True)
    title = dy.String(nullable=True)
    industry = dy.String(nullable=True)
    country = dy.String(nullable=True)
    employee_count = dy.Int64(nullable=True, min=0)
    status = dy.String(nullable=True)
    lead_source = dy.String(nullable=True)
    owner_id = dy.String(nullable=True)
    created_on = dy.Date(nullable=True)
    created_at = dy.Datetime(nullable=True, time_unit="us")
    answered_at = dy.Datetime(nullable=True, time_unit="us")
    is_converted = dy.Bool(nullable=True)
    converted_on = dy.Date(nullable=True)
    account_id = dy.String(nullable=True)
    opportunity_id = dy.String(nullable=True)


class Campaigns(dy.Schema):
    """Grain: one campaign. Amounts are in the reporting currency."""

    campaign_id = dy.String(primary_key=True)
    campaign_name = dy.String(nullable=True)
    kind = dy.String(nullable=True)
    status = dy.String(nullable=True)
    started_on = dy.Date(nullable=True)
    ended_on = dy.Date(nullable=True)
    budget_amount = dy.Float64(nullable=True, allow_inf=False)
    cost_amount = dy.Float64(nullable=True, allow_inf=False)


class CampaignTouches(dy.Schema):
    """Grain: one person or company reached by a campaign, or held out from it.

    A touch belongs to the deal it names, else to that of its lead, else to the deals of its account. `touched_at` is in
    the company's time.
    """

    touch_id = dy.String(primary_key=True)
    campaign_id = dy.String(nullable=True)
    channel = dy.String(nullable=True)
    lead_id = dy.String(nullable=True)
    contact_id = dy.String(nullable=True)
    account_id = dy.String(nullable=True)
    opportunity_id = dy.String(nullable=True)
    touched_at = dy.Datetime(nullable=False, time_unit="us")
    has_responded = dy.Bool(nullable=True)
    is_holdout = dy.Bool(nullable=True)


class Users(dy.Schema):
    """Grain: one user of the CRM. The sales team is made of them where no file of its own says who is in it."""

    user_id = dy.String(primary_key=True)
    user_name = dy.String(nullable=True)
    email = dy.String(nullable=True)
    title = dy.String(nullable=True)
    role = dy.String(nullable=True)
    team = dy.String(nullable=True)
    region = dy.String(nullable=True)
    manager_id = dy.String(nullable=True)
    is_active = dy.Bool(nullable=True)
    created_on = dy.Date(nullable=True)
