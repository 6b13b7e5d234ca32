"""The contract of each entity by its name."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from core.contracts.accounts import Accounts
from core.contracts.activities import Activities
from core.contracts.enablement_records import ContentUses, CourseCompletions
from core.contracts.exchange_rates import ExchangeRates
from core.contracts.opportunities import Opportunities, OpportunityHistory
from core.contracts.people import Campaigns, CampaignTouches, Contacts, Leads, Users
from core.contracts.products import Products
from core.contracts.rejections import Rejections
from core.contracts.sales_team import Quotas, SalesTeam
from core.contracts.subscriptions import Subscriptions
from core.contracts.transactions import Transactions

SCHEMAS: dict[str, type[dy.Schema]] = {
    "accounts": Accounts,
    "opportunities": Opportunities,
    "opportunity_history": OpportunityHistory,
    "products": Products,
    "transactions": Transactions,
    "subscriptions": Subscriptions,
    "activities": Activities,
    "sales_team": SalesTeam,
    "quotas": Quotas,
}
OPTIONAL_SCHEMAS: dict[str, type[dy.Schema]] = {
    "contacts": Contacts,
    "leads": Leads,
    "campaigns": Campaigns,
    "campaign_touches": CampaignTouches,
    "course_completions": CourseCompletions,
    "content_uses": ContentUses,
    "users": Users,
    "exchange_rates": ExchangeRates,
}
ALL_SCHEMAS = SCHEMAS | OPTIONAL_SCHEMAS


def empty(name: str) -> pl.DataFrame:
    """Return an empty frame in the shape of an entity's contract.

    Parameters
    ----------
    name : str
        An entity of `ALL_SCHEMAS`, or "rejections".
    """
    schema = Rejections if name == "rejections" else ALL_SCHEMAS[name]
    return pl.DataFrame(schema.create_empty())
