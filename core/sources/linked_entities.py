"""Completes every entity of a source and links them with each other, in one currency."""

from __future__ import annotations

import polars as pl

from core import contracts
from core.localization import message
from core.sources import course_names, currencies, deals, entities, lead_rows, learning_rows, people, rows
from core.sources.columns import KEYS
from core.sources.contract_fit import shaped
from core.sources.findings import PART, counted
from core.sources.linking import from_names, link, tell_unlinked
from core.sources.table import ROW
from core.sources.work import Assembly, prepared

PAIRS = {"id": pl.String, "name": pl.String}


def people_of(work: Assembly) -> None:
    """Read the users and the sales team."""
    findings = work.findings
    if "users" in work.raw:
        work.frames["users"] = prepared(work, "users", lambda f: people.users(f, work.raw.get("user_roles"), findings))  # type: ignore[assignment]
    team = prepared(work, "sales_team", lambda f: people.sales_team(f, findings))
    if team is not None:
        work.frames["sales_team"] = team


def id_names(work: Assembly, entity: str, key: str, name: str) -> pl.DataFrame:
    """Return [id, name] of an entity that is ready."""
    frame = work.frames.get(entity)
    if frame is None or key not in frame.columns:
        return pl.DataFrame(schema=PAIRS)
    named = pl.col(name) if name in frame.columns else pl.lit(None, pl.String)
    return frame.select(id=pl.col(key), name=named)


def owner_names(work: Assembly) -> pl.DataFrame:
    """Return [id, name] of everybody who may own a deal."""
    team = id_names(work, "sales_team", "rep_id", "rep_name")
    return pl.concat([team, id_names(work, "users", "user_id", "user_name")]).unique(
        "id", keep="first", maintain_order=True
    )


def accounts_and_products(work: Assembly) -> None:
    """Read accounts and products."""
    findings = work.findings
    accounts = prepared(work, "accounts", lambda f: entities.accounts(f, findings))
    if accounts is not None:
        work.frames["accounts"] = link(accounts, "owner_id", "owner_name", owner_names(work), "people", findings)
    products = prepared(work, "products", lambda f: entities.products(f, work.raw.get("prices")))
    if products is not None:
        work.frames["products"] = products


def currency_of(work: Assembly, stated: str) -> None:
    """Read the exchange rates, and decide the currency the amounts are reported in."""
    rates, own = work.raw.get("exchange_rates"), work.settings.currency
    corporate = ""
    if rates is not None and "is_corporate" in rates.columns:
        marked = currencies.coded(rates.filter(pl.col("is_corporate").fill_null(value=False)))["currency"].drop_nulls()
        corporate = str(marked[0]) if marked.len() else ""
    empty = contracts.empty("exchange_rates")
    work.frames["exchange_rates"] = currencies.tidy_rates(rates, corporate or own) if rates is not None else empty
    if "opportunities" in work.raw:
        work.raw["opportunities"], stated_by_deals = currencies.with_converted(
            work.raw["opportunities"], own, work.findings
        )
        corporate = corporate or stated_by_deals
    priced = [work.raw[n] for n in ("opportunities", "transactions", "subscriptions", "quotas") if n in work.raw]
    named = next((f for f in priced if "currency" in f.columns), None)
    used = currencies.coded(named)["currency"] if named is not None else pl.Series(dtype=pl.String)
    work.currency = currencies.reporting(used, work.frames["exchange_rates"], own, corporate, stated, work.findings)
    currencies.tell_direction(work.frames["exchange_rates"], work.currency, used, work.findings)


def deals_of(work: Assembly) -> None:
    """Read the deals: linked, settled and in one currency."""
    findings, listed = work.findings, work.raw.get("stages")
    frame = prepared(work, "opportunities", lambda f: deals.with_ids(f, findings))
    if frame is None:
        return
    products = deals.main_products(frame, work.raw.get("lines"))
    frame = _linked(work, deals.contact_counts(products, work.raw.get("contact_roles")), "owner_id")
    frame = deals.reasons_of_lost(deals.completed(frame, work.settings, listed, findings), findings)
    frame = currencies.coded(shaped(frame, "opportunities"))
    rates = work.frames["exchange_rates"]
    frame = currencies.converted(frame, "opportunities", rates, work.currency, findings)
    work.frames["opportunities"] = frame.with_columns(pl.col("currency").fill_null(work.currency))
    _tell_unlinked(work, work.frames["opportunities"], "deals", "owner_id")
    _named_accounts(work)
    _team(work)


