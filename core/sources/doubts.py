"""What recognising a table leaves open about its columns, told or asked before figures are made of them."""

from __future__ import annotations

from core.localization import message
from core.sources.cells import Source
from core.sources.findings import Findings, Question, counted
from core.sources.headers import fold
from core.sources.recognition import FIRST_FILLED, fits, kind_of
from core.sources.table import Table
from core.sources.trimming import NUMBERED
from core.sources.units import unit_of
from core.sources.vendor_layouts import Layout, own

WORDS = {
    "amount": "the amount",
    "close_on": "the close date",
    "created_on": "the creation date",
    "closed_on": "the day a deal ended",
    "booked_on": "the day of booking",
    "quota_amount": "the quota",
    "is_closed": "whether a deal is closed",
    "is_won": "whether a deal is won",
}
HOLDS = {"date": "no dates that can be read", "number": "no numbers that can be read", "flag": "neither yes nor no"}
AMOUNTS = ("amount", "won_amount", "converted_amount")
RIVALS = ("amount", "quota_amount")
SHOWN = 6


def tell(source: Source, findings: Findings) -> None:
    """Tell of columns whose cells are not what their name says, of several that could be one of ours, and of none.

    Parameters
    ----------
    source : Source
    findings : Findings
    """
    table, layout = source.match.table, source.match.layout
    if layout is None:
        return
    named = _named(table, layout)
    free = [h for h in table.headers if h not in _read_headers(source) and h not in source.entry.ignore]
    for header in free:
        _tell_unfit(source, header, named.get(header, []), findings)
    for ours in RIVALS:
        rivals = [h for h in free if ours in named.get(h, []) and fits(table, h, ours)]
        if rivals and ours in source.entry.columns:
            _ask_rivals(source, ours, rivals, findings)
    twice = [h for h in table.headers if NUMBERED.search(h) and NUMBERED.sub("", h) in table.headers]
    for header in twice:
        bare = NUMBERED.sub("", header)
        findings.note(
            message(
                "{place}: several columns are called {bare}; the first of them is read as {bare}.",
                place=table.place,
                bare=bare,
            )
        )
    is_deals = source.entity == "opportunities" and table.frame.height
    if is_deals and not set(AMOUNTS) & {*source.entry.columns, *_set(source)}:
        _tell_no_amount(table, free, findings)


def _named(table: Table, layout: Layout) -> dict[str, list[str]]:
    """Return header -> our columns that its name speaks for, by the layout and by our own words."""
    words: dict[str, list[str]] = {}
    for wording in filter(None, (layout, own(layout.entity))):
        for ours, listed in wording.columns.items():
            for folded in listed:
                words.setdefault(folded, []).append(ours)
    out = {}
    for header in table.headers:
        unit = unit_of(header)
        out[header] = words.get(fold(header)) or (words.get(fold(unit.name), []) if unit else [])
    return out


def _read_headers(source: Source) -> set[str]:
    rules = source.entry.columns.values()
    return {h for rule in rules for h in ((rule,) if isinstance(rule, str) else (*rule.first, *rule.join))}


def _set(source: Source) -> set[str]:
    return {*source.entry.constants, *source.entry.copies}


def _tell_unfit(source: Source, header: str, ours: list[str], findings: Findings) -> None:
    table = source.match.table
    for column in dict.fromkeys(ours):
        kind = kind_of(source.entity, column)
        if kind in HOLDS and not fits(table, header, column):
            if column in source.entry.columns and column in FIRST_FILLED:
                continue
            what = WORDS.get(column, column.replace("_", " "))
            findings.note(
                message(
                    "{place}: {header} holds {holds}, so it is not read as {what}.",
                    place=table.place,
                    header=header,
                    holds=HOLDS[kind],
                    what=what,
                )
            )
            return


def _ask_rivals(source: Source, ours: str, rivals: list[str], findings: Findings) -> None:
    rule = source.entry.columns[ours]
    taken = rule if isinstance(rule, str) else ", ".join((*rule.first, *rule.join))
    findings.ask(
        Question(
            f"{source.entity}.columns.{ours}",
            message(
                "{place}: {rivals} could be {words} as well as {taken}.",
                place=source.match.table.place,
                rivals=", ".join(rivals[:SHOWN]),
                words=WORDS[ours],
                taken=taken,
            ),
            taken,
            (taken, *rivals[:SHOWN]),
        )
    )


def _tell_no_amount(table: Table, free: list[str], findings: Findings) -> None:
    numbers = [h for h in free if fits(table, h, "amount") and table.frame[h].null_count() < table.frame.height]
    hint = (
        (
            message(" {numbers} hold numbers.", numbers=", ".join(numbers[:SHOWN]))
            if len(numbers) > 1
            else message(" {numbers} holds numbers.", numbers=", ".join(numbers[:SHOWN]))
        )
        if numbers
        else ""
    )
    findings.note(
        message(
            "{place}: no column is read as the amount, so {deals} nothing to any sum; name it in the column map.{hint}",
            place=table.place,
            deals=counted(table.frame.height, "deal adds", "deals add"),
            hint=hint,
        )
    )
