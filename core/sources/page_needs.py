"""What each page will lack with the data that was read, said before it is used."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from core.contracts.dataset import Dataset

# Page -> entity or entity.column it needs -> what it cannot show without it.
NEEDS: Mapping[str, Mapping[str, str]] = {
    "Executive": {
        "opportunities": "deals: no bookings, forecast or quarter",
        "transactions": "bookings and invoices: revenue is not shown, bookings are won deals",
        "subscriptions": "contracts: no recurring revenue",
        "quotas": "quotas: no attainment",
        "accounts.region": "regions",
    },
    "Pipeline": {
        "opportunities": "deals: nothing to show",
        "opportunities.amount": "amounts of deals: counts only",
        "opportunities.created_on": "creation dates: no age, no velocity, no cohorts",
        "opportunities.close_on": "close dates: nothing falls into a period",
        "opportunity_history": "the history of deals: no flow, pushes or past pipeline",
        "activities": "activities: no silence or engagement",
        "quotas": "quotas: no coverage",
    },
    "Forecast": {
        "opportunities": "deals: nothing to learn from",
        "sales_team": "the sales team: no calls by manager",
        "quotas": "quotas: no gap to quota",
        "opportunity_history": "the history of deals: models learn from less",
    },
    "Weekly review": {
        "opportunities": "deals: nothing to review",
        "sales_team": "the sales team: no teams",
        "opportunities.forecast_category": "forecast categories of the CRM",
    },
    "Scenarios": {"opportunities": "deals: no levers on the pipeline", "subscriptions": "contracts: no churn levers"},
    "Customers": {
        "subscriptions": "contracts: no churn, renewals or recurring revenue",
        "transactions": "bookings and invoices: no purchases or lifetime value",
        "accounts": "accounts: nothing to show",
        "accounts.segment": "segments",
        "activities": "activities: health goes by money alone",
    },
    "Territories": {
        "accounts": "accounts: nothing to spread",
        "accounts.owner_id": "owners of accounts: nobody has a territory",
        "sales_team": "the sales team: nobody to spread accounts over",
        "accounts.employee_count": "employees: potential knows nothing of size",
        "accounts.industry": "industries: look-alikes are found by size alone",
    },
    "Plans and pay": {
        "opportunities": "won deals: no commission",
        "sales_team": "the sales team: nobody to pay",
        "quotas": "quotas: commission at the rate without a quota",
        "subscriptions": "contracts: nothing is taken back when one ends",
    },
    "Benchmarks": {
        "opportunities": "deals: nothing to compare",
        "opportunities.amount": "amounts of deals: no deal size",
        "opportunities.created_on": "creation dates: no sales cycle",
        "opportunity_history": "the history of deals: no slip rate, teams or regions",
        "accounts.segment": "segments: nothing to exchange",
    },
    "Playbooks": {
        "opportunities": "deals: no plays on deals",
        "opportunities.competitor": "competitors: no play starts for one",
        "opportunity_history": "the history of deals: no stalled deals",
        "subscriptions": "contracts: no plays on accounts",
        "sales_team": "the sales team: tasks fall to nobody's manager",
    },
    "Competitors": {
        "opportunities.competitor": "competitors: nothing to compare",
        "opportunities.lost_reason": "reasons of lost deals",
        "opportunity_history": "the history of deals: no price given up",
    },
    "Leads": {
        "leads": "leads: nothing to work",
        "opportunities": "deals: no lead is known to have been won",
        "leads.answered_at": "when leads were first answered",
        "leads.lead_source": "where leads came from",
    },
    "Attribution": {
        "opportunities": "deals: nothing to credit",
        "campaign_touches": "touches of campaigns: only the sales team's activities are credited",
        "campaigns": "campaigns: no cost and no return",
    },
    "Engagement": {
        "opportunities": "deals: mails and meetings belong to none",
        "accounts": "accounts: addresses lead to nobody",
        "contacts": "contacts: addresses are matched by the name of the account alone, and nobody has a title",
    },
    "Enablement": {
        "course_completions": "records of courses: nothing on what training goes with",
        "course_completions.completed_on": "days on which courses were finished: nothing on what training goes with",
        "content_uses": "documents used in deals: nothing on which content wins",
    },
    "Requirements": {"opportunities": "deals: requirement lists are attached to none"},
}


def lacking(data: Dataset) -> pl.DataFrame:
    """Return what every page will lack.

    Parameters
    ----------
    data : Dataset

    Returns
    -------
    pl.DataFrame
        [page, lacks], in the order of the pages; pages that lack nothing are left out. A column counts as lacking
        where no row fills it; of an entity that is lacking its columns are not told besides.
    """
    rows = []
    for page, needs in NEEDS.items():
        absent = {name for name in needs if not _has(data, name)}
        shown = [needs[n] for n in needs if n in absent and ("." not in n or n.partition(".")[0] not in absent)]
        rows += [(page, "; ".join(shown))] if shown else []
    return pl.DataFrame(rows, schema={"page": pl.String, "lacks": pl.String}, orient="row")


def _has(data: Dataset, name: str) -> bool:
    entity, _, column = name.partition(".")
    frame = data.frame(entity)
    if not frame.height:
        # What is said under the entity is not said again under its column.
        return bool(column)
    return not column or (column in frame.columns and frame[column].null_count() < frame.height)
