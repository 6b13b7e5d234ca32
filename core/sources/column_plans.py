"""How the columns of a table are written: one decision per column, by its cells and by its neighbours."""

from __future__ import annotations

from typing import Any

import polars as pl

from core.config import Settings
from core.localization import message
from core.sources import amounts, dates, vocabulary
from core.sources.findings import Findings, Question, counted
from core.sources.recognition import kind_of
from core.sources.source import Source, headers_of


def plans_of(
    raw: pl.DataFrame, texts: list[str], source: Source, settings: Settings, findings: Findings
) -> dict[str, Any]:
    """Decide how every column is written; what its own cells leave open, the others of the file decide."""
    kinds = {name: kind_in(source.entity, name) for name in texts}
    numbers = [n for n in texts if kinds[n] == "number"]
    styles = {n: source.entry.numbers.get(n, source.entry.numbers.get("*")) for n in numbers}
    plans: dict[str, Any] = {}
    first = {n: amounts.choose(raw[n]) for n in numbers if not styles[n]}
    marked = {n for n in first if raw[n].str.contains(r"\d[.,]\d").any()}
    sure = {first[n].style for n in marked if not first[n].is_ambiguous}
    style = next(iter(sure)) if len(sure) == 1 else None
    for n in numbers:
        if styles[n]:
            plans[n] = amounts.AmountChoice(str(styles[n]))
        else:
            plans[n] = amounts.choose(raw[n], style) if style else first[n]
        if plans[n].is_ambiguous and n in marked:
            _ask_numbers(source, n, plans[n], findings)
    days = [n for n in texts if kinds[n] in ("date", "period")]
    patterns = {n: source.entry.dates.get(n, source.entry.dates.get("*")) for n in days}
    chosen = {n: dates.choose(raw[n]) for n in days}
    default = dates.shares(list(chosen.values())) or _likely_order(raw, sure, settings)
    for n in days:
        named = patterns[n]
        if named in dates.ORDERS:
            plans[n] = dates.DateChoice(named, False, chosen[n].kinds)
        elif named:
            plans[n] = dates.DateChoice(named, False, ())
        else:
            plans[n] = chosen[n].with_default(default)
            _tell_two_orders(source, n, plans[n], findings)
            if plans[n].is_ambiguous:
                _ask_dates(
                    source, n, plans[n], is_shared=dates.shares(list(chosen.values())) is not None, findings=findings
                )
    return {**dict.fromkeys(texts), **plans}


def kind_in(entity: str, name: str) -> str:
    """Return what a column holds, as it is read: "period" and "category" beside the kinds of `kind_of`."""
    if (entity, name) == ("quotas", "period_start_on"):
        return "period"
    return "category" if (entity, name) in vocabulary.CATEGORIES else kind_of(entity, name)


def _likely_order(raw: pl.DataFrame, styles: set[str], settings: Settings) -> str | None:
    """Return the order of day and month that the other columns, the currency and the time zone speak for."""
    if styles == {amounts.COMMA}:
        return dates.DAY_FIRST
    if "currency" in raw.columns and raw.schema["currency"] == pl.String:
        codes = set(raw["currency"].drop_nulls().str.strip_chars().str.to_uppercase().unique().to_list())
        if codes and codes <= {"USD", "$", "US DOLLAR"}:
            return dates.MONTH_FIRST
        if codes and "USD" not in codes and len(codes) == 1:
            return dates.DAY_FIRST
    zone = settings.time_zone
    if zone.startswith(("Europe/", "Australia/", "Africa/", "Asia/")):
        return dates.DAY_FIRST
    return dates.MONTH_FIRST if zone.startswith(("America/", "US/")) else None


def _ask_dates(source: Source, name: str, choice: dates.DateChoice, *, is_shared: bool, findings: Findings) -> None:
    if is_shared:
        return
    header = ", ".join(headers_of(source, name))
    findings.ask(
        Question(
            f"{source.entity}.dates.{name}",
            message(
                "{place}: every date in {header} can be read day first and month first.",
                place=source.match.table.place,
                header=header,
            ),
            str(choice.order),
            (dates.DAY_FIRST, dates.MONTH_FIRST),
        )
    )


def _tell_two_orders(source: Source, name: str, choice: dates.DateChoice, findings: Findings) -> None:
    if choice.n_against:
        header = ", ".join(headers_of(source, name))
        findings.note(
            message(
                "{place}: dates in {header} are written day first and month first; they are read as "
                "{order}, and {others} cannot be.",
                place=source.match.table.place,
                header=header,
                order=choice.order,
                others=counted(choice.n_against, "other", "others"),
            )
        )


def _ask_numbers(source: Source, name: str, choice: amounts.AmountChoice, findings: Findings) -> None:
    findings.ask(
        Question(
            f"{source.entity}.numbers.{name}",
            message(
                "{place}: numbers in {headers_of} can be read with a decimal point and with a decimal comma.",
                place=source.match.table.place,
                headers_of=", ".join(headers_of(source, name)),
            ),
            choice.style,
            (amounts.POINT, amounts.COMMA),
        )
    )
