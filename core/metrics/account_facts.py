"""Accounts with what they pay and what is open with each."""

from __future__ import annotations

from typing import Literal

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.contracts.amount_visibility import HIDDEN, visible
from core.contracts.spans import line_runs
from core.localization import message
from core.metrics.deal_scope import people
from core.metrics.measure import Measure, counted, money
from core.metrics.pipeline import open_deals

By = Literal["mrr_amount", "open_amount"]
WORDS = {"mrr_amount": ("pay", "pays", "a month"), "open_amount": ("have", "has", "open")}


def listed(data: Dataset, settings: Settings, by: By = "mrr_amount") -> Measure:
    """Return every account with its monthly recurring revenue and its open pipeline.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    by : {"mrr_amount", "open_amount"}
        What the list is sorted by, largest first; accounts with none of it are left out. Where amounts are hidden,
        accounts with open deals by their number, whichever is asked for.

    Returns
    -------
    Measure
        Unit money. Frame: account_id, account_name, owner, segment, region, mrr_amount, open_amount, n_open. Deals
        without an amount count in n_open and add nothing.
    """
    paid = data.subscriptions.filter(line_runs(data.as_of)).group_by("account_id").agg(pl.col("mrr_amount").sum())
    of_account = data.opportunities.select("opportunity_id", "account_id")
    live = open_deals(data, data.as_of, settings).join(of_account, on="opportunity_id")
    pipeline = live.group_by("account_id").agg(open_amount=pl.col("amount").sum(), n_open=pl.len().cast(pl.Int64))
    order = "n_open" if data.amounts == HIDDEN else by
    frame = (
        data.accounts.join(paid, on="account_id", how="left")
        .join(pipeline, on="account_id", how="left")
        .with_columns(pl.col("mrr_amount", "open_amount").fill_null(0.0), pl.col("n_open").fill_null(0))
        .filter(pl.col(order) > 0)
        .sort(order, "account_id", descending=[True, False])
        .select(
            "account_id",
            "account_name",
            pl.col("owner_id").replace(people(data)).alias("owner"),
            "segment",
            "region",
            "mrr_amount",
            "open_amount",
            "n_open",
        )
    )
    if data.amounts == HIDDEN:
        n_open = counted(int(frame["n_open"].sum()), "open deal")
        return Measure(
            "Accounts",
            None,
            "money",
            visible(frame, HIDDEN),
            message("{accounts}: {n_open}.", accounts=counted(frame.height, "account"), n_open=n_open),
        )
    value = float(frame[by].sum())
    several, single, what = WORDS[by]
    verb = single if frame.height == 1 else several
    text = message(
        "{accounts} {verb} {amount} {what}.",
        accounts=counted(frame.height, "account"),
        verb=verb,
        amount=money(value, settings.currency),
        what=what,
    )
    if frame.is_empty():
        text = "No account has anything of that yet. Load accounts, contracts and deals on the Data page."
    return Measure("Accounts", value, "money", frame, text)
