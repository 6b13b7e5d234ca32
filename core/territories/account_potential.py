"""What an account may book in the next twelve months: from its own history, its size and industry, and look-alikes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from core.config import Settings
from core.config.calendar import add_months
from core.contracts import Dataset
from core.contracts.constants import NOT_KNOWN
from core.contracts.spans import line_runs
from core.localization import message
from core.metrics import bookings
from core.metrics.measure import counted, money

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

YEAR, YEARS_BACK, MOST_TRIALS = 12, 3, 2
FEWEST_ACCOUNTS, FEWEST_BUYERS = 40, 15
NEIGHBOURS = 25
LAST_YEAR, LOOK_ALIKES, LEARNT, BLEND = (
    "last year's bookings",
    "look-alikes",
    "history and look-alikes",
    "both together",
)
KINDS = ("industry", "segment", "region")
SURE = 1.96
N_TREES = 80
TREES = {
    "objective": "poisson",
    "learning_rate": 0.06,
    "num_leaves": 12,
    "min_data_in_leaf": 20,
    "num_threads": 1,
    "deterministic": True,
    "seed": 0,
    "verbosity": -1,
}
POTENTIAL = {
    "account_id": pl.String,
    "account_name": pl.String,
    "owner_id": pl.String,
    "segment": pl.String,
    "industry": pl.String,
    "region": pl.String,
    "last_amount": pl.Float64,
    "look_alike_amount": pl.Float64,
    "potential_amount": pl.Float64,
}
TRIALS = {"model": pl.String, "miss_amount": pl.Float64, "total_amount": pl.Float64, "serves": pl.Boolean}


@dataclass(frozen=True)
class Potential:
    """What every account may book in a year, and how the ways to say so did on years that are over.

    Attributes
    ----------
    frame : pl.DataFrame
        The columns of `POTENTIAL`, largest first. look_alike_amount is the mean of the most similar accounts, null
        where nothing could be learnt.
    trials : pl.DataFrame
        [model, miss_amount (root mean squared miss by account and year), total_amount (said of all together, of the
        last twelve months), serves], judged on the last twelve months and, where records reach back five years, on the
        twelve before, of which none had seen anything.
    model : str
        The one that serves.
    actual : float
        What all accounts booked in the last twelve months.
    """

    frame: pl.DataFrame
    trials: pl.DataFrame
    model: str
    actual: float
    currency: str

    def sentence(self) -> str:
        """Say what all accounts may book, by which way, and whether it beat last year's bookings."""
        if self.frame.is_empty():
            return "There are no accounts, so nothing has a potential."
        total = money(float(self.frame["potential_amount"].sum()), self.currency)
        text = message(
            "{accounts} may book {total} in the next twelve months",
            accounts=counted(self.frame.height, "account"),
            total=total,
        )
        if self.trials.is_empty():
            return message("{text} if it goes like last year: there is too little history to learn from.", text=text)
        misses = dict(self.trials.select("model", "miss_amount").iter_rows())
        usual = money(misses[LAST_YEAR], self.currency)
        if self.model == LAST_YEAR:
            return message(
                "{text} if it goes like last year: nothing that was tried was surely nearer than that (miss {usual}).",
                text=text,
                usual=usual,
            )
        own = money(misses[self.model], self.currency)
        return message(
            "{text}, from {model}: looking back, its typical miss by account and year was {own}, "
            "that of last year's bookings {usual}.",
            text=text,
            model=self.model,
            own=own,
            usual=usual,
        )


