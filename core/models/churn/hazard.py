"""What becomes of an account month by month: it leaves, pays less, or pays more, up to a year ahead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import ModelError
from core.features import accounts, landmarks
from core.localization import message
from core.models.estimators import calibration
from core.models.estimators.contenders import Trees
from core.models.estimators.landmark_classifier import encode

Floats = NDArray[np.float64]
Event = Literal["left", "contracted", "expanded"]
EVENTS: tuple[Event, ...] = ("left", "contracted", "expanded")
MONTHS, MONTH_DAYS = 12, 30
STEP_DAYS = 56
TWIN_DAYS, TWINS = 120, 4
PRIOR_MONTHS = 200.0
SHARE, FEW = 0.5, 400
LEVEL_DAYS, LEVEL_PRIOR = 365, 50.0
NAMES = (*accounts.NUMBERS, *accounts.CATEGORIES, "month_ahead", "days_to_renewal_then")
CONTENDERS = ("base rate", "logistic regression", "trees", "mean of both")
_TREES = {
    "objective": "binary",
    "verbose": -1,
    "deterministic": True,
    "force_row_wise": True,
    "num_leaves": 8,
    "min_data_in_leaf": 300,
    "learning_rate": 0.06,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.6,
    "bagging_freq": 1,
    "lambda_l2": 20.0,
    "cat_smooth": 50.0,
    "cat_l2": 30.0,
    "max_cat_to_onehot": 8,
}
_ROUNDS = 90


def moves(subscriptions: pl.DataFrame) -> pl.DataFrame:
    """Return every change of what a paying account pays a month.

    Parameters
    ----------
    subscriptions : pl.DataFrame

    Returns
    -------
    pl.DataFrame
        [account_id, on, event, mrr_before, mrr_after]: event is left where it falls to 0, contracted
        or expanded where it falls or rises in between; the first contract is no event.
    """
    lines = subscriptions.filter(pl.col("mrr_amount") > 0)
    came = lines.select("account_id", on="started_on", net="mrr_amount")
    went = lines.drop_nulls("ended_on").select("account_id", on="ended_on", net=-pl.col("mrr_amount"))
    net = pl.concat([came, went]).group_by("account_id", "on").agg((pl.col("net") * 100).round().sum() / 100)
    path = net.sort("account_id", "on").with_columns(mrr_after=pl.col("net").cum_sum().over("account_id").round(2))
    changes = path.with_columns(mrr_before=(pl.col("mrr_after") - pl.col("net")).round(2))
    event = (
        pl.when(pl.col("mrr_after") <= 0)
        .then(pl.lit("left"))
        .when(pl.col("net") < 0)
        .then(pl.lit("contracted"))
        .otherwise(pl.lit("expanded"))
    )
    real = changes.filter((pl.col("mrr_before") > 0) & (pl.col("net") != 0))
    return real.select("account_id", "on", event.alias("event"), "mrr_before", "mrr_after")


def marks(dataset: Dataset, settings: Settings) -> pl.DataFrame:
    """Return what was known of each paying account every 56 days, with as_of."""
    start = accounts.first(dataset)
    if start is None:
        return pl.DataFrame()
    last = dataset.as_of - timedelta(days=MONTH_DAYS)
    days = landmarks.dates(start + timedelta(days=landmarks.WARM_UP_DAYS), last, STEP_DAYS)
    parts = [accounts.build(dataset, day, settings).with_columns(as_of=pl.lit(day)) for day in days]
    return pl.concat(parts, how="vertical_relaxed") if parts else pl.DataFrame()


def periods(landmark_rows: pl.DataFrame, moved: pl.DataFrame, event: Event, known_on: date) -> pl.DataFrame:
    """Spread landmarks over the 12 months after them, as long as the account was still there.

    Parameters
    ----------
    landmark_rows : pl.DataFrame
        As `marks` gives them.
    moved : pl.DataFrame
        As `moves` gives them.
    event : {"left", "contracted", "expanded"}
    known_on : date
        Months that end later are left out.

    Returns
    -------
    pl.DataFrame
        The landmarks' columns, month_ahead (1 to 12), days_to_renewal_then and target: whether the
        event fell into that month. A month after the account has left is no row.
    """
    places = landmark_rows.select("account_id", "as_of").with_row_index("mark")
    ahead = (
        places.join(moved.filter(pl.col("on") <= known_on), on="account_id")
        .with_columns(month_ahead=((pl.col("on") - pl.col("as_of")).dt.total_days() / MONTH_DAYS).ceil().cast(pl.Int64))
        .filter(pl.col("month_ahead").is_between(1, MONTHS))
    )
    left = ahead.filter(pl.col("event") == "left").group_by("mark").agg(gone=pl.col("month_ahead").min())
    hits = ahead.filter(pl.col("event") == event).select("mark", "month_ahead").unique().with_columns(hit=pl.lit(1))
    return (
        spread(landmark_rows.with_row_index("mark"))
        .filter(pl.col("as_of") + pl.duration(days=pl.col("month_ahead") * MONTH_DAYS) <= known_on)
        .join(left, on="mark", how="left")
        .filter(pl.col("gone").is_null() | (pl.col("month_ahead") <= pl.col("gone")))
        .join(hits, on=["mark", "month_ahead"], how="left", maintain_order="left")
        .with_columns(target=pl.col("hit").fill_null(0).cast(pl.Int8))
        .drop("mark", "gone", "hit")
    )


def spread(frame: pl.DataFrame) -> pl.DataFrame:
    """Repeat each row for the months 1 to 12 ahead, with the days then left to its renewal."""
    months = pl.DataFrame({"month_ahead": list(range(1, MONTHS + 1))}, schema={"month_ahead": pl.Int64})
    return frame.join(months, how="cross").with_columns(
        days_to_renewal_then=pl.col("days_to_renewal") - MONTH_DAYS * pl.col("month_ahead")
    )


def within(hazards: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Return the chance of the event within 90 days and 12 months: 1 − the product of 1 − hazard."""
    stays = 1 - pl.col("hazard")
    return hazards.group_by(keys, maintain_order=True).agg(
        p_90d=1 - stays.filter(pl.col("month_ahead") <= 3).product(), p_12m=1 - stays.product()
    )


