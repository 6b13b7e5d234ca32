"""What a table is taken for, and its columns, with how sure that is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import partial
from math import fsum

import polars as pl

from core.contracts.schemas import ALL_SCHEMAS
from core.sources import amounts, dates, vocabulary
from core.sources.headers import fold, stem
from core.sources.money_words import CODES, EMPTY, NULLS
from core.sources.table import Table
from core.sources.units import CODE_WORDS, unit_of
from core.sources.vendor_layouts import OWN, Layout, layouts, own, rarity

# One column of each group must be there.
NEEDED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "opportunities": (("opportunity_id", "opportunity_name"), ("stage", "status", "is_closed", "is_won")),
    "accounts": (("account_id", "account_name"),),
    "opportunity_history": (
        ("opportunity_id",),
        ("valid_from", "changed_at"),
        ("stage", "amount", "close_on", "new_value"),
    ),
    "products": (("product_id", "product_name"),),
    "transactions": (("account_id", "account_name"), ("booked_on",), ("amount",)),
    "subscriptions": (
        ("account_id", "account_name"),
        ("started_on",),
        ("mrr_amount", "annual_amount", "amount_per_interval"),
    ),
    "activities": (
        ("occurred_at",),
        (
            "account_id",
            "account_name",
            "opportunity_id",
            "opportunity_name",
            "related_id",
            "related_name",
            "rep_id",
            "owner_name",
        ),
    ),
    "sales_team": (("rep_id", "rep_name", "first_name"),),
    "quotas": (("rep_id", "owner_name"), ("quota_amount",), ("period_start_on", "period_year")),
    "contacts": (("contact_id", "email", "contact_name"),),
    "leads": (("lead_id", "lead_name", "last_name"), ("status", "company", "is_converted")),
    "campaigns": (("campaign_id", "campaign_name"),),
    "campaign_touches": (
        ("touched_at", "first_responded_at"),
        ("campaign_id", "channel"),
        ("lead_id", "contact_id", "account_id", "opportunity_id"),
    ),
    "course_completions": (
        ("rep_id", "learner_name", "learner_email", "last_name"),
        ("course_name", "course_id", "course_path"),
        ("status", "completed_on", "progress_rate", "is_completed"),
    ),
    "content_uses": (
        ("content_name", "content_id"),
        ("opportunity_id", "opportunity_name", "account_id", "account_name"),
        ("used_on",),
    ),
    "users": (("user_id", "user_name", "email"),),
    "exchange_rates": (("currency",), ("rate", "inverse_rate")),
    "stages": (("stage_id", "stage_name"), ("rank", "probability", "is_closed", "is_won")),
    "user_roles": (("role_id",), ("role_name",)),
    "prices": (("product_id",), ("list_price_amount",)),
    "lines": (("opportunity_id",), ("product_id", "product_name"), ("amount",)),
    "contact_roles": (("opportunity_id",), ("contact_id",)),
    "course_modules": (("course_id", "course_key"), ("module_id",), ("module_name", "module_path")),
}
LEAST_CONFIDENCE = 0.4
EXACT, VENDOR, SYNONYM, NEAR = 1.0, 0.95, 0.8, 0.5
# Several columns may hold one of these, one for each case: the first that is filled is taken.
FIRST_FILLED = (
    "closed_on",
    "occurred_at",
    "created_on",
    "modified_at",
    "account_name",
    "account_id",
    "owner_name",
    "forecast_category",
    "stage",
    "status",
    "currency",
    "related_id",
    "customer_since_on",
    "created_at",
    "answered_at",
    "touched_at",
    "completed_on",
    "course_name",
    "learner_name",
    "learner_email",
)
# Some call a column so that says yes or no, some one that holds the day, some one that holds "won" and "lost".
FLAG_HEADERS = ("won", "lost", "closed", "iswon", "islost", "isclosed", "wonlost")
TESTED = 60
LIKELY = 0.8


@dataclass(frozen=True)
class ColumnMatch:
    """One of our columns and the columns of a file it is read from.

    Attributes
    ----------
    column : str
    headers : tuple of str
        As the file writes them; of several the first that is filled is taken.
    confidence : float
        0 to 1.
    samples : tuple of str
        Three values.
    """

    column: str
    headers: tuple[str, ...]
    confidence: float
    samples: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableMatch:
    """What a table is taken for.

    Attributes
    ----------
    table : Table
    layout : Layout, optional
        None where it is taken for nothing.
    confidence : float
    columns : tuple of ColumnMatch
    unused : tuple of str
        Headers that are read as columns of the company's own, or not at all.
    """

    table: Table
    layout: Layout | None
    confidence: float
    columns: tuple[ColumnMatch, ...] = ()
    unused: tuple[str, ...] = ()

    @property
    def entity(self) -> str | None:
        """Return the entity, or None."""
        return self.layout.entity if self.layout else None


def recognise(table: Table, likely: str = "") -> TableMatch:
    """Say what a table is taken for, by its headers, its file's and sheet's name, and how its ids begin.

    Parameters
    ----------
    table : Table
    likely : str, optional
        The system the other tables come from: of two layouts that fit about as well its own is taken.
    """
    folded = _by_fold(table)
    headers = folded.keys() & rarity().keys()
    scored = sorted(
        ((_score(layout, headers, folded, table, likely), -index, layout) for index, layout in enumerate(layouts())),
        key=lambda entry: entry[:2],
        reverse=True,
    )
    score, _, layout = scored[0]
    if score <= 0:
        return TableMatch(table, None, 0.0, unused=tuple(table.headers))
    columns = match_columns(table, layout)
    confidence = _confidence(
        score, columns, layout, table, next((s for s, _, x in scored if x.entity != layout.entity), 0.0)
    )
    if confidence < LEAST_CONFIDENCE or not has_needed(
        layout.entity, {c.column for c in columns} | set(layout.constants)
    ):
        return TableMatch(table, None, confidence, unused=tuple(table.headers))
    used = {h for c in columns for h in c.headers}
    return TableMatch(table, layout, confidence, columns, tuple(h for h in table.headers if h not in used))


def has_needed(entity: str, columns: set[str]) -> bool:
    """Say whether a table has what an entity cannot do without."""
    return all(any(c in columns for c in group) for group in NEEDED.get(entity, ()))


def _score(layout: Layout, headers: Set[str], folded: Mapping[str, str], table: Table, likely: str) -> float:
    """Weigh what speaks for a layout; `headers` are those of the table that stand in any layout."""
    hits = headers & layout.headers
    if not hits:
        return 0.0
    present = layout.columns_in(hits) | layout.constants.keys()
    fallback = own(layout.entity)
    if fallback:
        present |= fallback.columns_in(headers)
    if not has_needed(layout.entity, present):
        return 0.0
    weights, marks = rarity(), (headers & layout.signs) - hits
    # Exactly rounded: of two layouts that fit equally well the first is taken, in whichever order a set is read.
    score = fsum(weights[h] for h in hits) + 1.2 * fsum(weights[h] for h in marks)
    score += 0.05 * len(hits) + (0.3 if layout.vendor == OWN else 0) + (LIKELY if layout.vendor == likely else 0)
    score += name_evidence(layout, table) + _prefix_evidence(layout, folded, table)
    return score


def name_evidence(layout: Layout, table: Table) -> float:
    """Weigh what the names of the file and the sheet say for a layout: 3 when one is its name, 1.5 when it holds it."""
    best = 0.0
    for name in (table.sheet, stem(table.file)):
        plain = fold(name) if name else ""
        bare = re.sub(r"\d+$", "", plain)
        if plain and (plain in layout.files or bare in layout.files):
            best = max(best, 3.0)
        elif any(len(f) >= 4 and f in plain for f in layout.files):
            best = max(best, 1.0 + 0.05 * max(len(f) for f in layout.files if len(f) >= 4 and f in plain))
        if best and name == table.sheet:
            return best
    return best


def _prefix_evidence(layout: Layout, folded: Mapping[str, str], table: Table) -> float:
    if not layout.id_prefix or "id" not in folded:
        return 0.0
    column = table.frame[folded["id"]].head(TESTED).drop_nulls()
    if not column.len() or column.dtype != pl.String:
        return 0.0
    return 3.0 if column.str.contains(rf"^{layout.id_prefix}[a-zA-Z0-9]{{12}}([a-zA-Z0-9]{{3}})?$").all() else 0.0


def _confidence(score: float, columns: Sequence[ColumnMatch], layout: Layout, table: Table, second: float) -> float:
    named = [h for h in table.headers if not re.fullmatch(r"column \d+", h)]
    read = sum(len(c.headers) for c in columns)
    n_known = sum(fold(h) in layout.signs for h in named)
    coverage = min(1.0, (read + n_known) / max(len(named), 1))
    sure = sum(c.confidence for c in columns) / max(len(columns), 1)
    margin = min(1.0, max(0.0, (score - second) / max(score, 1e-9)) * 2)
    name = min(1.0, name_evidence(layout, table) / 3)
    total = 0.3 * min(1.0, score / 4) + 0.2 * coverage + 0.2 * name + 0.15 * margin + 0.15 * sure
    return round(min(0.99, total), 2)


def match_columns(table: Table, layout: Layout) -> tuple[ColumnMatch, ...]:
    """Match a table's columns: by the layout, then by our own words, then by names that are nearly the same."""
    free = _by_fold(table)
    out: dict[str, ColumnMatch] = {}
    sure = SYNONYM if layout.vendor == OWN else VENDOR
    for ours, header in layout.by_rank:
        if header not in free or (ours in out and (ours not in FIRST_FILLED or layout.vendor == OWN)):
            continue
        if not fits(table, free[header], ours):
            continue
        before = out[ours].headers if ours in out else ()
        confidence = EXACT if header == fold(ours) else sure
        headers = (*before, _taken(free, header))
        out[ours] = ColumnMatch(ours, headers, max(confidence, out[ours].confidence if before else 0))
    fallback = own(layout.entity)
    if fallback and layout.vendor != OWN:
        _add_own(table, fallback, free, out, layout)
    if "currency" not in out and {"amount", "won_amount", "mrr_amount", "quota_amount"} & set(out):
        _add_currency(table, free, out)
    in_order = [c for c in (*ALL_SCHEMAS.get(layout.entity, _Empty).column_names(), *out) if c in out]
    return tuple(_with_samples(table, out[c]) for c in dict.fromkeys(in_order))


