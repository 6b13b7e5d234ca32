"""What customers without a contract will spend: who buys again, how often, how much."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.config import Settings
from core.contracts.errors import ModelError
from core.localization import message
from core.marts.exact import exact_sum

Floats = NDArray[np.float64]
WEEK = 7.0
FLOOR = 0.001
MOST_TO_FIT = 20_000
FEWEST = 50
BINS = 10
MEMBERS = ("bgnbd", "tweedie", "mean")
FEATURES = (
    "n_repeats",
    "recency_weeks",
    "age_weeks",
    "silence_weeks",
    "silence_share",
    "mean_amount",
    "total_amount",
    "last_amount",
    "first_amount",
    "orders_per_week",
    "n_recent",
    "expected_amount",
)


def summary(orders: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Describe each customer by what was bought up to a date.

    Parameters
    ----------
    orders : pl.DataFrame
        [customer_id, ordered_on, amount]; several lines of a day count as one order, days whose sum is
        not above 0 are left out.
    as_of : date

    Returns
    -------
    pl.DataFrame
        [customer_id, n_repeats, recency_weeks, age_weeks, mean_amount, total_amount, last_amount,
        first_amount, n_recent], sorted by customer: orders after the first, weeks from the first to
        the last of them, weeks from the first to as_of, mean of the repeat orders (null without any),
        and orders in the last quarter of the customer's time.
    """
    days = (
        orders.filter(pl.col("ordered_on") <= as_of)
        .group_by("customer_id", "ordered_on")
        .agg(exact_sum("amount"))
        .filter(pl.col("amount") > 0)
        .sort("customer_id", "ordered_on")
    )
    age = (pl.lit(as_of) - pl.col("ordered_on").first()).dt.total_days()
    back = (pl.lit(as_of) - pl.col("ordered_on")).dt.total_days()
    customers = days.group_by("customer_id", maintain_order=True).agg(
        n_repeats=pl.len().cast(pl.Int64) - 1,
        recency_weeks=(pl.col("ordered_on").last() - pl.col("ordered_on").first()).dt.total_days() / WEEK,
        age_weeks=age / WEEK,
        mean_amount=pl.col("amount").slice(1).mean(),
        total_amount=exact_sum("amount"),
        last_amount=pl.col("amount").last(),
        first_amount=pl.col("amount").first(),
        n_recent=(back <= age / 4).sum(),
    )
    return customers.with_columns(pl.col("n_recent").cast(pl.Int64))


def log_hyp2f1(a: Floats, b: Floats, c: Floats, z: Floats, most: int = 4_000) -> Floats:
    """Return log 2F1(a, b; c; z) for positive a, b, c and z in [0, 1), by its series in log space.

    All terms are positive, so that nothing cancels; the sum runs until no term adds a part in 1e12.
    """
    a, b, c, z = (np.asarray(v, dtype=np.float64) for v in (a, b, c, z))
    shape = np.broadcast(a, b, c, z).shape
    size = int(np.prod(shape))
    term: Floats = np.zeros(size)
    total: Floats = np.zeros(size)
    with np.errstate(divide="ignore"):
        log_z = np.log(z)
    live = np.arange(size)
    flat = [np.broadcast_to(v, shape).ravel() for v in (a, b, c, log_z)]
    for n in range(most):
        aa, bb, cc, lz = (v[live] for v in flat)
        ratio = (aa + n) * (bb + n) / ((cc + n) * (n + 1.0))
        term[live] += np.log(ratio) + lz
        gain = np.exp(np.minimum(term[live] - total[live], 700))
        total[live] += np.log1p(gain)
        falling = ratio * np.exp(lz)
        left = gain / np.maximum(1 - falling, 1e-6)
        live = live[(falling >= 1) | (left > 1e-12)]
        if not live.size:
            break
    return np.asarray(total.reshape(shape), dtype=np.float64)


