"""Amounts in one currency: rates by date, what has no rate left out of sums and told, never added as if it were one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.localization import joined, message
from core.sources.findings import Findings, Question, counted
from core.sources.money_words import CODES, NAMES, SYMBOLS

# The amounts of each entity, and the day whose rate counts.
AMOUNTS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "opportunities": (("amount",), "close_on"),
    "opportunity_history": (("amount",), "close_on"),
    "transactions": (("amount", "cost_amount"), "booked_on"),
    "subscriptions": (("mrr_amount",), "started_on"),
    "quotas": (("quota_amount",), "period_start_on"),
    "campaigns": (("cost_amount", "budget_amount"), "started_on"),
}
FIRST_DAY = date(1900, 1, 1)
RATE = "_rate"  # What one unit of a row's own currency is worth; dropped when a source is put together.


def code_of(text: str) -> str | None:
    """Return the ISO code of a currency written as code, sign or name.

    Examples
    --------
    >>> code_of("US Dollar"), code_of("eur"), code_of("£"), code_of("beads")
    ('USD', 'EUR', 'GBP', None)
    """
    plain = text.strip()
    if plain.upper() in CODES:
        return plain.upper()
    bare = "".join(c for c in plain.lower() if c.isalpha())
    if bare in NAMES:
        return NAMES[bare]
    if plain in SYMBOLS:
        return SYMBOLS[plain]
    tail = plain.replace("(", " ").replace(")", " ").replace("-", " ").split()
    return next((t.upper() for t in tail if t.upper() in CODES and t.isupper()), None)


def coded(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame with its currencies as ISO codes; what is none stays as it is written."""
    if "currency" not in frame.columns or frame.schema["currency"] != pl.String:
        return frame
    words = frame["currency"].drop_nulls().unique().to_list()
    codes = {w: code_of(w) or w.strip() or None for w in words}
    codes |= {w: None for w in words if w.strip() in ("", "000", "-")}
    return frame.with_columns(pl.col("currency").replace_strict(codes, default=None, return_dtype=pl.String))


def reporting(used: pl.Series, rates: pl.DataFrame, own: str, corporate: str, stated: str, findings: Findings) -> str:
    """Return the currency the amounts are reported in.

    Parameters
    ----------
    used : pl.Series
        The currencies of the amounts.
    rates : pl.DataFrame
    own : str
        The currency of the settings.
    corporate : str
        The one the source itself marks as its corporate currency; empty for none.
    said : str
        The one `meta.yaml` names; empty for none.

    Returns
    -------
    str
        What `meta.yaml` says; else that of the settings where amounts are in it; else the corporate one; else that of
        the settings where rates lead to it; else the one currency of all amounts, or of most, which is asked.
    """
    codes = used.drop_nulls().value_counts(sort=True)[used.name or ""].to_list() if used.len() else []
    if stated:
        return stated.upper()
    if not codes or own in codes:
        return own
    if not corporate and rates.height and own in set(rates["currency"].to_list()):
        return own
    chosen = corporate or str(codes[0])
    if len(codes) > 1:
        shown = ", ".join(codes[:6])
        findings.ask(
            Question(
                "currency",
                message(
                    "The amounts are in {shown}, none of them in {own}, the currency of the settings.",
                    shown=shown,
                    own=own,
                ),
                chosen,
                tuple(dict.fromkeys((chosen, *codes, own))),
            )
        )
    else:
        findings.note(message("All amounts are in {codes}; they are shown in it.", codes=codes[0]))
    return chosen