def _by_fold(table: Table) -> dict[str, str]:
    """Return folded header -> header; Amount (k EUR) is an amount too, where nothing else is called so."""
    out = {fold(h): h for h in reversed(table.headers)}
    for header in table.headers:
        unit = unit_of(header)
        if unit:
            out.setdefault(fold(unit.name), header)
    return out


def _add_currency(table: Table, free: dict[str, str], out: dict[str, ColumnMatch]) -> None:
    """Take a column of nothing but codes of currencies for that of the amounts, whatever it is called."""
    for folded in list(free):
        column = table.frame[free[folded]]
        if column.dtype != pl.String:
            continue
        cells = column.drop_nulls().head(2_000).str.strip_chars().unique()
        if cells.len() and cells.is_in(sorted(CODES)).all() and not cells.is_in(list(CODE_WORDS)).all():
            out["currency"] = ColumnMatch("currency", (_taken(free, folded),), NEAR)
            return


def _taken(free: dict[str, str], folded: str) -> str:
    """Return a header that is matched now, under none of its names free for another column."""
    header = free[folded]
    for name in [n for n, h in free.items() if h == header]:
        del free[name]
    return header


class _Empty:
    @staticmethod
    def column_names() -> list[str]:
        return []


def _add_own(table: Table, fallback: Layout, free: dict[str, str], out: dict[str, ColumnMatch], layout: Layout) -> None:
    for ours, listed in fallback.columns.items():
        if ours in out or ours in layout.constants:
            continue
        for header in listed:
            if header in free and header not in layout.ignore and fits(table, free[header], ours):
                out[ours] = ColumnMatch(ours, (_taken(free, header),), SYNONYM)
                break


