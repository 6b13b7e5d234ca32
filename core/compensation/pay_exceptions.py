"""Amounts beside the plan: asked for with a reason, decided by somebody else; and statements that were approved."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from core.compensation.pay_plan import CENTS
from core.compensation.pay_sight import Sight
from core.compensation.pay_statements import Granted, Payroll
from core.compensation.plan_versions import check_kept
from core.contracts import Dataset
from core.contracts.errors import AccessError, StoreError
from core.forecasts.calls import book
from core.localization import message

if TYPE_CHECKING:
    from core.store import Store

ASKED, APPROVED, REFUSED = "Asked for", "Approved", "Refused"
DECISIONS = (APPROVED, REFUSED)
LARGEST_CENTS = 10**12


def listed(data: Dataset, store: Store, people: frozenset[str], period: date | None = None) -> pl.DataFrame:
    """Return the exceptions of some people as they stand.

    Returns
    -------
    pl.DataFrame
        [rep_id, period_start_on, number, cents, amount, reason, state, asked_by, note, version, author, saved_at],
        newest first.
    """
    rows = store.pay_exceptions.newest(book(data.company))
    mine = pl.col("rep_id").is_in(sorted(people))
    of_period = pl.lit(value=True) if period is None else pl.col("period_start_on") == period
    return rows.filter(mine, of_period).with_columns(amount=pl.col("cents") / CENTS).sort("saved_at", descending=True)


def approved(data: Dataset, store: Store, day: date | None = None) -> Granted:
    """Return the approved exceptions of everybody, as `pay_statements.payroll` takes them.

    Parameters
    ----------
    data : Dataset
    store : Store
    day : date, optional
        As it stood at the end of an earlier day, in UTC.
    """
    rows = store.pay_exceptions.all(book(data.company))
    if day is not None:
        rows = rows.filter(pl.col("saved_at").dt.date() <= day)
    newest = rows.sort("version").unique(["rep_id", "period_start_on", "number"], keep="last", maintain_order=True)
    given = newest.filter(pl.col("state") == APPROVED).sort("rep_id", "period_start_on", "number")
    return tuple(given.select("rep_id", "period_start_on", "reason", "cents").iter_rows())


def ask(
    data: Dataset, store: Store, who: Sight, rep_id: str, period: date, cents: int, reason: str, author: str
) -> int:
    """Ask for an amount beside the plan; nothing is paid until somebody else approves it.

    Returns
    -------
    int
        Its number among the person's exceptions of the quarter.

    Raises
    ------
    AccessError
        For somebody whose pay is not seen.
    StoreError
        Without a reason or an amount, or for data of one session.
    """
    check_kept(data)
    _check_seen(who, rep_id)
    if not reason.strip():
        raise StoreError("An exception needs a reason.", mend="Write why it is paid.")
    if not cents or abs(cents) > LARGEST_CENTS:
        raise StoreError("The amount is 0 or too large.", mend="Write what is paid, or taken with a minus before it.")
    about = {"rep_id": rep_id, "period_start_on": period}
    number = store.pay_exceptions.newest(book(data.company), **about).height + 1
    values = {"cents": cents, "reason": reason.strip(), "state": ASKED, "asked_by": author[:200], "note": ""}
    store.pay_exceptions.save(book(data.company), {**about, "number": number}, values, author)
    return number


def decide(
    data: Dataset,
    store: Store,
    who: Sight,
    asked: tuple[str, date, int],
    state: str,
    note: str,
    author: str,
    *,
    is_alone: bool = False,
) -> None:
    """Approve an exception or refuse it.

    Parameters
    ----------
    data : Dataset
    store : Store
    who : Sight
        Of the person who decides.
    asked : tuple
        Person, first day of the quarter, and number.
    state : {"Approved", "Refused"}
    note : str
        A comment; needed to refuse.
    author : str
        Who is signed in; not who asked, and not who is paid.
    is_alone : bool
        Whether nobody signs in here, so that nobody else could decide.

    Raises
    ------
    AccessError
        When the person may not decide it.
    StoreError
        When it does not wait for a decision, or a comment is missing.
    """
    check_kept(data)
    rep_id, period, number = asked
    _check_other(who, rep_id)
    about = {"rep_id": rep_id, "period_start_on": period, "number": number}
    rows = store.pay_exceptions.newest(book(data.company), **about)
    if rows.is_empty() or rows["state"][0] != ASKED:
        raise StoreError("This exception does not wait for a decision.", mend="Load the page again.")
    if rows["asked_by"][0] == author and not is_alone:
        raise AccessError("Who asked for an exception does not approve it.", mend="Somebody else has to decide.")
    if state not in DECISIONS:
        raise StoreError(
            message("An exception cannot be {state!r}.", state=state),
            mend=message("It can be: {decisions}.", decisions=", ".join(DECISIONS)),
        )
    if state == REFUSED and not note.strip():
        raise StoreError("An exception is refused with a comment.", mend="Write why.")
    row = rows.row(0, named=True)
    values = {name: row[name] for name in ("cents", "reason", "asked_by")} | {"state": state, "note": note.strip()}
    store.pay_exceptions.save(book(data.company), about, values, author, row["version"])


def approve(data: Dataset, store: Store, who: Sight, payroll: Payroll, rep_id: str, author: str) -> None:
    """Approve a statement at what it comes to now.

    Raises
    ------
    AccessError
        For one's own statement, and for somebody whose pay is not seen.
    StoreError
        When the person has no statement in the quarter, or the quarter is not over.
    """
    check_kept(data)
    _check_other(who, rep_id)
    rows = payroll.frame.filter(pl.col("rep_id") == rep_id)
    if rows.is_empty() or not payroll.is_over:
        raise StoreError("This statement cannot be approved yet.", mend="Approve it when the quarter is over.")
    about = {"rep_id": rep_id, "period_start_on": payroll.begin}
    earlier = store.pay_approvals.newest(book(data.company), **about)
    version = int(earlier["version"][0]) if earlier.height else 0
    store.pay_approvals.save(book(data.company), about, {"cents": int(rows["cents"][0])}, author, version)


def standing(data: Dataset, store: Store, payroll: Payroll) -> pl.DataFrame:
    """Return what was approved of a quarter, beside what the statements come to now.

    Returns
    -------
    pl.DataFrame
        The rows of `payroll.frame` with approved_amount, approved_by and approved_at, null where nothing was approved,
        and changed_amount: by how much a statement differs from what was approved.
    """
    rows = store.pay_approvals.newest(book(data.company)).filter(pl.col("period_start_on") == payroll.begin)
    given = rows.select("rep_id", approved_cents="cents", approved_by="author", approved_at="saved_at")
    both = payroll.frame.join(given, on="rep_id", how="left", maintain_order="left")
    return both.with_columns(
        approved_amount=pl.col("approved_cents") / CENTS,
        changed_amount=(pl.col("cents") - pl.col("approved_cents")) / CENTS,
    ).drop("approved_cents")


def _check_seen(who: Sight, rep_id: str) -> None:
    if rep_id not in who.people:
        raise AccessError("You do not see this person's pay.", mend="Ask somebody above them.")


def _check_other(who: Sight, rep_id: str) -> None:
    _check_seen(who, rep_id)
    if rep_id == who.own:
        raise AccessError("Nobody decides on their own pay.", mend="Somebody above you has to.")
