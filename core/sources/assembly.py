"""Puts what the files hold together: one dataset, linked, in one currency, with histories that agree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from core import contracts
from core.config import Settings
from core.contracts import FRAMES, OPTIONAL_FRAMES, SCHEMAS, Dataset
from core.contracts.errors import SourceError, closest
from core.sources import changes, currencies, deals, entities, history, ids, people, rows, stages
from core.sources.as_of import latest_day
from core.sources.cells import Source, read_source
from core.sources.columns import KEYS, READING
from core.sources.findings import PART, Findings
from core.sources.inventory import Inventory
from core.sources.linking import from_names, link
from core.sources.table import ROW

ADVICE = {
    "opportunity_history": "flow, pushes and past pipeline cannot be shown.",
    "activities": "engagement and churn signals are left out.",
    "subscriptions": "recurring revenue and churn cannot be shown.",
    "transactions": "bookings are taken from won deals, and revenue cannot be shown.",
    "quotas": "attainment and coverage cannot be shown.",
    "sales_team": "teams cannot be told apart.",
    "products": "product families cannot be told apart.",
    "accounts": "segments and regions cannot be told apart.",
    "opportunities": "pipeline and forecast cannot be shown.",
}
PAIRS = {"id": pl.String, "name": pl.String}


@dataclass
class Assembly:
    """A source while it is put together."""

    raw: dict[str, pl.DataFrame]
    parts: dict[str, list[tuple[pl.DataFrame, Source]]]
    settings: Settings
    findings: Findings
    frames: dict[str, pl.DataFrame] = field(default_factory=dict)
    currency: str = ""
    stages: list[stages.Stage] = field(default_factory=list)


def assemble(
    sources: tuple[Source, ...],
    inventory: Inventory,
    settings: Settings,
    as_of: date | None,
    name: str,
    findings: Findings,
) -> tuple[Dataset, list[stages.Stage]]:
    """Read every table and complete every entity.

    Parameters
    ----------
    sources : tuple of Source
    inventory : Inventory
    settings : Settings
    as_of : date, optional
        Default: `as_of` of `meta.yaml`, else the latest day on which several things happened.
    name : str
        What the source is called.
    findings : Findings

    Raises
    ------
    SourceError
        When no date says which day the data speaks of.
    """
    work = _read(sources, settings, findings)
    _people(work)
    _accounts_and_products(work)
    _currency(work, str(inventory.facts.get("currency") or ""))
    _deals(work)
    _others(work)
    day = as_of or _said_day(inventory.facts) or _day(work, inventory)
    _histories(work, day)
    frames = {n: _checked(work, n) for n in (*FRAMES, *OPTIONAL_FRAMES)}
    for entity in FRAMES:
        if entity not in work.raw and not frames[entity].height:
            findings.note(f"No {entity.replace('_', ' ')} loaded: {ADVICE[entity]}")
        elif entity == "opportunity_history" and entity not in work.raw and frames["opportunities"].height:
            findings.note(f"No opportunity history loaded: {ADVICE[entity]}")
    rejected, emptied = findings.frames()
    open_stages = tuple(s.name for s in work.stages if s.kind == stages.OPEN)
    known = set(settings.stages.open)
    notes = (*findings.notes, *(q.sentence() for q in findings.questions))
    return Dataset(
        **{n: f for n, f in frames.items()},
        as_of=day,
        source=name,
        rejected=rejected,
        missing=notes,
        emptied=emptied,
        open_stages=() if set(open_stages) <= known else open_stages,
        currency="" if work.currency == settings.currency else work.currency,
    ), work.stages


def _read(sources: tuple[Source, ...], settings: Settings, findings: Findings) -> Assembly:
    parts: dict[str, list[tuple[pl.DataFrame, Source]]] = {}
    for source in sources:
        parts.setdefault(source.entity, []).append((read_source(source, settings, findings), source))
    raw = {
        n: pl.concat([f for f, _ in listed], how="diagonal_relaxed") if len(listed) > 1 else listed[0][0]
        for n, listed in parts.items()
    }
    raw = {n: _looked_up(f, n, parts[n], raw) for n, f in raw.items()}
    columns = [f[c] for f in raw.values() for c in f.columns if c.endswith("_id") and f.schema[c] == pl.String]
    forms = ids.long_forms(columns)
    if forms:
        findings.note("Salesforce ids of 15 and of 18 characters occur; they are matched with each other.")
        raw = {n: _lengthened(f, forms) for n, f in raw.items()}
        parts = {n: [(_lengthened(f, forms), s) for f, s in listed] for n, listed in parts.items()}
    tidy = {n: rows.without_deleted(f, n, findings) for n, f in raw.items() if n != "opportunity_history"}
    if "opportunity_history" in parts:
        listed = [
            (rows.without_deleted(f, "opportunity_history", findings), s) for f, s in parts["opportunity_history"]
        ]
        parts["opportunity_history"] = listed
        tidy["opportunity_history"] = listed[0][0]
    return Assembly(tidy, parts, settings, findings)


def _looked_up(
    frame: pl.DataFrame, entity: str, parts: list[tuple[pl.DataFrame, Source]], raw: Mapping[str, pl.DataFrame]
) -> pl.DataFrame:
    """Replace names by ids as a map says; a name that is not found has no id."""
    rules = {column: rule for _, source in parts for column, rule in source.entry.lookups.items()}
    for column, rule in rules.items():
        other = raw[rule.entity]
        for name, there, what in (
            (column, frame, entity),
            (rule.by, other, rule.entity),
            (rule.take, other, rule.entity),
        ):
            if name not in there.columns:
                near = closest(name, there.columns)
                raise SourceError(
                    f"The lookup of {entity}.{column} names {name!r}, which {what} does not have.",
                    "the column map",
                    f"Did you mean {near!r}?" if near else "",
                )
        pairs = other.select(_by=pl.col(rule.by), _take=pl.col(rule.take)).drop_nulls("_by").unique("_by", keep="first")
        joined = frame.join(pairs, left_on=column, right_on="_by", how="left", maintain_order="left")
        frame = joined.drop(column).rename({"_take": column})
    return frame


def _lengthened(frame: pl.DataFrame, forms: Mapping[str, str]) -> pl.DataFrame:
    named = [c for c in frame.columns if c.endswith("_id") and frame.schema[c] == pl.String]
    return frame.with_columns(ids.lengthened(frame[c], forms) for c in named)


def _ready(work: Assembly, entity: str, complete: Callable[[pl.DataFrame], pl.DataFrame]) -> pl.DataFrame | None:
    """Complete an entity, leave out rows without a key, and leave one row per id."""
    if entity not in work.raw:
        return None
    frame = rows.with_keys(complete(work.raw[entity]), entity, work.findings)
    return rows.one_per_key(frame, entity, work.findings)


def _people(work: Assembly) -> None:
    findings = work.findings
    if "users" in work.raw:
        work.frames["users"] = _ready(work, "users", lambda f: people.users(f, work.raw.get("user_roles"), findings))  # type: ignore[assignment]
    team = _ready(work, "sales_team", lambda f: people.sales_team(f, findings))
    if team is not None:
        work.frames["sales_team"] = team


def _pairs(work: Assembly, entity: str, key: str, name: str) -> pl.DataFrame:
    frame = work.frames.get(entity)
    if frame is None or key not in frame.columns:
        return pl.DataFrame(schema=PAIRS)
    named = pl.col(name) if name in frame.columns else pl.lit(None, pl.String)
    return frame.select(id=pl.col(key), name=named)


def _owners(work: Assembly) -> pl.DataFrame:
    team = _pairs(work, "sales_team", "rep_id", "rep_name")
    return pl.concat([team, _pairs(work, "users", "user_id", "user_name")]).unique(
        "id", keep="first", maintain_order=True
    )


def _accounts_and_products(work: Assembly) -> None:
    findings = work.findings
    accounts = _ready(work, "accounts", lambda f: entities.accounts(f, findings))
    if accounts is not None:
        work.frames["accounts"] = link(accounts, "owner_id", "owner_name", _owners(work), "people", findings)
    products = _ready(work, "products", lambda f: entities.products(f, work.raw.get("prices")))
    if products is not None:
        work.frames["products"] = products


def _deals(work: Assembly) -> None:
    findings, listed = work.findings, work.raw.get("stages")
    frame = _ready(work, "opportunities", lambda f: deals.with_ids(f, findings))
    if frame is None:
        return
    frame = _linked(
        work, deals.contact_counts(deals.main_products(frame, work.raw.get("lines")), work.raw.get("contact_roles"))
    )
    frame = deals.reasons_of_lost(deals.completed(frame, work.settings, listed, findings), findings)
    frame = currencies.coded(_shaped(frame, "opportunities"))
    rates = work.frames["exchange_rates"]
    frame = currencies.converted(frame, "opportunities", rates, work.currency, findings)
    work.frames["opportunities"] = frame.with_columns(pl.col("currency").fill_null(work.currency))
    _named_accounts(work)
    _team(work)


def _currency(work: Assembly, said: str) -> None:
    """Read the exchange rates, and decide the currency the amounts are reported in."""
    rates, own = work.raw.get("exchange_rates"), work.settings.currency
    corporate = ""
    if rates is not None and "is_corporate" in rates.columns:
        marked = currencies.coded(rates.filter(pl.col("is_corporate").fill_null(value=False)))["currency"].drop_nulls()
        corporate = str(marked[0]) if marked.len() else ""
    empty = contracts.empty("exchange_rates")
    work.frames["exchange_rates"] = currencies.tidy_rates(rates, corporate or own) if rates is not None else empty
    priced = [work.raw[n] for n in ("opportunities", "transactions", "subscriptions", "quotas") if n in work.raw]
    named = next((f for f in priced if "currency" in f.columns), None)
    used = currencies.coded(named)["currency"] if named is not None else pl.Series(dtype=pl.String)
    work.currency = currencies.reporting(used, work.frames["exchange_rates"], own, corporate, said, work.findings)


def _linked(work: Assembly, frame: pl.DataFrame) -> pl.DataFrame:
    findings = work.findings
    frame = link(
        frame,
        "account_id",
        "account_name",
        _pairs(work, "accounts", "account_id", "account_name"),
        "accounts",
        findings,
    )
    frame = link(frame, "owner_id", "owner_name", _owners(work), "people", findings)
    return link(
        frame,
        "product_id",
        "product_name",
        _pairs(work, "products", "product_id", "product_name"),
        "products",
        findings,
    )


def _named_accounts(work: Assembly) -> None:
    """Make accounts of those the deals name, where no file of accounts is there."""
    if "accounts" in work.frames:
        frame = work.frames["opportunities"]
        lost = frame.filter(pl.col("account_id").is_not_null()).join(
            work.frames["accounts"], on="account_id", how="anti"
        )
        if lost.height:
            one = lost.height == 1
            work.findings.note(
                f"{lost.height:,} deal{'' if one else 's'} name{'s' if one else ''} {lost['account_id'].n_unique():,} account"
                f"{'' if lost['account_id'].n_unique() == 1 else 's'} that the file of accounts does not hold."
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


def _others(work: Assembly) -> None:
    findings = work.findings
    for entity, complete in (("transactions", entities.transactions), ("subscriptions", entities.subscriptions)):
        if entity in work.raw:
            frame = (
                _linked(work, work.raw[entity]).drop("owner_id", strict=False)
                if entity == "subscriptions"
                else _linked(work, work.raw[entity])
            )
            if entity == "transactions" and "rep_id" not in frame.columns:
                frame = frame.rename({"owner_id": "rep_id"})
            ready = rows.one_per_key(rows.with_keys(complete(frame, findings), entity, findings), entity, findings)
            work.frames[entity] = _in_currency(work, ready, entity)
    _activities(work)
    if "quotas" in work.raw:
        frame = link(work.raw["quotas"], "rep_id", "owner_name", _owners(work), "people", findings)
        frame = rows.with_keys(frame, "quotas", findings).unique(
            subset=[c for c in frame.columns if c not in (ROW, PART)], keep="first", maintain_order=True
        )
        work.frames["quotas"] = entities.quotas(_in_currency(work, frame, "quotas"), work.settings, findings)
    for entity, name in (("contacts", "contact_name"), ("leads", "lead_name"), ("campaigns", "")):
        ready = _ready(work, entity, lambda f, n=name: _person(work, f, n))  # type: ignore[misc]
        if ready is not None:
            work.frames[entity] = ready


def _person(work: Assembly, frame: pl.DataFrame, name: str) -> pl.DataFrame:
    if not name:
        return frame
    frame = people.full_name(frame, name)
    key = name.replace("_name", "_id")
    frame = frame.with_columns(pl.coalesce(entities.has(frame, key), entities.has(frame, "email"), name).alias(key))
    frame = link(frame, "owner_id", "owner_name", _owners(work), "people", work.findings)
    return link(
        frame,
        "account_id",
        "account_name",
        _pairs(work, "accounts", "account_id", "account_name"),
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
    pairs = _pairs(work, "opportunities", "opportunity_id", "opportunity_name")
    frame = link(frame, "rep_id", "owner_name", _owners(work), "people", findings)
    if "related_name" in frame.columns:
        frame = link(frame, "related_id", "related_name", pairs, "deals", findings)
    accounts = _pairs(work, "accounts", "account_id", "account_name")
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


def _said_day(facts: Mapping[str, Any]) -> date | None:
    said = facts.get("as_of")
    if not said:
        return None
    try:
        return date.fromisoformat(str(said)[:10])
    except ValueError as error:
        raise SourceError(f"as_of reads {said!r}, which is no date.", "meta.yaml", "Write it as 2026-03-31.") from error


def _day(work: Assembly, inventory: Inventory) -> date:
    """Return the day the data speaks of."""
    days: list[pl.Series] = []
    if "opportunities" in work.frames:
        frame = work.frames["opportunities"]
        days += [frame["created_on"], frame.filter("is_closed")["close_on"]]
        if "modified_at" in frame.columns and frame["modified_at"].null_count() < frame.height:
            days.append(frame["modified_at"].cast(pl.Date))
    for frame, _ in work.parts.get("opportunity_history", []):
        days += [
            frame[c].cast(pl.Date)
            for c in ("valid_from", "changed_at")
            if c in frame.columns and frame[c].dtype != pl.String
        ]
    for entity, column in (("transactions", "booked_on"), ("subscriptions", "started_on")):
        if entity in work.frames:
            days.append(work.frames[entity][column])
    if "activities" in work.frames:
        logged = work.frames["activities"].filter(pl.col("kind") != "meeting")
        days.append(logged["occurred_at"].cast(pl.Date))
    day = latest_day(days)
    if day is None and inventory.newest is not None:
        day = datetime.fromtimestamp(inventory.newest, UTC).date()
        work.findings.note(
            f"No date says which day the data speaks of; {day} is taken, when its file was last changed. Set as_of to change it."
        )
    if day is None:
        raise SourceError(
            "No column holds a date, so nobody can say which day the data speaks of.",
            ", ".join(inventory.files) or "the files",
            "Add a close date or a creation date, or a file meta.yaml with as_of: 2026-03-31.",
        )
    return day


def _histories(work: Assembly, as_of: date) -> None:
    settings, findings = work.settings, work.findings
    frame = work.frames.get("opportunities")
    if frame is None:
        return
    listed = work.raw.get("stages")
    given = [
        (changes.with_stage_names(stages.named(f, listed), listed), s.history, s.entry.ends)
        for f, s in work.parts.get("opportunity_history", [])
    ]
    given = [(rows.with_keys(_started(f), "opportunity_history", findings), form, ends) for f, form, ends in given]
    spans = history.read(given, frame, settings, findings) if given else contracts.empty("opportunity_history")
    if spans.height:
        spans = _spans_in_currency(work, spans)
        if spans["owner_id"].null_count() == spans.height:
            owners = frame.select("opportunity_id", "owner_id")
            spans = spans.drop("owner_id").join(owners, on="opportunity_id", how="left", maintain_order="left")
            findings.note("The history does not say who owned a deal; its present owner is taken throughout.")
        else:
            spans = link(spans, "owner_id", "_", _owners(work), "people", findings)
    work.stages = stages.table(frame, settings, listed, spans)
    lined = history.in_line(spans, frame, settings, as_of, findings)
    begun = [
        d
        for d in (frame["created_on"].min(), frame.filter("is_closed")["close_on"].min(), spans["valid_from"].min())
        if isinstance(d, date)
    ]
    first = min([*begun, as_of])
    deals.tell(frame, as_of, first, findings)
    rest = history.of_the_rest(frame, lined, settings, first, as_of)
    work.frames["opportunity_history"] = pl.concat([lined, rest], how="diagonal_relaxed")


def _started(frame: pl.DataFrame) -> pl.DataFrame:
    """Give rows of changes the day they count from."""
    if "valid_from" in frame.columns:
        return frame.with_columns(_moment=pl.col("valid_from"), valid_from=pl.col("valid_from").cast(pl.Date))
    if "changed_at" in frame.columns:
        return frame.with_columns(_moment=pl.col("changed_at"), valid_from=pl.col("changed_at").cast(pl.Date))
    return frame


def _spans_in_currency(work: Assembly, spans: pl.DataFrame) -> pl.DataFrame:
    """Convert a history's amounts by the currency and the rate of its deal, so that both agree."""
    frame = work.frames["opportunities"]
    if "original_amount" not in frame.columns:
        return spans
    one = currencies.factors(frame, work.frames["exchange_rates"], work.currency, "close_on", None)
    factor = pl.when(pl.col("currency") == work.currency).then(1.0).otherwise(one)
    rates = frame.select("opportunity_id", _factor=factor)
    return (
        spans.join(rates, on="opportunity_id", how="left", maintain_order="left")
        .with_columns(amount=pl.col("amount") * pl.col("_factor"))
        .drop("_factor")
    )