def _linked(work: Assembly, frame: pl.DataFrame, owner: str | None) -> pl.DataFrame:
    """Fill ids of accounts, products and, where a column for them is named, owners by their names."""
    accounts = id_names(work, "accounts", "account_id", "account_name")
    products = id_names(work, "products", "product_id", "product_name")
    frame = link(frame, "account_id", "account_name", accounts, "accounts", work.findings)
    if owner:
        frame = link(frame, owner, "owner_name", owner_names(work), "people", work.findings)
    return link(frame, "product_id", "product_name", products, "products", work.findings)


def _tell_unlinked(work: Assembly, frame: pl.DataFrame, what: str, person: str) -> None:
    """Tell of people and products that rows name and the source's own lists of them do not hold."""
    tell_unlinked(frame, person, owner_names(work), (what, "people", "the list of people"), work.findings)
    products = id_names(work, "products", "product_id", "product_name")
    tell_unlinked(frame, "product_id", products, (what, "products", "the list of products"), work.findings)


def _named_accounts(work: Assembly) -> None:
    """Make accounts of those the deals name, where no file of accounts is there."""
    if "accounts" in work.frames:
        frame = work.frames["opportunities"]
        lost = frame.filter(pl.col("account_id").is_not_null()).join(
            work.frames["accounts"], on="account_id", how="anti"
        )
        if lost.height:
            n = lost["account_id"].n_unique()
            work.findings.note(
                message(
                    "{deals} {accounts} that the file of accounts does not hold.",
                    deals=counted(lost.height, "deal names", "deals name"),
                    accounts=counted(n, "account", "accounts"),
                )
            )
        return
    pairs = from_names(work.frames["opportunities"], "account_id", "account_name")
    if pairs.height:
        work.findings.note(
            "There is no file of accounts: their names are taken from the deals, without segment and region."
        )
        work.frames["accounts"] = pairs.rename({"id": "account_id", "name": "account_name"}).with_columns(
            pl.lit(0, pl.Int64).alias(ROW), pl.lit(0, pl.Int32).alias(PART)
        )


def _team(work: Assembly) -> None:
    if "sales_team" in work.frames or "users" not in work.frames:
        return
    owners = set(work.frames["opportunities"]["owner_id"].drop_nulls().unique().to_list())
    team = people.team_of_users(work.frames["users"], owners, work.findings)
    work.frames["sales_team"] = rows.one_per_key(team, "sales_team", work.findings)


def others(work: Assembly) -> None:
    """Read what hangs on accounts, deals and people: from transactions to courses and content."""
    findings = work.findings
    for entity, owner, complete in (
        ("transactions", "rep_id", entities.transactions),
        ("subscriptions", None, entities.subscriptions),
    ):
        if entity in work.raw:
            frame = complete(_linked(work, work.raw[entity], owner), findings)
            frame = rows.one_per_key(rows.with_keys(frame, entity, findings), entity, findings)
            work.frames[entity] = _in_currency(work, frame, entity)
            _tell_unlinked(work, frame, entity, owner or "-")
    _activities(work)
    if "quotas" in work.raw:
        frame = link(work.raw["quotas"], "rep_id", "owner_name", owner_names(work), "people", findings)
        _tell_unlinked(work, frame, "quotas", "rep_id")
        frame = rows.with_keys(frame, "quotas", findings).unique(
            subset=[c for c in frame.columns if c not in (ROW, PART)], keep="first", maintain_order=True
        )
        work.frames["quotas"] = entities.quotas(_in_currency(work, frame, "quotas"), work.settings, findings)
    if "leads" not in work.raw and "contacts" in work.raw:
        among_contacts = lead_rows.of_contacts(people.full_name(work.raw["contacts"], "contact_name"))
        if among_contacts is not None:
            work.raw["leads"] = among_contacts
    for entity, name in (("contacts", "contact_name"), ("leads", "lead_name"), ("campaigns", "")):
        people_frame = prepared(work, entity, lambda f, n=name: _person(work, f, n))  # type: ignore[misc]
        if people_frame is not None:
            work.frames[entity] = people_frame
    reached = prepared(work, "campaign_touches", lambda f: lead_rows.touches(f, work.frames.get("contacts")))
    if reached is not None:
        work.frames["campaign_touches"] = reached
    _learning(work)