@dataclass(frozen=True)
class PurchaseRate:
    """BG/NBD: buying at a rate drawn from a gamma, lapsing after an order with a chance drawn from a beta.

    Source: Fader, Hardie and Lee 2005, "Counting your customers the easy way". Parameters carry a
    log-normal prior, without which they run away on shop data where hardly anyone lapses.
    """

    r: float
    alpha: float
    a: float
    b: float

    @staticmethod
    def fit(x: Floats, tx: Floats, age: Floats, prior_sd: float = 2.0) -> PurchaseRate:
        """Fit to repeats, weeks to the last order and weeks of age, by the penalised likelihood."""
        from scipy.optimize import minimize

        rate = max(float(x.sum() / max(age.sum(), 1e-9)), 1e-4)
        centre = np.log([0.5, 0.5 / rate, 1.0, 2.5])

        def loss(theta: Floats) -> float:
            fit = PurchaseRate(*np.exp(theta))
            return float(-fit.log_likelihood(x, tx, age).sum() + 0.5 * (((theta - centre) / prior_sd) ** 2).sum())

        bounds = [(m - 6, m + 6) for m in centre]
        best = minimize(loss, centre, method="L-BFGS-B", bounds=bounds)
        return PurchaseRate(*(float(v) for v in np.exp(best.x)))

    def log_likelihood(self, x: Floats, tx: Floats, age: Floats) -> Floats:
        """Return the log likelihood of each customer."""
        from scipy.special import gammaln

        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        head = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        beta = gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
        alive = -(r + x) * np.log(alpha + age)
        some = x > 0
        lapsed = np.where(some, np.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + tx), -np.inf)
        return np.asarray(head + beta + np.logaddexp(alive, lapsed), dtype=np.float64)

    def is_alive(self, x: Floats, tx: Floats, age: Floats) -> Floats:
        """Return the chance that each customer has not lapsed, as BG/NBD has it: 1 without a repeat order."""
        odds = (
            np.log(self.a)
            - np.log(self.b + np.maximum(x, 1) - 1)
            + (self.r + x) * (np.log(self.alpha + age) - np.log(self.alpha + tx))
        )
        return np.where(x > 0, 1 / (1 + np.exp(np.minimum(odds, 700))), 1.0)

    def still_buys(self, x: Floats, tx: Floats, age: Floats) -> Floats:
        """Return the chance that each customer still buys, never 0 or 1.

        Of those with repeat orders it is `is_alive`. BG/NBD lets nobody lapse before a second order, so that whoever
        bought once stays alive for ever; of them it is the chance that somebody who comes back at all, whose pace
        is a gamma of shape r + 1, would have stayed silent for so long: (alpha / (alpha + age)) ^ (r + 1).
        """
        silent = (self.alpha / (self.alpha + age)) ** (self.r + 1)
        return np.clip(np.where(x > 0, self.is_alive(x, tx, age), silent), FLOOR, 1 - FLOOR)

    def expected(self, x: Floats, tx: Floats, age: Floats, weeks: float) -> Floats:
        """Return the expected orders of each customer in the coming weeks."""
        r, alpha, b = self.r, self.alpha, self.b
        a = self.a + 1e-6 if abs(self.a - 1) < 1e-6 else self.a
        z = weeks / (alpha + age + weeks)
        log_part = (r + x) * np.log((alpha + age) / (alpha + age + weeks))
        inside = log_part + log_hyp2f1(r + x, b + x, np.maximum(a + b + x - 1, 1e-9), z)
        grown = (a + b + x - 1) / (a - 1) * -np.expm1(inside)
        return np.asarray(np.maximum(grown, 0) * self.is_alive(x, tx, age), dtype=np.float64)


@dataclass(frozen=True)
class OrderValue:
    """Gamma-Gamma: what an order is worth, drawn towards the mean of all the more, the fewer were seen.

    Source: Fader and Hardie 2013, "The Gamma-Gamma model of monetary value"; log-normal priors.
    """

    p: float
    q: float
    v: float

    @staticmethod
    def fit(x: Floats, mean: Floats, prior_sd: float = 2.0) -> OrderValue:
        """Fit to the number of repeat orders (above 0) and their mean amount (above 0)."""
        from scipy.optimize import minimize
        from scipy.special import gammaln

        middle = float(np.average(mean, weights=x))
        centre = np.log([5.0, 3.0, middle * 3.0 / 5.0])

        def loss(theta: Floats) -> float:
            p, q, v = np.exp(theta[0]), 1 + np.exp(theta[1]), np.exp(theta[2])
            px = p * x
            log_likelihood = (
                gammaln(px + q)
                - gammaln(px)
                - gammaln(q)
                + q * np.log(v)
                + (px - 1) * np.log(mean)
                + px * np.log(x)
                - (px + q) * np.log(x * mean + v)
            )
            return float(-log_likelihood.sum() + 0.5 * (((theta - centre) / prior_sd) ** 2).sum())

        best = minimize(loss, centre, method="L-BFGS-B", bounds=[(m - 6, m + 6) for m in centre])
        p, q, v = (float(t) for t in np.exp(best.x))
        return OrderValue(p, 1 + q, v)

    def expected(self, x: Floats, mean: Floats) -> Floats:
        """Return the expected amount of each customer's next order; the mean of all without repeats."""
        seen = np.where(x > 0, np.nan_to_num(mean), 0.0)
        return np.asarray(self.p * (self.v + x * seen) / (self.p * x + self.q - 1), dtype=np.float64)