def _checked(work: Assembly, entity: str) -> pl.DataFrame:
    """Return an entity in the shape of its contract, with the company's own columns; what does not hold is left out."""
    frame, schema = work.frames.get(entity), SCHEMAS[entity]
    if frame is None:
        return contracts.empty(entity)
    names = schema.column_names()
    frame = _in_range(work, _shaped(frame, entity), entity)
    _, failure = schema.filter(frame.select(names), cast=False)
    if failure.counts():
        frame = _without_failures(work, frame, entity)
    reading = set(READING.get(entity, {})) - {"original_amount"}
    extra = [
        c for c in frame.columns if c not in names and c not in reading and not c.startswith("_") and c != "currency"
    ]
    return frame.select(*names, *extra)


def _shaped(frame: pl.DataFrame, entity: str) -> pl.DataFrame:
    """Give a frame every column of its contract, in its type."""
    wanted = contracts.empty(entity).schema
    frame = frame.with_columns(pl.lit(None, dtype).alias(c) for c, dtype in wanted.items() if c not in frame.columns)
    return frame.with_columns(
        pl.col(c).cast(dtype, strict=False) for c, dtype in wanted.items() if frame.schema[c] != dtype
    )


def _in_range(work: Assembly, frame: pl.DataFrame, entity: str) -> pl.DataFrame:
    """Empty optional cells outside the range or the words their contract allows."""
    for name, column in SCHEMAS[entity].columns().items():
        low, high = getattr(column, "min", None), getattr(column, "max", None)
        if not column.nullable or (low is None and high is None):
            continue
        value = pl.col(name)
        is_out = ((value < low) if low is not None else pl.lit(value=False)) | (
            (value > high) if high is not None else pl.lit(value=False)
        )
        out = frame.filter(is_out.fill_null(value=False))
        if out.height:
            if ROW in frame.columns:
                work.findings.empty(
                    out.head(2_000),
                    entity,
                    "out_of_range",
                    pl.format(f"{name} reads {{}}, which is out of range", name),
                    name,
                )
            frame = frame.with_columns(pl.when(~is_out.fill_null(value=False)).then(value).alias(name))
    return frame


def _without_failures(work: Assembly, frame: pl.DataFrame, entity: str) -> pl.DataFrame:
    schema = SCHEMAS[entity]
    names = schema.column_names()
    good, failure = schema.filter(frame.select(names), cast=False)
    why = ", ".join(failure.counts())
    lost = frame.join(pl.DataFrame(failure.invalid()), on=names, how="semi", nulls_equal=True)
    place = [pl.lit(None, pl.Int64).alias(ROW)] * (ROW not in lost.columns) + [pl.lit(0, pl.Int32).alias(PART)] * (
        PART not in lost.columns
    )
    work.findings.lose(lost.with_columns(place), entity, "contract", f"the row does not hold: {why}")
    return frame.join(pl.DataFrame(failure.invalid()), on=names, how="anti", nulls_equal=True, maintain_order="left")
