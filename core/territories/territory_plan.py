"""New territories for a region: today beside a proposal, what moves, and what hangs on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.contracts.constants import NOT_KNOWN
from core.contracts.errors import ContractError, closest
from core.contracts.spans import line_runs
from core.localization import joined, message, message_plural
from core.metrics import territories
from core.metrics.measure import counted, money, percent
from core.territories.account_potential import Potential, potential
from core.territories.territory_solver import Problem, solve, unevenness

MEASURES = ("potential", "bookings", "work", "accounts")
COLUMNS = ("potential_amount", "booked_amount", "n_activities", "n_accounts")
SOON = timedelta(days=90)
SECONDS = 6.0
MOST_ACCOUNTS = 4_000
LANGUAGE, LANGUAGES = "language", "languages"
REP = {
    "rep_id": pl.String,
    "rep_name": pl.String,
    "team": pl.String,
    "n_accounts": pl.Int64,
    "new_n_accounts": pl.Int64,
    "potential_amount": pl.Float64,
    "new_potential_amount": pl.Float64,
    "booked_amount": pl.Float64,
    "new_booked_amount": pl.Float64,
    "n_activities": pl.Int64,
    "new_n_activities": pl.Int64,
}
MOVE = {
    "account_id": pl.String,
    "account_name": pl.String,
    "segment": pl.String,
    "from_name": pl.String,
    "to_name": pl.String,
    "potential_amount": pl.Float64,
    "booked_amount": pl.Float64,
    "open_amount": pl.Float64,
    "renews_soon": pl.Boolean,
}


@dataclass(frozen=True)
class Wish:
    """What a proposal is asked for.

    Attributes
    ----------
    region : str
        Accounts and reps of one region: nobody gets accounts of another.
    most_moves : int
        How many accounts, with those of the same parent counted together, may change hands.
    weights : tuple of float
        How much potential, bookings, work and the number of accounts count.
    named : tuple of str
        Ids of accounts that stay where they are.
    stays : tuple of str
        Segments whose accounts stay where they are.
    """

    region: str
    most_moves: int = 20
    weights: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 0.5)
    named: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """Territories of a region as they are and as they could be.

    Attributes
    ----------
    frame : pl.DataFrame
        The columns of `REP`, by rep: today, and under the proposal with `new_` in front.
    moves : pl.DataFrame
        The columns of `MOVE`, largest potential first; from_name is null for accounts of nobody of today's team.
    today, proposed, bound : float
        Mean distance from even as a share, and what no spread within the constraints could fall below.
    is_proven : bool
        Whether it is within one hundredth of the best.
    """

    frame: pl.DataFrame
    moves: pl.DataFrame
    wish: Wish
    today: float
    proposed: float
    bound: float
    is_proven: bool
    currency: str
    remark: str = ""

    def sentence(self) -> str:
        """Say what moves, how much more even it is, how far from the best, and what hangs on the moves."""
        if self.frame.is_empty():
            return message("No rep of today's team works in {region}.", region=self.wish.region)
        if self.moves.is_empty():
            return message(
                "In {region} no move within these limits makes territories more even.{gap}",
                region=self.wish.region,
                gap=self._gap(),
            )
        moved = self.moves.drop_nulls("from_name")
        given = self.moves.height - moved.height
        parts = [
            message(
                "{accounts} of {region} would change hands",
                accounts=counted(moved.height, "account"),
                region=self.wish.region,
            )
        ]
        parts += (
            [message("{accounts} without an owner would get one", accounts=counted(given, "account"))] if given else []
        )
        worth = money(float(moved["potential_amount"].sum()), self.currency)
        pipeline = money(float(moved["open_amount"].sum()), self.currency)
        n_soon = int(moved["renews_soon"].sum())
        cost = message(
            " With them go {worth} of potential and {pipeline} of open pipeline", worth=worth, pipeline=pipeline
        )
        cost += (
            message_plural("; {n:,} renews within 90 days.", "; {n:,} renew within 90 days.", n_soon) if n_soon else "."
        )
        return message(
            "{parts}: reps would be {proposed} away from even on average, today {today}.{gap}{cost}{remark}",
            parts=joined(*parts, by=" and "),
            proposed=percent(self.proposed),
            today=percent(self.today),
            gap=self._gap(),
            cost=cost,
            remark=self.remark,
        )

    def _gap(self) -> str:
        if self.is_proven:
            return " No spread within these limits is more even by more than a hundredth."
        best = percent(self.bound)
        return message(
            " The best within these limits may be as low as {best}; the search ended before that was settled.",
            best=best,
        )


def handed_over(data: Dataset, moves: pl.DataFrame) -> list[str]:
    """Return the ids of the open deals that get a new owner with the moves of a proposal, sorted.

    Parameters
    ----------
    data : Dataset
    moves : pl.DataFrame
        The columns of `MOVE`; accounts nobody had are handed over by nobody.
    """
    accounts = moves.drop_nulls("from_name")["account_id"]
    rows = data.opportunities.filter(~pl.col("is_closed"), pl.col("account_id").is_in(accounts.implode()))
    return sorted(rows["opportunity_id"])


def regions(data: Dataset) -> list[str]:
    """Return the regions with a rep of today, the one with the most accounts first."""
    staffed = set(territories.reps(data)["region"].drop_nulls())
    counts = (
        data.accounts.group_by(pl.col("region").fill_null(NOT_KNOWN))
        .len()
        .sort("len", "region", descending=[True, False])
    )
    return [region for region in counts["region"] if region in staffed]


def propose(data: Dataset, settings: Settings, wish: Wish, seconds: float = SECONDS) -> Proposal:
    """New territories of a region that are as even as the limits allow.

    Formula: the mean distance of the reps' potential, bookings, work and number of accounts from their mean, weighed
    as asked, is made as small as possible (mixed-integer programming by HiGHS). Accounts of one parent move together;
    named accounts and segments that stay do not move; everybody keeps to the region, so that nobody travels further;
    where accounts have a language and reps have languages, only who speaks it may have the account; at most so many
    change hands. Accounts whose owner is no rep of today get one, which counts as no move. What a change of owner does
    to a deal is not in it: accounts have no history of owners to learn it from.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    wish : Wish
    seconds : float
        How long may be searched. What is found within a limit of time may differ from machine to machine.

    Returns
    -------
    Proposal

    Raises
    ------
    ContractError
        When there is no such region, or it has more accounts than are spread at once.
    """
    staffed = regions(data)
    if wish.region not in staffed:
        near = closest(wish.region, staffed)
        hint = (
            message("Did you mean {near!r}?", near=near)
            if near
            else message("There are: {staffed}.", staffed=", ".join(staffed) or message("none"))
        )
        raise ContractError(
            message("No rep of today works in a region called {region!r}.", region=wish.region), mend=hint
        )
    reps = territories.reps(data).filter(pl.col("region") == wish.region)
    rows = _accounts(data, settings, potential(data, settings), wish.region)
    if rows.height > MOST_ACCOUNTS:
        raise ContractError(
            message(
                "{region} has {height:,} accounts, more than the {most_accounts:,} that are spread at once.",
                region=wish.region,
                height=rows.height,
                most_accounts=MOST_ACCOUNTS,
            ),
            mend="Divide the region.",
        )
    problem, group = _problem(data, rows, reps, wish)
    result = solve(problem, seconds)
    ids = reps["rep_id"].to_list()
    new = [ids[k] if k >= 0 else None for k in result.owner[group]]
    after = rows.with_columns(new_id=pl.Series(new, dtype=pl.String))
    split = int(after.filter(pl.col("new_id").is_null()).height)
    remark = (
        message(" {accounts} nobody there may have stay without an owner.", accounts=counted(split, "account"))
        if split
        else ""
    )
    return Proposal(
        _by_rep(after, reps),
        _moves(data, after, reps),
        wish,
        unevenness(problem, problem.owner),
        result.unevenness,
        result.bound,
        result.is_proven,
        settings.currency,
        remark,
    )


def _accounts(data: Dataset, settings: Settings, worth: Potential, region: str) -> pl.DataFrame:
    amounts = worth.frame.select("account_id", "potential_amount")
    parts = data.accounts.select("account_id", "account_name", "segment", "parent_account_id")
    return (
        territories.accounts(data, settings)
        .filter(pl.col("region") == region)
        .join(amounts, on="account_id", how="left")
        .join(parts, on="account_id", how="left")
        .with_columns(pl.col("potential_amount").fill_null(0.0), n_accounts=pl.lit(1, pl.Int64))
        .sort("account_id")
    )


def _problem(data: Dataset, rows: pl.DataFrame, reps: pl.DataFrame, wish: Wish) -> tuple[Problem, np.ndarray]:
    """Return the problem of groups, and which group each account is in.

    Accounts of one parent that have different reps today are groups of their own: nothing says who should have them.
    """
    number = {rep: k for k, rep in enumerate(reps["rep_id"])}
    owner = np.array([number.get(rep, -1) for rep in rows["owner_id"]])
    group = _families(rows, owner)
    n = int(group.max(initial=-1)) + 1
    loads = {
        name: np.bincount(group, weights=np.maximum(rows[column].to_numpy().astype(float), 0.0), minlength=n)
        for name, column in zip(MEASURES, COLUMNS, strict=True)
    }
    group_owner = np.full(n, -1)
    group_owner[group] = owner
    stays = (rows["account_id"].is_in(wish.named) | rows["segment"].fill_null("").is_in(wish.stays)).to_numpy()
    allowed = np.ones((n, len(number)), bool)
    speaks = _speakers(data, rows, reps)
    for k in range(rows.height):
        allowed[group[k]] &= speaks[k]
    for index in np.flatnonzero(stays & (owner >= 0)):
        allowed[group[index]] = False
    # Who has a group today may keep it, whatever else holds.
    has = group_owner >= 0
    allowed[np.flatnonzero(has), group_owner[has]] = True
    weights = dict(zip(MEASURES, wish.weights, strict=True))
    return Problem(loads, weights, group_owner, allowed, max(wish.most_moves, 0)), group


def _families(rows: pl.DataFrame, owner: np.ndarray) -> np.ndarray:
    """Number the families of accounts by their topmost parent in the region and their rep."""
    parent = dict(rows.select("account_id", "parent_account_id").iter_rows())

    def top(account: str) -> str:
        seen = {account}
        while (above := parent.get(account)) in parent and above not in seen:
            account = str(above)
            seen.add(account)
        return min(seen) if parent.get(account) in seen else account

    keys = [f"{top(account)} {rep}" for account, rep in zip(rows["account_id"], owner, strict=True)]
    return np.unique(np.array(keys, str), return_inverse=True)[1].reshape(-1)


def _speakers(data: Dataset, rows: pl.DataFrame, reps: pl.DataFrame) -> np.ndarray:
    """Return [account, rep], whether the rep speaks the account's language; everybody does where data do not say."""
    out = np.ones((rows.height, reps.height), bool)
    if LANGUAGE not in data.accounts.columns or LANGUAGES not in data.sales_team.columns:
        return out
    asked = dict(data.accounts.select("account_id", LANGUAGE).iter_rows())
    spoken = dict(data.sales_team.select("rep_id", LANGUAGES).iter_rows())
    languages = [_words(spoken.get(rep)) for rep in reps["rep_id"]]
    for k, account in enumerate(rows["account_id"]):
        wanted = str(asked.get(account) or "").strip().lower()
        if wanted:
            out[k] = [not words or wanted in words for words in languages]
    return out


