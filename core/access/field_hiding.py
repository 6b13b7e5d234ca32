"""Fields a role does not see: amounts or their exact digits, margin, contacts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from core.contracts import RAW_FRAMES, Dataset
from core.contracts.amount_visibility import HIDDEN, ROUNDED, visible

AMOUNTS, EXACT, MARGIN, CONTACTS = "amounts", "exact_amounts", "margin", "contacts"
WORDS = {AMOUNTS: "amounts", EXACT: "exact amounts (rounded to two digits)", MARGIN: "margin", CONTACTS: "contacts"}
# Who does not see exact amounts writes none back into the CRM, and is shown nobody's pay.
EXACT_AREAS = ("crm", "pay")
COSTS = ("cost_amount", "unit_cost_amount")


def hide(dataset: Dataset, fields: tuple[str, ...]) -> Dataset:
    """Return the same company without some fields.

    Parameters
    ----------
    dataset : Dataset
    fields : tuple of str
        "amounts": deals have no amount, now or in their history, products no price, campaigns no money, and billing,
        contracts and quotas are left out, for nothing remains of them. "exact_amounts": every amount is rounded to
        two digits. "margin": costs are unknown. "contacts": people at customers, and leads, are left out.

    Returns
    -------
    Dataset
        The dataset itself where nothing is hidden; else rows and cells as they were read are left out too, and models
        are those of the whole company.
    """
    if not fields:
        return dataset
    out = dataset.without_people()
    if CONTACTS not in fields:
        out = out.with_frames(leads=dataset.leads)
    else:
        people = [pl.lit(None, pl.String).alias(column) for column in ("lead_id", "contact_id")]
        out = out.with_frames(campaign_touches=dataset.campaign_touches.with_columns(people))
    if MARGIN in fields or AMOUNTS in fields:
        out = _without_costs(out)
    if AMOUNTS in fields:
        out = replace(_without_amounts(out), amounts=HIDDEN)
    elif EXACT in fields:
        out = replace(_rounded(out), amounts=ROUNDED)
    mark = f"{dataset.fingerprint}-without-{'+'.join(fields)}"
    return replace(out, known_fingerprint=mark, whole=dataset.whole or dataset, unmasked=dataset.unmasked)


def _without_costs(dataset: Dataset) -> Dataset:
    frames = {name: _cleared(dataset.frame(name), COSTS) for name in ("products", "campaigns")}
    unknown = pl.lit(None, pl.Float64).alias("cost_amount")
    lines = dataset.later("transactions", lambda rows: rows.with_columns(unknown))
    return dataset.with_frames(**frames, transactions=lines)


def _without_amounts(dataset: Dataset) -> Dataset:
    frames = {}
    for name in ("opportunities", "products", "campaigns"):
        frame = dataset.frame(name)
        money = [column for column in frame.columns if column == "amount" or column.endswith("_amount")]
        frames[name] = _cleared(frame, money)
    unknown = pl.lit(None, pl.Float64).alias("amount")
    return dataset.with_frames(
        **frames,
        opportunity_history=dataset.later("opportunity_history", lambda rows: rows.with_columns(unknown)),
        transactions=dataset.later("transactions", lambda rows: rows.clear()),
        subscriptions=dataset.subscriptions.clear(),
        quotas=dataset.quotas.clear(),
    )


def _rounded(dataset: Dataset) -> Dataset:
    names = ("opportunities", "products", "campaigns", "subscriptions", "quotas")
    frames = {name: visible(dataset.frame(name), ROUNDED) for name in names}
    raw = {name: dataset.later(name, lambda rows: visible(rows.collect(), ROUNDED).lazy()) for name in RAW_FRAMES}
    return dataset.with_frames(**frames, **raw)


def implied(fields: Iterable[str]) -> set[str]:
    """Return fields with those that are hidden along with them: without amounts there are no exact ones.

    Examples
    --------
    >>> sorted(implied(["amounts"])), sorted(implied(["margin"]))
    (['amounts', 'exact_amounts'], ['margin'])
    """
    return {*fields, EXACT} if AMOUNTS in fields else set(fields)


def shortest(fields: Iterable[str]) -> tuple[str, ...]:
    """Return fields in order, without what is hidden along with another.

    Examples
    --------
    >>> shortest(["margin", "exact_amounts", "amounts"])
    ('amounts', 'margin')
    """
    names = set(fields)
    return tuple(sorted(names - {EXACT} if AMOUNTS in names else names))


def _cleared(frame: pl.DataFrame, columns: Iterable[str]) -> pl.DataFrame:
    """Return a frame in which some columns know nothing."""
    present = [column for column in columns if column in frame.columns]
    return frame.with_columns(pl.lit(None, frame.schema[column]).alias(column) for column in present)