@dataclass
class RepeatValue:
    """Spend of customers without a contract: BG/NBD × Gamma-Gamma, LightGBM Tweedie, and their mean.

    Parameters
    ----------
    settings : Settings

    Attributes
    ----------
    rate_ : PurchaseRate
    value_ : OrderValue
    trees_ : LightGBM booster or None
        None where there were too few customers to train on.
    card_ : dict
        Customers, parameters, and how each member did on the last part of the data: rmse,
        total_error_rate, top_tenth_share.
    """

    settings: Settings
    rate_: PurchaseRate | None = None
    value_: OrderValue | None = None
    trees_: Callable[[Floats], Floats] | None = None
    spread_: Floats | None = None
    card_: dict[str, Any] = field(default_factory=dict)
    customers_: pl.DataFrame = field(default_factory=pl.DataFrame)
    _inner: int = 1

    def fit(self, orders: pl.DataFrame, as_of: date) -> RepeatValue:
        """Learn from orders up to a date.

        Parameters
        ----------
        orders : pl.DataFrame
            [customer_id, ordered_on, amount].
        as_of : date

        Raises
        ------
        ModelError
            With fewer than 50 customers, or fewer than 10 who came back.
        """
        self.customers_ = summary(orders, as_of)
        self._bgnbd(self.customers_)
        first = orders["ordered_on"].min()
        self._inner = max((as_of - first).days // 2, 1) if isinstance(first, date) else 1
        self._learn(orders, as_of - timedelta(days=self._inner), self._inner)
        return self

    def _bgnbd(self, customers: pl.DataFrame) -> None:
        repeat = customers.filter(pl.col("n_repeats") > 0)
        if customers.height < FEWEST or repeat.height < 10:
            raise ModelError(
                message(
                    "{height:,} customers with {height_2:,} who came back are too few to value.",
                    height=customers.height,
                    height_2=repeat.height,
                ),
                mend=message("Load at least {fewest} customers, 10 of them with a second order.", fewest=FEWEST),
            )
        thin = customers.sample(min(MOST_TO_FIT, customers.height), seed=self.settings.models.seed)
        x, tx, age = _columns(thin, "n_repeats", "recency_weeks", "age_weeks")
        self.rate_ = PurchaseRate.fit(x, tx, age)
        thin = repeat.sample(min(MOST_TO_FIT, repeat.height), seed=self.settings.models.seed)
        x, mean = _columns(thin, "n_repeats", "mean_amount")
        self.value_ = OrderValue.fit(x, mean)
        self.card_ = {"n_customers": customers.height, "rate": vars(self.rate_), "value": vars(self.value_)}

    def _learn(self, orders: pl.DataFrame, cut: date, days: int) -> None:
        """Train the trees on what came after an earlier date, and judge every member there."""
        before = summary(orders, cut)
        later = orders.filter((pl.col("ordered_on") > cut) & (pl.col("ordered_on") <= cut + timedelta(days=days)))
        came = later.group_by("customer_id").agg(spent=exact_sum("amount"))
        rows = before.join(came, on="customer_id", how="left", maintain_order="left")
        spent = rows["spent"].fill_null(0.0).clip(0).to_numpy()
        twin = RepeatValue(self.settings)
        try:
            twin._bgnbd(before)
        except ModelError:
            return
        fold = np.arange(rows.height) % 3
        x = twin.features(before, days)
        guess = np.zeros(rows.height)
        for k in range(3):
            guess[fold == k] = self._grow(x[fold != k], spent[fold != k])(x[fold == k])
        self.trees_ = self._grow(x, spent)
        plain = twin.spend(before, days)
        mean = (plain + guess) / 2
        self.card_["judged"] = {name: judge(spent, p) for name, p in zip(MEMBERS, (plain, guess, mean), strict=True)}
        self.card_["judged_days"] = days
        self.spread_ = _spread(mean, spent)

    def _grow(self, x: Floats, y: Floats) -> Callable[[Floats], Floats]:
        import lightgbm as lgb

        shape = {
            "objective": "tweedie",
            "tweedie_variance_power": 1.5,
            "verbose": -1,
            "num_leaves": 7,
            "deterministic": True,
            "min_data_in_leaf": max(20, len(y) // 100),
            "learning_rate": 0.04,
            "feature_fraction": 0.6,
            "bagging_fraction": 0.7,
            "bagging_freq": 1,
            "lambda_l2": 5.0,
            "force_row_wise": True,
            "num_threads": self.settings.models.threads,
            "seed": self.settings.models.seed,
        }
        booster = lgb.train(shape, lgb.Dataset(x, y, params={"verbose": -1}), 120)
        return lambda rows: np.asarray(booster.predict(rows), dtype=np.float64)

    def features(self, customers: pl.DataFrame, days: float) -> Floats:
        """Return the trees' input, the BG/NBD × Gamma-Gamma spend among it."""
        silent = pl.col("age_weeks") - pl.col("recency_weeks")
        age = pl.col("age_weeks").clip(1 / WEEK)
        frame = customers.with_columns(
            silence_weeks=silent,
            silence_share=silent / age,
            orders_per_week=pl.col("n_repeats") / age,
            expected_amount=pl.Series(self.spend(customers, days)),
        )
        return frame.select(FEATURES).cast(pl.Float64).to_numpy()

    def spend(self, customers: pl.DataFrame, days: float) -> Floats:
        """Return BG/NBD orders × Gamma-Gamma value of the coming days."""
        assert self.rate_ is not None
        assert self.value_ is not None
        x, tx, age, mean = _columns(customers, "n_repeats", "recency_weeks", "age_weeks", "mean_amount")
        keys, back = np.unique(np.column_stack([x, tx, age]), axis=0, return_inverse=True)
        orders = self.rate_.expected(keys[:, 0], keys[:, 1], keys[:, 2], days / WEEK)
        return orders[back.ravel()] * self.value_.expected(x, mean)

    def predict(self, days: int) -> pl.DataFrame:
        """Return what each customer is expected to spend in the coming days.

        Parameters
        ----------
        days : int

        Returns
        -------
        pl.DataFrame
            [customer_id, is_alive_rate, n_orders, bgnbd, tweedie, amount, lower, upper]: amount is the
            mean of both members, or bgnbd alone where there are no trees; lower and upper hold what
            80 of 100 customers of a like expectation spent in the past (null where that is not known).
        """
        assert self.rate_ is not None
        customers = self.customers_
        x, tx, age = _columns(customers, "n_repeats", "recency_weeks", "age_weeks")
        plain = self.spend(customers, days)
        trees = None
        if self.trees_ is not None:
            inner = self.spend(customers, self._inner)
            stretch = plain.sum() / inner.sum() if inner.sum() > 0 else 1.0
            trees = self.trees_(self.features(customers, self._inner)) * stretch
        amount = plain if trees is None else (plain + trees) / 2
        low, high = self._range(amount, days)
        return customers.select("customer_id").with_columns(
            is_alive_rate=pl.Series(self.rate_.still_buys(x, tx, age)),
            n_orders=pl.Series(self.rate_.expected(x, tx, age, days / WEEK)),
            bgnbd=pl.Series(plain),
            tweedie=pl.Series(trees if trees is not None else [None] * customers.height, dtype=pl.Float64),
            amount=pl.Series(amount),
            lower=low,
            upper=high,
        )

    def _range(self, amount: Floats, days: int) -> tuple[pl.Series, pl.Series]:
        if self.spread_ is None:
            none = pl.Series([None] * len(amount), dtype=pl.Float64)
            return none, none
        stretch = days / self._inner
        at = self.spread_[:, 0] * stretch
        low, high = (np.interp(amount, at, self.spread_[:, k] * stretch) for k in (1, 2))
        beyond = np.maximum(amount / max(at[-1], 1e-9), 1.0)
        return pl.Series(low * beyond), pl.Series(np.maximum(high * beyond, amount))


def judge(spent: Floats, p: Floats) -> dict[str, float | None]:
    """Hold expected spend against what was spent.

    Returns
    -------
    dict
        rmse; total_error_rate, the sum expected over the sum spent, less 1 (null when nothing was);
        top_tenth_share, the share of all spend that lies in the tenth expected to spend most.
    """
    total = float(spent.sum())
    top = np.argsort(-p, kind="stable")[: max(len(p) // 10, 1)]
    return {
        "rmse": float(np.sqrt(np.mean((p - spent) ** 2))),
        "total_error_rate": float(p.sum() / total - 1) if total else None,
        "top_tenth_share": float(spent[top].sum() / total) if total else None,
    }


def _spread(p: Floats, spent: Floats) -> Floats:
    """Return per bin of like expectation its mean and the 10 and 90 % marks of what was spent, rising."""
    order = np.argsort(p, kind="stable")
    parts = [part for part in np.array_split(order, min(BINS, max(len(p) // 20, 1))) if part.size]
    rows = [(p[i].mean(), np.quantile(spent[i], 0.1), np.quantile(spent[i], 0.9)) for i in parts]
    return np.maximum.accumulate(np.asarray(rows, dtype=np.float64), axis=0)


def _columns(frame: pl.DataFrame, *names: str) -> tuple[Floats, ...]:
    return tuple(frame[n].cast(pl.Float64).to_numpy().astype(np.float64) for n in names)