def _with_samples(table: Table, match: ColumnMatch) -> ColumnMatch:
    values = table.frame[match.headers[0]].head(500).drop_nulls().unique(maintain_order=True).head(3)
    return ColumnMatch(match.column, match.headers, match.confidence, tuple(str(v)[:60] for v in values))


DATE_COLUMNS = (
    "closed_on",
    "modified_at",
    "changed_at",
    "ended_at",
    "occurred_at",
    "created_at",
    "answered_at",
    "touched_at",
    "first_responded_at",
)
NUMBER_COLUMNS = (
    "won_amount",
    "probability",
    "rate",
    "inverse_rate",
    "annual_amount",
    "amount_per_interval",
    "minutes",
    "seconds",
    "millis",
    "rank",
    "quantity",
    "score_rate",
    "score_scaled",
    "score_points",
    "score_most",
    "progress_rate",
    "interval_count",
)


def kind_of(entity: str, column: str) -> str:
    """Return what a column holds: "date", "number", "flag", "id" or "text"."""
    if column in DATE_COLUMNS or column.endswith("_on"):
        return "date"
    if column in NUMBER_COLUMNS or column.endswith("_amount"):
        return "number"
    if column.startswith("is_") or column == "row_is_deleted":
        return "flag"
    return "id" if column.endswith("_id") else _kind_of_type(entity, column)