def level(expected: float, happened: float) -> float:
    """Return by how much log odds are moved so that what is expected of the last year comes near what happened.

    Formula: log((happened + 50) / (expected + 50)); the 50 on both sides hold it back where events are few.

    Examples
    --------
    >>> round(level(100.0, 250.0), 4)
    0.6931
    """
    return float(np.log((happened + LEVEL_PRIOR) / (expected + LEVEL_PRIOR)))


@dataclass
class HazardModel:
    """The chance of an event in each of the next 12 months, given that the account is still there.

    Four contenders run a race on later data: the base rate of each month ahead (drawn towards the
    mean of all), a ridge logistic regression, LightGBM trees, and the mean of the latter two in log
    odds. The one with the lowest log loss serves; below the fewest outcomes it is the base rate. Each is
    moved to the level of the months of the last year (`level`), for how many leave changes over the years.

    Parameters
    ----------
    settings : Settings
    event : {"left", "contracted", "expanded"}

    Attributes
    ----------
    winner_ : str
    rates_ : list of float
        The base rate of each month ahead.
    levels_ : dict of str to float
        By how much each contender's log odds are moved.
    card_ : dict
        n_rows, n_outcomes (accounts), race (log loss per contender), auc, expected and happened. The last two
        are sums over the judged rows, of the chances that models gave which had not seen what came later, and of
        what came: an event counts once for every landmark of the year before it, so both are larger than the
        number of accounts. No event is lost between them; expected is below happened where an event has become
        more frequent than it was before the cuts.
    past_ : pl.DataFrame
        [account_id, as_of, month_ahead, target, hazard] as twins gave it that had not seen it.
    scored_ : pl.DataFrame
        [account_id, as_of, p_90d, p_12m]: the chance of the event within 90 days and 12 months that
        such twins gave, also where the 12 months are not over yet.
    """

    settings: Settings
    event: Event = "left"
    winner_: str = CONTENDERS[0]
    rates_: list[float] = field(default_factory=list)
    levels_: dict[str, float] = field(default_factory=dict)
    words_: dict[str, tuple[str, ...]] = field(default_factory=dict)
    line_: Line | None = None
    trees_: Trees | None = None
    card_: dict[str, Any] = field(default_factory=dict)
    past_: pl.DataFrame = field(default_factory=pl.DataFrame)
    scored_: pl.DataFrame = field(default_factory=pl.DataFrame)

    def fit(self, landmark_rows: pl.DataFrame, moved: pl.DataFrame, known_on: date, twins: int = TWINS) -> HazardModel:
        """Race the contenders on later data, then fit the winner on everything.

        Raises
        ------
        ModelError
            When there is no past month to learn from.
        """
        rows = periods(landmark_rows, moved, self.event, known_on) if landmark_rows.height else pl.DataFrame()
        if rows.is_empty():
            raise ModelError(
                message("There is no history to learn from how many accounts {event}.", event=self.event),
                mend="Load subscriptions with their start and end dates.",
            )
        n_outcomes = rows.filter(pl.col("target") == 1).select("account_id").n_unique()
        self.card_ = {"event": self.event, "n_rows": rows.height, "n_outcomes": n_outcomes, "race": {}}
        if n_outcomes >= self.settings.models.min_churned_accounts:
            self._race(landmark_rows, moved, known_on, twins)
        self._train(rows, self._needed(self.winner_))
        if self.card_["race"]:
            self._level(rows, known_on)
            self.card_["level"] = self.levels_[self.winner_]
        return self

    def _race(self, landmark_rows: pl.DataFrame, moved: pl.DataFrame, known_on: date, twins: int) -> None:
        parts, scored = [], []
        for k in range(twins, 0, -1):
            cut, until = (known_on - timedelta(days=TWIN_DAYS * j) for j in (k, k - 1))
            seen = periods(landmark_rows.filter(pl.col("as_of") < cut), moved, self.event, cut)
            later = landmark_rows.filter((pl.col("as_of") >= cut) & (pl.col("as_of") < until))
            test = periods(later, moved, self.event, known_on) if later.height else later
            if seen.is_empty() or test.is_empty() or int(seen["target"].sum()) < 2:
                continue
            twin = HazardModel(self.settings, self.event)
            twin._train(seen, CONTENDERS)
            twin._level(seen, cut)
            rates = twin.each(test)
            parts.append(test.select("account_id", "as_of", "month_ahead", "target").with_columns(**rates))
            wide = spread(later)
            scored.append(wide.select("account_id", "as_of", "month_ahead").with_columns(**twin.each(wide)))
        if not parts:
            return
        past = pl.concat(parts)
        target = past["target"].to_numpy().astype(np.float64)
        race = {name: calibration.log_loss(target, past[name].to_numpy()) for name in CONTENDERS}
        self.winner_ = min(race, key=lambda name: race[name])
        p = past[self.winner_].to_numpy()
        self.card_ |= {
            "race": race,
            "winner": self.winner_,
            "auc": calibration.auc(target, p),
            "expected": float(p.sum()),
            "happened": float(target.sum()),
        }
        self.past_ = past.drop(CONTENDERS).with_columns(hazard=pl.Series(p))
        self.scored_ = within(pl.concat(scored).rename({self.winner_: "hazard"}), ["account_id", "as_of"])

    @staticmethod
    def _needed(winner: str) -> tuple[str, ...]:
        return CONTENDERS if winner == CONTENDERS[3] else (CONTENDERS[0], winner)

    def _train(self, rows: pl.DataFrame, which: tuple[str, ...]) -> None:
        mean = float(rows["target"].mean() or 0.0)  # type: ignore[arg-type]
        sums = rows.group_by("month_ahead").agg(n=pl.len(), hit=pl.col("target").cast(pl.Int64).sum())
        by_month = {m: (hit + PRIOR_MONTHS * mean) / (n + PRIOR_MONTHS) for m, n, hit in sums.rows()}
        self.rates_ = [float(by_month.get(m, mean)) for m in range(1, MONTHS + 1)]
        self.words_ = {n: tuple(rows[n].drop_nulls().cast(pl.String).unique().sort()) for n in accounts.CATEGORIES}
        if len(which) > 1:
            some = np.random.default_rng(self.settings.models.seed).random(rows.height) < SHARE
            rows = rows.filter(pl.Series(some)) if rows["target"].sum() > FEW else rows
            x, y = encode(rows, NAMES, self.words_), rows["target"].to_numpy().astype(np.float64)
            self.line_ = Line.fit(x, y, len(accounts.CATEGORIES), self.words_) if CONTENDERS[1] in which else None
            self.trees_ = self._grow(x, y) if CONTENDERS[2] in which else None

    def _level(self, rows: pl.DataFrame, known_on: date) -> None:
        """Move every contender to the level of the months that ended within the last year."""
        end = pl.col("as_of") + pl.duration(days=pl.col("month_ahead") * MONTH_DAYS)
        late = rows.filter(end > known_on - timedelta(days=LEVEL_DAYS))
        happened = float(late["target"].sum())
        self.levels_ = {name: level(float(p.sum()), happened) for name, p in self.each(late).items()}

    def _grow(self, x: Floats, y: Floats) -> Trees:
        import lightgbm as lgb

        rising, falling = ("n_tickets_30d", "n_tickets_90d", "recent_tickets"), ("usage_change_rate_90d",)
        way = [(n in rising) - (n in falling) if self.event == "left" else 0 for n in NAMES]
        shared = {
            "num_threads": self.settings.models.threads,
            "seed": self.settings.models.seed,
            "monotone_constraints": way,
        }
        coded = [n for n in accounts.CATEGORIES if self.words_[n]]
        half = np.random.default_rng(self.settings.models.seed).random(len(y)) < SHARE
        data = lgb.Dataset(
            x[half], y[half], feature_name=list(NAMES), categorical_feature=coded, params={"verbose": -1}
        )
        return Trees(lgb.train({**_TREES, **shared}, data, _ROUNDS).model_to_string())

    def rates(self, rows: pl.DataFrame) -> Floats:
        """Return the chance of the event in each row's month ahead; rows as `spread` gives them."""
        return self.each(rows)[self.winner_]

    def each(self, rows: pl.DataFrame) -> dict[str, Floats]:
        """Return the chances by every contender that was trained."""
        base: Floats = np.asarray(self.rates_, dtype=np.float64)[rows["month_ahead"].to_numpy() - 1]
        odds: dict[str, Floats] = {}
        if self.line_ is not None or self.trees_ is not None:
            x = encode(rows, NAMES, self.words_)
            if self.line_ is not None:
                odds[CONTENDERS[1]] = self.line_.margin(x)
            if self.trees_ is not None:
                odds[CONTENDERS[2]] = np.asarray(self.trees_.predict(x, raw_score=True), dtype=np.float64)
            if len(odds) == 2:
                odds[CONTENDERS[3]] = (odds[CONTENDERS[1]] + odds[CONTENDERS[2]]) / 2
        odds = {CONTENDERS[0]: np.log(base / (1 - base)), **odds} if self.levels_ else odds
        rates = {name: 1 / (1 + np.exp(-m - self.levels_.get(name, 0.0))) for name, m in odds.items()}
        return {CONTENDERS[0]: base, **rates}

    def predict(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return [account_id, month_ahead, hazard], twelve rows per account.

        Parameters
        ----------
        frame : pl.DataFrame
            As `features.accounts.build` gives it.
        """
        rows = spread(frame)
        hazard = self.rates(rows) if rows.height else np.zeros(0)
        return rows.select("account_id", "month_ahead").with_columns(hazard=pl.Series(hazard, dtype=pl.Float64))


@dataclass(frozen=True)
class Line:
    """A ridge logistic regression on standardised numbers and one column per known category."""

    middle: Floats
    scale: Floats
    sizes: tuple[int, ...]
    weights: Floats

    @staticmethod
    def fit(x: Floats, y: Floats, n_coded: int, words: Mapping[str, tuple[str, ...]], ridge: float = 10.0) -> Line:
        """Fit by Newton's steps; missing numbers count as the median."""
        import warnings

        coded = slice(len(NAMES) - 2 - n_coded, len(NAMES) - 2)
        numbers = np.delete(x, coded, axis=1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            middle = np.nan_to_num(np.nanmedian(numbers, axis=0))
        spread_ = np.where(np.isnan(numbers), middle, numbers).std(axis=0)
        blank = Line(middle, np.where(spread_ > 0, spread_, 1.0), tuple(len(v) for v in words.values()), np.zeros(0))
        z = blank.design(x)
        share = np.clip(y.mean(), 1e-6, 1 - 1e-6)
        w = np.zeros(z.shape[1])
        w[0] = np.log(share / (1 - share))
        penalty = np.full(len(w), ridge)
        penalty[0] = 0.0
        for _ in range(12):
            p = 1 / (1 + np.exp(-np.clip(z @ w, -30, 30)))
            grad = z.T @ (y - p) - penalty * w
            step = np.linalg.solve((z * (p * (1 - p))[:, None]).T @ z + np.diag(penalty + 1e-6), grad)
            w = w + np.clip(step, -2, 2)
            if np.abs(step).max() < 1e-5:
                break
        return Line(blank.middle, blank.scale, blank.sizes, w)

    def design(self, x: Floats) -> Floats:
        """Return the matrix the weights stand for: 1, standardised numbers within 4, categories."""
        n_coded = len(self.sizes)
        first = len(NAMES) - 2 - n_coded
        numbers = np.delete(x, slice(first, first + n_coded), axis=1)
        z = np.clip((np.where(np.isnan(numbers), self.middle, numbers) - self.middle) / self.scale, -4, 4)
        dummies = [(x[:, first + i, None] == np.arange(size)) for i, size in enumerate(self.sizes)]
        return np.hstack([np.ones((len(x), 1)), z, *dummies]).astype(np.float64)

    def margin(self, x: Floats) -> Floats:
        """Return log odds."""
        return np.asarray(self.design(x) @ self.weights, dtype=np.float64)