def potential(data: Dataset, settings: Settings) -> Potential:
    """Bookings that each account may bring in the next twelve months.

    Formula: four ways are tried on the last twelve months, and on the twelve before where records reach back five
    years, each knowing only what came before: the bookings of the year before; the mean of the 25 most similar
    accounts by industry, segment, region and employees; gradient-boosted trees (Poisson loss) on two years'
    bookings, running contracts, size, kind and that mean; and the mean of the first and the third. The one with the
    smallest squared miss serves, each account's as a share of what its look-alikes bring, so that a few large
    accounts do not decide alone; but only if it is surely nearer than last year's bookings: the mean of the
    differences by account, its years taken together, beyond 1.96 standard errors. It is then learnt anew up to
    today.
    Potential is an expectation of bookings, not the size of a market.

    Parameters
    ----------
    data : Dataset
    settings : Settings

    Returns
    -------
    Potential
    """
    booked = bookings.lines(data).select("account_id", "day", "amount")
    days = [add_months(data.as_of, -YEAR * k) for k in range(YEARS_BACK + MOST_TRIALS)]
    rows = [described(data, booked, day) for day in days]
    outcome = [_between(data, booked, add_months(day, YEAR), day) for day in days[1:]]
    n_trials = _n_trials(rows, outcome, booked, days)
    rows, outcome = rows[: YEARS_BACK + n_trials], outcome[: YEARS_BACK + n_trials - 1]
    if not n_trials:
        return _served(data, rows[0], LAST_YEAR, rows[0]["last_amount"].to_numpy(), None, _no_trials(), 0.0, settings)
    tried = [
        ({name: way(rows[k + 2 :], outcome[k + 1 :], rows[k + 1]) for name, way in WAYS.items()}, outcome[k])
        for k in range(n_trials)
    ]
    winner, trials = _judged(tried)
    now = {name: way(rows[1:], outcome, rows[0]) for name, way in WAYS.items()}
    actual = float(outcome[0].sum())
    return _served(data, rows[0], winner, now[winner], now[LOOK_ALIKES], trials, actual, settings)


def described(data: Dataset, booked: pl.DataFrame, day: date) -> pl.DataFrame:
    """Return what was known of every account on a day.

    Parameters
    ----------
    data : Dataset
    booked : pl.DataFrame
        [account_id, day, amount].
    day : date

    Returns
    -------
    pl.DataFrame
        [account_id, industry, segment, region, size, last_amount, before_amount, mrr_amount], by account: the bookings
        of the twelve months up to the day and of those before, and running contracts. Size is the logarithm of
        employees; kind and size are today's, for accounts have no history of them.
    """
    running = data.subscriptions.filter(pl.col("started_on") <= day, line_runs(day))
    mrr = running.group_by("account_id").agg(mrr_amount=pl.col("mrr_amount").sum())
    employees = pl.col("employee_count").cast(pl.Float64)
    rows = data.accounts.select(
        "account_id", *(pl.col(kind).fill_null(NOT_KNOWN) for kind in KINDS), size=employees.clip(1).log()
    ).with_columns(pl.col("size").fill_null(pl.col("size").median()).fill_null(0.0))
    for name, end in (("last_amount", day), ("before_amount", add_months(day, -YEAR))):
        window = (pl.col("day") <= end) & (pl.col("day") > add_months(end, -YEAR))
        rows = rows.join(
            booked.filter(window).group_by("account_id").agg(pl.col("amount").sum().alias(name)),
            on="account_id",
            how="left",
        )
    rows = rows.join(mrr, on="account_id", how="left").sort("account_id")
    return rows.with_columns(pl.col("last_amount", "before_amount", "mrr_amount").fill_null(0.0).clip(0.0))


def _between(data: Dataset, booked: pl.DataFrame, until: date, after: date) -> Array:
    window = (pl.col("day") > after) & (pl.col("day") <= until)
    sums = booked.filter(window).group_by("account_id").agg(pl.col("amount").sum())
    rows = data.accounts.select("account_id").join(sums, on="account_id", how="left").sort("account_id")
    return np.asarray(rows["amount"].fill_null(0.0).clip(0.0).to_numpy(), float)


def _n_trials(rows: list[pl.DataFrame], outcome: list[Array], booked: pl.DataFrame, days: list[date]) -> int:
    """Return on how many years ways can be tried; each takes accounts, buyers and bookings in all years before it."""
    if rows[0].height < FEWEST_ACCOUNTS or booked.is_empty():
        return 0
    first: Any = booked["day"].min()
    is_full = [
        first <= add_months(day, 1) and int((sums > 0).sum()) >= FEWEST_BUYERS
        for day, sums in zip(days[1:], outcome, strict=True)
    ]
    n_years = is_full.index(False) if False in is_full else len(is_full)
    return max(n_years - YEARS_BACK + 1, 0)


Way = Callable[[list[pl.DataFrame], list["Array"], pl.DataFrame], "Array"]


def _last_year(past: list[pl.DataFrame], outcome: list[Array], rows: pl.DataFrame) -> Array:
    return np.asarray(rows["last_amount"].to_numpy(), float)


def _look_alikes(past: list[pl.DataFrame], outcome: list[Array], rows: pl.DataFrame) -> Array:
    """Return the mean of the accounts most alike in the latest year that is known, oneself left out."""
    from sklearn.neighbors import NearestNeighbors

    points, amounts = _kinds(past[0], rows), outcome[0]
    n = min(NEIGHBOURS + 1, len(amounts))
    _, near = NearestNeighbors(n_neighbors=n).fit(points).kneighbors(points)
    return np.array([amounts[[j for j in row if j != i][: n - 1]].mean() for i, row in enumerate(near)])