def _kind_of_type(entity: str, column: str) -> str:
    schema = ALL_SCHEMAS.get(entity)
    dtype = schema.columns()[column].dtype if schema and column in schema.column_names() else pl.String()
    if dtype.is_temporal():
        return "date"
    if dtype.is_numeric():
        return "number"
    return "flag" if dtype == pl.Boolean else "text"


def fits(table: Table, header: str, ours: str) -> bool:
    """Say whether a column's cells can be what its name says; an empty column can be anything."""
    column = table.frame[header]
    misses = _misses_of(header, ours)
    if misses is None or column.dtype != pl.String:
        return True
    cells = column.drop_nulls().head(2_000).unique(maintain_order=True).head(TESTED)
    cells = cells.filter(~cells.str.strip_chars().str.to_lowercase().is_in([*EMPTY, *NULLS]))
    return not cells.len() or misses(cells) <= 0.6 * cells.len()


def _misses_of(header: str, ours: str) -> Callable[[pl.Series], int] | None:
    """Return what counts the cells that cannot be what a column's name says; None where any text can be."""
    kind = kind_of("", ours)
    if kind == "date" and ours != "period_start_on":
        return _no_dates
    if kind == "number" or ours in ("amount", "quantity"):
        return _no_numbers
    if ours == "status" and fold(header) in FLAG_HEADERS:
        return partial(_without_meaning, vocabulary.ending)
    return partial(_without_meaning, vocabulary.truth) if kind == "flag" else None


def _no_dates(cells: pl.Series) -> int:
    return dates.read(cells, dates.choose(cells), "UTC")[0].null_count()


def _no_numbers(cells: pl.Series) -> int:
    return amounts.read(cells, amounts.choose(cells))[0].null_count()


def _without_meaning(meaning: Callable[[str], object], cells: pl.Series) -> int:
    return sum(meaning(cell) is None for cell in cells.to_list())
