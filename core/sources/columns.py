"""What every column of every entity is called, holds and allows: the contracts, and what is read to fill them."""

from __future__ import annotations

from collections.abc import Mapping

from core.contracts.schemas import ALL_SCHEMAS

# Columns that are read to fill those of the contracts, and are not kept. Each with what it is for.
READING: Mapping[str, Mapping[str, str]] = {
    "opportunities": {
        "account_name": "the account's name, where the file has no id: the id is found by it",
        "owner_name": "the owner's name, where the file has no id",
        "product_name": "the product's name, where the file has no id",
        "status": "open, won or lost in a column of its own, where the stage does not say it",
        "is_lost": "whether the deal was lost",
        "is_active": "false for deals in the archive",
        "closed_on": "the day the deal ended, where the expected close stands in another column",
        "converted_amount": "the amount in the company's own currency as the CRM converted it, where no rate is known",
        "converted_currency": "the currency of converted_amount",
        "won_amount": "the amount a won deal was won with, where the expected one stands in another column",
        "pipeline": "which pipeline the stage belongs to",
        "probability": "the probability the CRM gives, 0 to 100 or 0 to 1: it orders the stages",
        "is_deleted": "deleted deals are left out",
        "modified_at": "when the row was last changed: of two rows with one id the newer one counts",
    },
    "accounts": {
        "owner_name": "the owner's name, where the file has no id",
        "parent_name": "the parent account's name, where the file has no id",
        "is_deleted": "deleted accounts are left out",
        "modified_at": "when the row was last changed",
    },
    "opportunity_history": {
        "field": "the name of the field a row says was changed",
        "old_value": "what the field held before",
        "new_value": "what it held afterwards",
        "changed_at": "when it was changed",
        "pipeline": "which pipeline the stage belongs to",
        "probability": "the probability the CRM gives",
        "row_is_deleted": "deleted rows of the history are left out",
        "modified_at": "when the row was last changed",
    },
    "products": {"is_deleted": "deleted products are left out"},
    "transactions": {
        "account_name": "the account's name, where the file has no id",
        "product_name": "the product's name, where the file has no id",
        "owner_name": "the seller's name, where the file has no id",
        "line_number": "the number of the line in its document: makes the id unique",
        "currency": "the currency of the amount",
        "status": "drafts and voided documents are left out",
    },
    "subscriptions": {
        "account_name": "the account's name, where the file has no id",
        "product_name": "the product's name, where the file has no id",
        "annual_amount": "the amount a year, where the file has none a month",
        "amount_per_interval": "the amount per billing interval",
        "interval": "month, quarter, year, week or day",
        "interval_count": "how many of them",
        "quantity": "how many are billed",
        "currency": "the currency of the amount",
        "status": "contracts that never began are left out",
    },
    "activities": {
        "account_name": "the account's name, where the file has no id",
        "opportunity_name": "the deal's name, where the file has no id",
        "owner_name": "the person's name, where the file has no id",
        "related_id": "the id of a deal or an account",
        "related_name": "the name of a deal or an account",
        "subject": "says the kind where no column does",
        "type_words": "says the kind where no column does",
        "ended_at": "the end: the minutes follow from it",
        "minutes": "how long it took, in minutes",
        "seconds": "how long it took, in seconds",
        "millis": "how long it took, in milliseconds",
        "clock_duration": "how long it took, as hours:minutes",
        "is_done": "what is not done yet is left out",
        "is_deleted": "deleted activities are left out",
    },
    "sales_team": {
        "first_name": "the name follows from first and last name",
        "last_name": "the name follows from first and last name",
        "manager_name": "the manager's name, where the file has no id",
        "is_active": "whether the person still sells",
    },
    "quotas": {
        "owner_name": "the person's name, where the file has no id",
        "currency": "the currency of the amount",
        "period_year": "the fiscal year, where the period's column holds only the quarter or month",
        "kind_of_quota": "of several kinds of quota the first is read",
    },
    "contacts": {
        "first_name": "the name follows from first and last name",
        "last_name": "the name follows from first and last name",
        "account_name": "the account's name, where the file has no id",
        "owner_name": "the owner's name",
        "lead_status": "how far a lead is, where one list holds leads and contacts",
        "lifecycle_stage": "what the person is by now: where it is named, everybody in the list is read as a lead too",
        "became_deal_on": "the day a lead became a deal",
        "answered_at": "when a lead was first answered",
        "opportunity_id": "the deal a lead became",
        "industry": "of the lead's company",
        "country": "of the lead's company",
        "employee_count": "of the lead's company",
        "is_deleted": "deleted contacts are left out",
    },
    "leads": {
        "first_name": "the name follows from first and last name",
        "last_name": "the name follows from first and last name",
        "owner_name": "the owner's name",
        "is_deleted": "deleted leads are left out",
    },
    "campaign_touches": {
        "first_responded_at": "when the person answered: it counts before the day they were added",
        "is_deleted": "deleted touches are left out",
    },
    "course_completions": {
        "learner_email": "the learner's mail address: people are recognised by it too, where users have one",
        "first_name": "the learner's name follows from first and last name",
        "last_name": "the learner's name follows from first and last name",
        "module_id": "the part of a course it speaks of, as the course's own manifest calls it",
        "course_path": "the address of what a statement is about, where it has no name",
        "success_status": "whether a test was passed",
        "score_scaled": "a score between 0 and 1",
        "score_points": "points reached",
        "score_most": "the most points that can be reached; 100 where no column says it",
        "recorded_on": "the day of a statement: that of finishing, where it says the course was finished",
        "progress_rate": "how much of the course is done, where no status says it",
        "is_deleted": "deleted records are left out",
    },
    "content_uses": {
        "opportunity_name": "the deal's name, where the file has no id",
        "account_name": "the account's name, where the file has no id",
        "owner_name": "who used it, where the file has no id",
        "is_deleted": "deleted uses are left out",
    },
    "campaigns": {"is_deleted": "deleted campaigns are left out"},
    "users": {
        "first_name": "the name follows from first and last name",
        "last_name": "the name follows from first and last name",
        "manager_name": "the manager's name, where the file has no id",
        "role_id": "the role's id, found in the list of roles",
        "is_inactive": "whether the user was switched off",
    },
    "exchange_rates": {
        "inverse_rate": "what one of the currency is worth in the corporate currency",
        "is_corporate": "marks the corporate currency",
    },
}
# Helpers are read to complete the entities.
HELPER_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "stages": ("stage_id", "stage_name", "rank", "probability", "is_closed", "is_won", "forecast_category", "pipeline"),
    "user_roles": ("role_id", "role_name", "parent_role_id"),
    "prices": ("product_id", "list_price_amount", "is_active"),
    "lines": ("line_id", "opportunity_id", "product_id", "product_name", "quantity", "amount", "is_deleted"),
    "contact_roles": ("opportunity_id", "contact_id"),
    "course_modules": ("course_id", "course_name", "course_key", "module_id", "module_name", "module_path"),
}
# Without these a row says nothing; every other cell may be empty.
KEYS: Mapping[str, tuple[str, ...]] = {
    "accounts": ("account_id",),
    "opportunities": ("opportunity_id",),
    "opportunity_history": ("opportunity_id", "valid_from"),
    "products": ("product_id",),
    "transactions": ("account_id", "booked_on", "amount"),
    "subscriptions": ("account_id", "mrr_amount", "started_on"),
    "activities": ("occurred_at", "kind"),
    "sales_team": ("rep_id",),
    "quotas": ("rep_id", "period_start_on", "quota_amount"),
    "contacts": ("contact_id",),
    "leads": ("lead_id",),
    "campaigns": ("campaign_id",),
    "campaign_touches": ("touched_at",),
    "course_completions": ("course_name",),
    "content_uses": ("content_name", "used_on"),
    "users": ("user_id",),
    "exchange_rates": ("currency", "rate"),
}


def readable(entity: str) -> tuple[str, ...]:
    """Return every column of an entity that a file can fill."""
    if entity in HELPER_COLUMNS:
        return HELPER_COLUMNS[entity]
    return (*ALL_SCHEMAS[entity].column_names(), *READING.get(entity, {}))
