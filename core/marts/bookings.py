"""What was booked and invoiced: by day, by month, by customer, each one function for any engine narwhals knows."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from core.marts.exact import exact_total, from_parts, whole_parts

if TYPE_CHECKING:
    from narwhals.typing import IntoFrameT

CUBE = ("booked_on", "region", "product_id", "rep_id", "kind")
MONTHS = ("month", "region", "segment", "product_id", "rep_id")
ACCOUNT_MONTHS = ("month", "region", "account_id", "product_id", "rep_id")
ORDERS = ("booked_on", "account_id", "region", "product_id", "rep_id", "kind")
BOOKING, BILLED = "booking", ("billing", "refund")
MOST_DISCOUNT = 0.95
RATE_DIGITS = 12


def bookings_daily(transactions: IntoFrameT) -> IntoFrameT:
    """Sum transaction lines by day, region, product, rep and kind.

    Parameters
    ----------
    transactions : frame of Polars, DuckDB or another engine narwhals knows
        With booked_on, region, product_id, rep_id, kind, amount, cost_amount, discount_rate.

    Returns
    -------
    frame of the same engine
        [booked_on, region, product_id, rep_id, kind, amount, n_lines], and what margins and discounts are worked out
        from: costed_amount and cost_amount, of lines above 0 whose cost is known; priced_amount and list_amount, of
        lines above 0 with a discount of at most 95 %, as sold and before the discount; discount_sum over n_discounts
        lines with a discount. Sums of nothing are 0.
    """
    import narwhals as nw

    lines: Any = nw.from_native(transactions)
    amount, cost, off = nw.col("amount"), nw.col("cost_amount"), nw.col("discount_rate")
    # Every number is turned into whole parts once, however many sums it counts in.
    parted = lines.with_columns(
        _amount=whole_parts(amount, lines),
        _cost=whole_parts(cost, lines),
        _off=whole_parts(off, lines, RATE_DIGITS),
        _is_costed=(amount > 0) & ~cost.is_null(),
        _is_priced=(amount > 0) & (off >= 0) & (off <= MOST_DISCOUNT),
    )
    is_costed, is_priced = nw.col("_is_costed"), nw.col("_is_priced")
    marked = parted.with_columns(
        _costed=nw.when(is_costed).then(nw.col("_amount")),
        _cost=nw.when(is_costed).then(nw.col("_cost")),
        _priced=nw.when(is_priced).then(nw.col("_amount")),
        _list=nw.when(is_priced).then(whole_parts(amount / (1 - off), lines)),
    )
    out: IntoFrameT = (
        marked.group_by(*CUBE)
        .agg(
            amount=from_parts(nw.col("_amount").sum(), lines),
            n_lines=nw.len(),
            costed_amount=from_parts(nw.col("_costed").sum(), lines),
            cost_amount=from_parts(nw.col("_cost").sum(), lines),
            priced_amount=from_parts(nw.col("_priced").sum(), lines),
            list_amount=from_parts(nw.col("_list").sum(), lines),
            discount_sum=from_parts(nw.col("_off").sum(), lines, RATE_DIGITS),
            n_discounts=off.count(),
        )
        .to_native()
    )
    return out


def revenue_months(transactions: IntoFrameT, accounts: IntoFrameT) -> IntoFrameT:
    """Sum invoices and refunds by month, region, segment, product and rep.

    Parameters
    ----------
    transactions : frame
        With account_id, booked_on, region, product_id, rep_id, kind, amount.
    accounts : frame of the same engine
        With account_id, segment, owner_id; one row per account.

    Returns
    -------
    frame of the same engine
        [month, region, segment, product_id, rep_id, amount]: month is its first day, segment that of the account, and
        a line without a rep stands under the owner of its account.
    """
    import narwhals as nw

    lines: Any = nw.from_native(transactions)
    owners: Any = nw.from_native(accounts)
    out: IntoFrameT = _placed(_by_account(lines), owners).to_native()
    return out


def account_months(transactions: IntoFrameT) -> IntoFrameT:
    """Sum invoices and refunds by month, region, account, product and rep.

    Where lines lie in a database and what is said of accounts does not, this is what the database is asked for;
    `placed_months` does the rest.

    Returns
    -------
    frame of the same engine
        [month, region, account_id, product_id, rep_id, amount].
    """
    import narwhals as nw

    lines: Any = nw.from_native(transactions)
    sums = _by_account(lines)
    keys = [nw.col(name) for name in ACCOUNT_MONTHS]
    out: IntoFrameT = sums.select(*keys, amount=from_parts(nw.col("_parts"), lines)).to_native()
    return out


def placed_months(by_account: IntoFrameT, accounts: IntoFrameT) -> IntoFrameT:
    """Return `revenue_months` of what `account_months` returns."""
    import narwhals as nw

    rows: Any = nw.from_native(by_account)
    owners: Any = nw.from_native(accounts)
    parts = rows.with_columns(_parts=whole_parts(nw.col("amount"), rows))
    out: IntoFrameT = _placed(parts, owners).to_native()
    return out


def _by_account(lines: Any) -> Any:
    """Sum by account first: far fewer rows then meet the accounts than there are lines."""
    import narwhals as nw

    # Some engines cut a day to the first moment of a month.
    month = nw.col("booked_on").dt.truncate("1mo").cast(nw.Date)
    billed = lines.filter(nw.col("kind").is_in(BILLED)).with_columns(month=month)
    return billed.group_by(*ACCOUNT_MONTHS).agg(_parts=whole_parts(nw.col("amount"), lines).sum())


def _placed(parts: Any, owners: Any) -> Any:
    import narwhals as nw

    about = owners.select("account_id", "segment", _owner="owner_id")
    placed = parts.join(about, on="account_id", how="left").with_columns(rep_id=nw.coalesce("rep_id", "_owner"))
    return placed.group_by(*MONTHS).agg(amount=from_parts(nw.col("_parts").sum(), parts))


def customer_orders(transactions: IntoFrameT, kinds: tuple[str, ...]) -> IntoFrameT:
    """Sum the lines of some kinds by day, account, region, product and rep.

    Parameters
    ----------
    transactions : frame
        With booked_on, account_id, region, product_id, rep_id, kind, amount.
    kinds : tuple of str
        Of booking, billing, refund.

    Returns
    -------
    frame of the same engine
        [booked_on, account_id, region, product_id, rep_id, kind, amount, n_lines].
    """
    import narwhals as nw

    lines: Any = nw.from_native(transactions)
    chosen = lines.filter(nw.col("kind").is_in(kinds))
    out: IntoFrameT = (
        chosen.group_by(*ORDERS).agg(amount=exact_total(nw.col("amount"), lines), n_lines=nw.len()).to_native()
    )
    return out


def account_costs(transactions: IntoFrameT, since: date, until: date) -> IntoFrameT:
    """Sum what each account was invoiced, and what that cost, over some days.

    Parameters
    ----------
    transactions : frame
        With account_id, booked_on, kind, amount, cost_amount.
    since, until : date
        Both included.

    Returns
    -------
    frame of the same engine
        [account_id, amount, cost_amount] of invoice and refund lines whose cost is known.
    """
    import narwhals as nw

    lines: Any = nw.from_native(transactions)
    day = nw.col("booked_on")
    is_costed = (nw.col("kind") != "booking") & ~nw.col("cost_amount").is_null()
    costed = lines.filter(is_costed & (day >= since) & (day <= until))
    out: IntoFrameT = (
        costed.group_by("account_id")
        .agg(amount=exact_total(nw.col("amount"), lines), cost_amount=exact_total(nw.col("cost_amount"), lines))
        .to_native()
    )
    return out


def products_sold(transactions: IntoFrameT) -> IntoFrameT:
    """Return which customers were sold which product by whom, and since when.

    Parameters
    ----------
    transactions : frame
        With account_id, product_id, rep_id, booked_on.

    Returns
    -------
    frame of the same engine
        [account_id, product_id, rep_id, first_on]: the day of the first line of any kind.
    """
    import narwhals as nw

    lines: Any = nw.from_native(transactions)
    out: IntoFrameT = (
        lines.group_by("account_id", "product_id", "rep_id").agg(first_on=nw.col("booked_on").min()).to_native()
    )
    return out