def _learning(work: Assembly) -> None:
    """Read who finished which course, and which document was used in which deal."""
    findings, deals_there = work.findings, work.frames.get("opportunities", pl.DataFrame())
    sellers = owner_names(work)
    if sellers.is_empty() and "owner_id" in deals_there.columns:
        sellers = deals_there.select(id="owner_id", name="owner_id").drop_nulls().unique("id", maintain_order=True)
    mails = id_names(work, "users", "user_id", "email")
    modules = work.raw.get("course_modules")

    def completed(frame: pl.DataFrame) -> pl.DataFrame:
        return learning_rows.completions(course_names.named(frame, modules, findings), sellers, mails, findings)

    courses = prepared(work, "course_completions", completed)
    if courses is not None:
        work.frames["course_completions"] = courses
    used = prepared(work, "content_uses", lambda f: learning_rows.content(_linked_use(work, f), deals_there, findings))
    if used is not None:
        work.frames["content_uses"] = used


def _linked_use(work: Assembly, frame: pl.DataFrame) -> pl.DataFrame:
    accounts = id_names(work, "accounts", "account_id", "account_name")
    frame = link(frame, "account_id", "account_name", accounts, "accounts", work.findings)
    return link(frame, "rep_id", "owner_name", owner_names(work), "people", work.findings)


def _person(work: Assembly, frame: pl.DataFrame, name: str) -> pl.DataFrame:
    if not name:
        return frame
    frame = people.full_name(frame, name)
    if name == "lead_name":
        frame = lead_rows.leads(frame)
    key = name.replace("_name", "_id")
    frame = frame.with_columns(pl.coalesce(entities.has(frame, key), entities.has(frame, "email"), name).alias(key))
    frame = link(frame, "owner_id", "owner_name", owner_names(work), "people", work.findings)
    return link(
        frame,
        "account_id",
        "account_name",
        id_names(work, "accounts", "account_id", "account_name"),
        "accounts",
        work.findings,
    )


def _in_currency(work: Assembly, frame: pl.DataFrame, entity: str) -> pl.DataFrame:
    """Convert an entity's amounts; rows that are nothing without theirs are left out where there is no rate."""
    rates = work.frames["exchange_rates"]
    frame = currencies.converted(currencies.coded(frame), entity, rates, work.currency, work.findings)
    amounts = [c for c in KEYS[entity] if c.endswith("amount")]
    bare = frame.filter(pl.any_horizontal(pl.col(c).is_null() for c in amounts)) if amounts else frame.clear()
    if bare.height:
        reason = pl.format("there is no exchange rate from {} to {}", "currency", pl.lit(work.currency))
        work.findings.lose(bare, entity, "no_rate", reason, "currency")
        frame = frame.join(bare.select(ROW, PART), on=[ROW, PART], how="anti", maintain_order="left")
    return frame


def _activities(work: Assembly) -> None:
    if "activities" not in work.raw:
        return
    findings, frame = work.findings, work.raw["activities"]
    pairs = id_names(work, "opportunities", "opportunity_id", "opportunity_name")
    frame = link(frame, "rep_id", "owner_name", owner_names(work), "people", findings)
    if "related_name" in frame.columns:
        frame = link(frame, "related_id", "related_name", pairs, "deals", findings)
    accounts = id_names(work, "accounts", "account_id", "account_name")
    frame = link(frame, "account_id", "account_name", accounts, "accounts", findings)
    frame = link(frame, "opportunity_id", "opportunity_name", pairs, "deals", findings)
    frame = entities.activities(frame, set(pairs["id"].to_list()), set(accounts["id"].to_list()), findings)
    frame = _with_accounts_of_deals(work, frame)
    frame = rows.with_keys(frame, "activities", findings)
    work.frames["activities"] = rows.one_per_key(frame, "activities", findings)


def _with_accounts_of_deals(work: Assembly, frame: pl.DataFrame) -> pl.DataFrame:
    if (
        "opportunities" not in work.frames
        or "opportunity_id" not in frame.columns
        or frame["account_id"].null_count() == 0
    ):
        return frame
    of_deal = work.frames["opportunities"].select("opportunity_id", _account="account_id")
    joined = frame.join(of_deal, on="opportunity_id", how="left", maintain_order="left")
    return joined.with_columns(account_id=pl.coalesce("account_id", "_account")).drop("_account")