def converted(
    frame: pl.DataFrame, entity: str, rates: pl.DataFrame, target: str, findings: Findings, on: date | None = None
) -> pl.DataFrame:
    """Bring amounts to one currency by the rate of their day.

    Parameters
    ----------
    frame : pl.DataFrame
        With `currency`, or without: then its amounts are in the target currency.
    entity : str
    rates : pl.DataFrame
        As `ExchangeRates`: units of a currency for one of the corporate currency, from a day on.
    target : str
    findings : Findings
    on : date, optional
        One day for all rows (constant currency); default the day the row itself names, and before the first rate that.

    Returns
    -------
    pl.DataFrame
        Amounts in the target currency, null where there is no rate. Where anything was converted, `original_amount`
        keeps what was written.
    """
    columns, day = AMOUNTS[entity]
    columns = tuple(c for c in columns if c in frame.columns)
    if "currency" not in frame.columns or not columns:
        return frame
    _tell_blank(frame, entity, target, findings)
    frame = frame.with_columns(pl.col("currency").fill_null(target))
    others = frame["currency"].unique().drop_nulls()
    if others.len() == 0 or others.to_list() == [target]:
        return frame
    main = columns[0]
    original = pl.col("original_amount") if "original_amount" in frame.columns else pl.col(main)
    frame = frame.with_columns(original.alias("original_amount"))
    factor = factors(frame, rates, target, day, on)
    if {"converted_amount", "converted_currency"} <= set(frame.columns):
        factor = frame.select(pl.coalesce(factor, _stated_factor(target)).alias("_factor"))["_factor"]
    is_same = pl.col("currency") == target
    frame = frame.with_columns(factor.alias("_factor"))
    frame = frame.with_columns(
        pl.when(is_same)
        .then(pl.col("original_amount") if c == main else pl.col(c))
        .otherwise((pl.col("original_amount") if c == main else pl.col(c)) * pl.col("_factor"))
        .alias(c)
        for c in columns
    )
    lost = frame.filter(~is_same & pl.col("_factor").is_null() & pl.col("original_amount").is_not_null())
    _tell(lost, entity, target, findings)
    return frame.rename({"_factor": RATE})


def with_converted(frame: pl.DataFrame, own: str, findings: Findings) -> tuple[pl.DataFrame, str]:
    """Say in which currency a CRM's own converted amounts are, and take them as the amount where no other is there.

    Parameters
    ----------
    frame : pl.DataFrame
        Deals, with `converted_amount` or without.
    own : str
        The currency of the settings.
    findings : Findings

    Returns
    -------
    frame : pl.DataFrame
        With `converted_currency`.
    corporate : str
        That currency; empty without converted amounts.
    """
    if "converted_amount" not in frame.columns:
        return frame, ""
    if "amount" not in frame.columns or frame["amount"].null_count() == frame.height:
        renamed = {"converted_amount": "amount"} | (
            {"converted_currency": "currency"} if "converted_currency" in frame.columns else {}
        )
        return frame.drop([c for c in renamed.values() if c in frame.columns]).rename(renamed), ""
    if "converted_currency" in frame.columns:
        codes = coded(frame.select(currency="converted_currency"))["currency"]
        return frame.with_columns(codes.alias("converted_currency")), str(codes.drop_nulls().mode().sort()[0])
    same = frame.filter(pl.col("amount") == pl.col("converted_amount"), pl.col("amount") != 0)
    alike = coded(same)["currency"].drop_nulls().unique().to_list() if "currency" in frame.columns else []
    corporate = str(alike[0]) if len(alike) == 1 else own
    if len(alike) != 1:
        text = "The CRM gives amounts in the company's own currency too, and nothing says which that is."
        findings.ask(Question("currency", text, own))
    return frame.with_columns(pl.lit(corporate).alias("converted_currency")), corporate


def _stated_factor(target: str) -> pl.Expr:
    """Return what one unit of the row's currency is worth by the amount the CRM converted itself."""
    is_usable = (pl.col("converted_currency") == target) & (pl.col("original_amount") != 0)
    return pl.when(is_usable).then(pl.col("converted_amount") / pl.col("original_amount"))


def _tell_blank(frame: pl.DataFrame, entity: str, target: str, findings: Findings) -> None:
    main = AMOUNTS[entity][0][0]
    blank = frame.filter(pl.col("currency").is_null() & pl.col(main).is_not_null())
    if blank.height and blank.height < frame.height:
        what = entity.replace("_", " ").capitalize()
        findings.note(
            message(
                "{what}: {amounts} no currency; {target} is taken.",
                what=what,
                amounts=counted(blank.height, "amount names", "amounts name"),
                target=target,
            )
        )


def _tell(lost: pl.DataFrame, entity: str, target: str, findings: Findings) -> None:
    if lost.is_empty():
        return
    counts = lost["currency"].value_counts(sort=True)
    named = joined(*(message("{n:,} in {code}", n=n, code=code) for code, n in counts.iter_rows()), by=", ")
    what = entity.replace("_", " ").capitalize()
    findings.note(
        message(
            "{what}: there is no exchange rate to {target} for {named}; these amounts are left out of "
            "sums. Add a file exchange_rates.csv with currency, valid_from and rate.",
            what=what,
            target=target,
            named=named,
        )
    )