def _words(text: object) -> set[str]:
    return {word.strip().lower() for word in str(text or "").replace(";", ",").split(",")} - {""}


def _by_rep(rows: pl.DataFrame, reps: pl.DataFrame) -> pl.DataFrame:
    def sums(key: str, mark: str) -> pl.DataFrame:
        return rows.group_by(key).agg(pl.col(name).sum().alias(f"{mark}{name}") for name in COLUMNS)

    both = reps.join(sums("owner_id", ""), left_on="rep_id", right_on="owner_id", how="left")
    both = both.join(sums("new_id", "new_"), left_on="rep_id", right_on="new_id", how="left")
    return both.select(
        pl.col(name) if kind == pl.String else pl.col(name).fill_null(0).cast(kind) for name, kind in REP.items()
    ).sort("new_potential_amount", "rep_id", descending=[True, False])


def _moves(data: Dataset, rows: pl.DataFrame, reps: pl.DataFrame) -> pl.DataFrame:
    called = dict(reps.select("rep_id", "rep_name").iter_rows())
    until = data.as_of + SOON
    renewing = data.subscriptions.filter(
        line_runs(data.as_of), pl.col("renewal_on") > data.as_of, pl.col("renewal_on") <= until
    )
    soon = pl.col("account_id").is_in(renewing["account_id"].unique().implode())
    moved = rows.filter(pl.col("new_id").is_not_null(), pl.col("owner_id").ne_missing(pl.col("new_id")))

    def name(column: str) -> pl.Expr:
        return pl.col(column).replace_strict(called, default=None, return_dtype=pl.String)

    return (
        moved.with_columns(from_name=name("owner_id"), to_name=name("new_id"), renews_soon=soon)
        .select(list(MOVE))
        .sort("potential_amount", "account_id", descending=[True, False])
    )
