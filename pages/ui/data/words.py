"""What entities and columns are called on the Data page."""

from __future__ import annotations

from core.localization import message
from core.sources.columns import READING
from core.sources.draft_map import Rule
from core.sources.mapping import ENTITIES

NONE, NOT_USED, NOT_IN_FILE = "", "Not used", "– not in the file –"
TITLES = {
    "opportunities": "Deals",
    "accounts": "Accounts",
    "opportunity_history": "History of deals",
    "products": "Products",
    "transactions": "Bookings and invoices",
    "subscriptions": "Subscriptions and contracts",
    "activities": "Activities",
    "sales_team": "Sales team",
    "quotas": "Quotas",
    "exchange_rates": "Exchange rates",
    "campaign_touches": "Touches of campaigns",
    "course_completions": "Completions of courses",
    "content_uses": "Use of content",
    "stages": "List of stages",
    "user_roles": "Roles of users",
    "prices": "Price list",
    "lines": "Product lines of deals",
    "contact_roles": "Contacts of deals",
}
COLUMNS = {
    "valid_from": "Valid from",
    "valid_to": "Valid to",
    "mrr_amount": "Amount a month",
    "list_price_amount": "List price",
    "unit_cost_amount": "Unit cost",
    "row_is_deleted": "Deleted row",
    "started_on": "Start date",
    "ended_on": "End date",
    "occurred_at": "Time",
    "period_start_on": "First day of the period",
}


def entity_title(entity: str | None) -> str:
    """Return what an entity is called; a table that is none is not used."""
    if not entity:
        return NOT_USED
    return TITLES.get(entity, entity.replace("_", " ").capitalize())


def entities() -> list[str]:
    """Return what a table can be taken for, nothing first."""
    return [NONE, *dict.fromkeys((*TITLES, *ENTITIES))]


def column_title(column: str) -> str:
    """Return what one of our columns is called.

    Examples
    --------
    >>> column_title("close_on"), column_title("opportunity_id"), column_title("is_won"), column_title("owner_name")
    ('Close date', 'Deal id', 'Won', 'Owner name')
    """
    if column in COLUMNS:
        return COLUMNS[column]
    words = column.removeprefix("is_").replace("opportunity", "deal").replace("rep_", "person_")
    if words.endswith("_on"):
        words = f"{words.removesuffix('_on')}_date"
    if words.endswith("_at"):
        words = f"{words.removesuffix('_at')}_time"
    return words.replace("_", " ").capitalize()


def column_help(entity: str, column: str) -> str:
    """Return what a column is for; empty where its name says it."""
    return READING.get(entity, {}).get(column, "")


def rule_title(rule: Rule | None) -> str:
    """Return how a column is read, in words.

    Examples
    --------
    >>> rule_title("Amount"), rule_title({"first": ["A", "B"]}), rule_title({"join": ["A", "B"]})
    ('Amount', 'A, else B', 'A and B joined')
    """
    if not rule:
        return NOT_IN_FILE
    if isinstance(rule, str):
        return rule
    if rule.get("first"):
        return ", else ".join(rule["first"])
    return message("{join} joined", join=" and ".join(rule["join"])) if rule.get("join") else "The number of the row"