def tell_direction(rates: pl.DataFrame, target: str, used: pl.Series, findings: Findings) -> None:
    """Say which way round the rates are read, by one of them."""
    codes = set(used.drop_nulls().to_list()) - {target}
    example = rates.filter(pl.col("currency").is_in(sorted(codes))).tail(1)
    if example.height:
        code, rate = example["currency"][0], example["rate"][0]
        base = rates.filter(pl.col("rate") == 1.0)["currency"].to_list()
        unit = target if target in base or not base else base[0]
        findings.note(
            message(
                "Exchange rates are read as units of a currency for 1 {unit}: 1 {unit} is {rate:g} {code}.",
                unit=unit,
                rate=rate,
                code=code,
            )
        )


def factors(frame: pl.DataFrame, rates: pl.DataFrame, target: str, day: str, on: date | None) -> pl.Series:
    """Return, row by row, what one unit of the row's currency is worth in the target currency; null without a rate."""
    if rates.is_empty():
        return pl.Series("_factor", [None] * frame.height, dtype=pl.Float64)
    when = pl.lit(on, pl.Date) if on else (pl.col(day) if day in frame.columns else pl.lit(None, pl.Date))
    asked = frame.select("currency", _day=when.fill_null(pl.lit(rates["valid_from"].max(), pl.Date))).with_row_index(
        "_k"
    )
    theirs = _rate_on(asked, rates, "currency")
    ours = _rate_on(asked.with_columns(currency=pl.lit(target)), rates, "currency")
    return (ours / theirs).alias("_factor")


def _rate_on(asked: pl.DataFrame, rates: pl.DataFrame, by: str) -> pl.Series:
    ordered = rates.select(by, "valid_from", "rate").sort("valid_from")
    joined = asked.sort("_day").join_asof(
        ordered, left_on="_day", right_on="valid_from", by=by, strategy="backward", check_sortedness=False
    )
    first = ordered.group_by(by, maintain_order=True).first().select(by, _first="rate")
    joined = joined.join(first, on=by, how="left", maintain_order="left")
    return joined.sort("_k").select(pl.coalesce("rate", "_first"))["rate"]


def tidy_rates(frame: pl.DataFrame, named: str) -> pl.DataFrame:
    """Return rates in the shape of the contract; turned round where a file gives what one of the currency is worth."""
    if "rate" not in frame.columns and "inverse_rate" in frame.columns:
        frame = frame.with_columns(rate=1 / pl.col("inverse_rate"))
    start = pl.col("valid_from") if "valid_from" in frame.columns else pl.lit(None, pl.Date)
    frame = coded(frame).with_columns(valid_from=start.fill_null(FIRST_DAY))
    usable = frame.filter(pl.col("rate").is_not_null() & (pl.col("rate") > 0) & pl.col("currency").is_not_null())
    rates = usable.select("currency", "valid_from", pl.col("rate").cast(pl.Float64)).unique(
        ["currency", "valid_from"], keep="last", maintain_order=True
    )
    if rates.height and named and named not in set(rates["currency"].to_list()):
        unit = pl.DataFrame({"currency": [named], "valid_from": [FIRST_DAY], "rate": [1.0]})
        rates = pl.concat([rates, unit])
    return rates.sort("currency", "valid_from")


def viewed(data: Dataset, settings: Settings, currency: str, on: date | None = None) -> Dataset:
    """Return a dataset with its amounts in another currency: by the rates of their days, or all by those of one day.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    currency : str
        ISO code.
    on : date, optional
        The day whose rates hold for all rows (constant currency); default each row's own day (corporate view).

    Returns
    -------
    Dataset
        Amounts without a rate are null; a note says how many.
    """
    if currency == (data.currency or settings.currency) and on is None:
        return data
    findings = Findings()
    frames = {}
    for entity in AMOUNTS:
        frame = data.frame(entity)
        if frame.is_empty():
            continue
        has_currency = "currency" in frame.columns
        marked = frame if has_currency else frame.with_columns(currency=pl.lit(data.currency or settings.currency))
        changed = converted(marked, entity, data.exchange_rates, currency, findings, on)
        changed = changed.drop(RATE, strict=False)
        frames[entity] = changed if has_currency else changed.drop("currency")
    return replace(
        data.with_frames(**frames), currency=currency, missing=(*data.missing, *findings.notes), is_transient=True
    )