def _kinds(past: pl.DataFrame, rows: pl.DataFrame) -> Array:
    """Return where accounts lie by kind and size; every frame has the same accounts in the same order."""
    columns = [rows["size"].to_numpy() / max(float(np.std(past["size"].to_numpy())), 0.1)]
    for kind in KINDS:
        columns += [(rows[kind] == value).to_numpy().astype(float) for value in sorted(rows[kind].unique())]
    return np.column_stack(columns)


def _learnt(past: list[pl.DataFrame], outcome: list[Array], rows: pl.DataFrame) -> Array:
    """Return what trees say that learnt from every year but the first, whose outcome the look-alikes need."""
    import lightgbm

    codes = {kind: {v: k for k, v in enumerate(sorted(rows[kind].unique()))} for kind in KINDS}

    def columns(frame: pl.DataFrame, alike: Array) -> Array:
        kinds = [frame[kind].replace_strict(codes[kind], return_dtype=pl.Float64).to_numpy() for kind in KINDS]
        numbers = [frame[name].to_numpy() for name in ("size", "last_amount", "before_amount", "mrr_amount")]
        return np.column_stack([*kinds, *numbers, alike])

    years = range(len(past) - 1)
    x = np.vstack([columns(past[k], _look_alikes(past[k + 1 :], outcome[k + 1 :], past[k])) for k in years])
    y = np.concatenate([outcome[k] for k in years])
    learnt = lightgbm.train(
        TREES, lightgbm.Dataset(x, y, categorical_feature=list(range(len(KINDS)))), num_boost_round=N_TREES
    )
    return np.asarray(learnt.predict(columns(rows, _look_alikes(past, outcome, rows))), float)


def _blend(past: list[pl.DataFrame], outcome: list[Array], rows: pl.DataFrame) -> Array:
    return (_last_year(past, outcome, rows) + _learnt(past, outcome, rows)) / 2


WAYS: dict[str, Way] = {LAST_YEAR: _last_year, LOOK_ALIKES: _look_alikes, LEARNT: _learnt, BLEND: _blend}


def _judged(tried: list[tuple[dict[str, Array], Array]]) -> tuple[str, pl.DataFrame]:
    """Return the way that serves, and how near each came, from what each said of some years and what was booked."""
    # As a share of what look-alikes bring, for amounts spread as they are large: else a few accounts decide alone. What
    # they were booked is no part of the share, so that the way that is right on average still comes out best.
    scales = [guesses[LOOK_ALIKES] + max(float(guesses[LOOK_ALIKES].mean()), 1.0) for guesses, _ in tried]
    years = list(zip(tried, scales, strict=True))
    squares = {
        name: np.mean([((guesses[name] - actual) / scale) ** 2 for (guesses, actual), scale in years], axis=0)
        for name in WAYS
    }
    best = min(squares, key=lambda name: float(squares[name].mean()))
    gain = squares[LAST_YEAR] - squares[best]
    is_sure = float(gain.mean()) > SURE * float(gain.std(ddof=1)) / len(gain) ** 0.5
    winner = best if is_sure else LAST_YEAR
    rows = [
        (
            name,
            float(np.sqrt(np.mean([(guesses[name] - actual) ** 2 for guesses, actual in tried]))),
            float(tried[0][0][name].sum()),
            name == winner,
        )
        for name in WAYS
    ]
    return winner, pl.DataFrame(rows, schema=TRIALS, orient="row").sort("miss_amount")


def _no_trials() -> pl.DataFrame:
    return pl.DataFrame(schema=TRIALS)


def _served(
    data: Dataset,
    rows: pl.DataFrame,
    winner: str,
    amounts: Array,
    alike: Array | None,
    trials: pl.DataFrame,
    actual: float,
    settings: Settings,
) -> Potential:
    named = data.accounts.select("account_id", "account_name", "owner_id")
    look_alike = pl.Series("look_alike_amount", [None] * rows.height if alike is None else alike, dtype=pl.Float64)
    frame = (
        rows.with_columns(look_alike, potential_amount=pl.Series(amounts, dtype=pl.Float64))
        .join(named, on="account_id", how="left")
        .select(list(POTENTIAL))
        .sort("potential_amount", "account_id", descending=[True, False])
    )
    return Potential(frame, trials, winner, actual, settings.currency)
