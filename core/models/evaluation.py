"""Can a model be trusted? What it said in the past, held against what happened."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.contracts.amount_visibility import needs_amounts
from core.contracts.errors import ModelError
from core.features.labels import plain
from core.formats import long_day
from core.localization import message, message_plural
from core.marts.exact import exact_sum
from core.metrics.measure import counted, money, percent
from core.models import drift
from core.models.bundle import Bundle
from core.models.churn import ChurnModel
from core.models.close import CloseModel
from core.models.estimators import calibration

SUBJECTS = {"close": ("deals", "were won in time"), "churn": ("accounts", "churned")}
GROUPS = ("segment", "region", "industry", "opportunity_type", "product_family")
FEWEST_IN_GROUP = 40
FULL = 2.0


@dataclass(frozen=True)
class Answer:
    """A frame and the sentence that goes with it.

    Attributes
    ----------
    frame : pl.DataFrame
    text : str
    facts : dict
        Numbers of the sentence, unrounded.
    """

    frame: pl.DataFrame
    text: str
    facts: dict[str, Any] = field(default_factory=dict)

    def sentence(self) -> str:
        """Return the sentence."""
        return self.text


SHORT = "The history is too short to compare past chances with what happened."


def past(dataset: Dataset, settings: Settings, bundle: Bundle, subject: str, days: int) -> pl.DataFrame:
    """Return last year's chances by models that had not seen it, with what happened and the amount at stake.

    Returns
    -------
    pl.DataFrame
        [id, as_of, target, p, share, amount and the groups of `GROUPS` that are known].

    Raises
    ------
    ModelError
        When there is no such model.
    """
    scored = _model(bundle, subject).past_
    if scored.is_empty():
        return pl.DataFrame()
    here = scored.filter(pl.col("horizon_days") == days)
    kinds = dataset.accounts.select("account_id", "segment", "region", "industry")
    if subject == "close":
        families = dataset.products.select("product_id", product_family="family")
        deals = dataset.opportunities.select("opportunity_id", "account_id", "product_id", "opportunity_type", "amount")
        return here.join(deals.join(families, on="product_id", how="left"), on="opportunity_id").join(
            kinds, on="account_id", how="left"
        )
    latest = dataset.subscriptions.group_by("account_id").agg(amount=exact_sum("mrr_amount") * 12)
    return here.join(kinds, on="account_id").join(latest, on="account_id", how="left")


def _model(bundle: Bundle, subject: str) -> CloseModel | ChurnModel:
    if subject not in SUBJECTS:
        raise ModelError(
            message("There is no model called {subject}.", subject=subject),
            mend=message("Known: {subjects}.", subjects=", ".join(SUBJECTS)),
        )
    return bundle.need_close() if subject == "close" else bundle.need_churn()


def _both(rows: pl.DataFrame) -> tuple[Any, Any]:
    return rows["target"].to_numpy().astype(np.float64), rows["p"].to_numpy()


def reliability(dataset: Dataset, settings: Settings, bundle: Bundle, subject: str = "close", days: int = 90) -> Answer:
    """How past chances compare with what happened, in ten groups of equal size.

    Calibration error is the mean distance between said and happened over the groups; the Brier score
    is the mean squared distance between chance and outcome, beside that of giving everybody the share so
    far. Each quarter of the last year was scored by a model trained only on what was known before it.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    subject : {"close", "churn"}
    days : int
        Days ahead.

    Returns
    -------
    Answer
        frame [bin, low_rate, high_rate, mean_rate, n, n_happened, happened_rate].
    """
    rows = past(dataset, settings, bundle, subject, days)
    if rows.is_empty():
        return Answer(pl.DataFrame(), SHORT)
    target, p = _both(rows)
    table = calibration.reliability(target, p)
    share = rows["share"].fill_null(float(target.mean())).to_numpy()
    own, base, off = calibration.brier(target, p), calibration.brier(target, share), calibration.error(target, p)
    row, (noun, verb) = table.tail(1).to_dicts()[0], SUBJECTS[subject]
    text = message(
        "Of {n:,} past {noun} given {low_rate:.0f} to {high_rate:.0f} %, {n_happened:,} {verb} "
        "({happened_rate:.0f} %). Over {n_p:,} cases the percentages are off by {off:.1f} points on "
        "average; the Brier score is {own:.3f}, against {base:.3f} for the average rate alone.",
        n=row["n"],
        noun=noun,
        low_rate=row["low_rate"] * 100,
        high_rate=row["high_rate"] * 100,
        n_happened=row["n_happened"],
        verb=verb,
        happened_rate=row["happened_rate"] * 100,
        n_p=len(p),
        off=off * 100,
        own=own,
        base=base,
    )
    return Answer(table, text, {"brier": own, "base_brier": base, "calibration_error": off})


def _ranking(scores: Mapping[str, Any]) -> str:
    """Say how well chances rank cases; nothing ranks cases that all ended alike."""
    if scores["auc"] is None:
        return "all of them ended alike, so the ranking cannot be checked."
    return message(
        "the model ranks the better one first {auc:.0f} times of 100 (details under Models).", auc=scores["auc"] * 100
    )


def record(
    dataset: Dataset, settings: Settings, bundle: Bundle, subject: str = "close", days: int | None = None
) -> Answer:
    """How past chances compare with what happened.

    Every quarter of the last year was scored by a model trained only on what was known when it began; all cases
    count, the company's where a part of it is looked at. Discrimination is the AUC; calibration error is the mean
    distance between predicted and observed shares over ten groups of equal count.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    subject : {"close", "churn"}
    days : int, optional
        Days ahead, one of the horizons in the settings; default 90 for deals, `models.churn_days` for accounts.

    Returns
    -------
    Answer
        frame as that of `reliability`; facts are the model's scores at that horizon.

    Raises
    ------
    ModelError
        When there is no such model.
    """
    model = _model(bundle, subject)
    horizon = days or (90 if subject == "close" else settings.models.churn_days)
    rows = model.past_.filter(pl.col("horizon_days") == horizon) if model.past_.height else model.past_
    if rows.is_empty():
        return Answer(pl.DataFrame(), SHORT)
    table, scores = calibration.reliability(*_both(rows)), model.card_["horizons"][str(horizon)]
    row, (noun, verb) = table.tail(1).to_dicts()[0], SUBJECTS[subject]
    text = message(
        "Of {n:,} past {noun} given {low_rate:.0f} to {high_rate:.0f} %, {n_happened:,} {verb} "
        "({happened_rate:.0f} %). Over {n_2:,} cases the model had not seen, the chance is off by "
        "{calibration_error:.1f} points on average; {ranking}",
        n=row["n"],
        noun=noun,
        low_rate=row["low_rate"] * 100,
        high_rate=row["high_rate"] * 100,
        n_happened=row["n_happened"],
        verb=verb,
        happened_rate=row["happened_rate"] * 100,
        n_2=scores["n"],
        calibration_error=scores["calibration_error"] * 100,
        ranking=_ranking(scores),
    )
    return Answer(table, text, dict(scores))


def lift(dataset: Dataset, settings: Settings, bundle: Bundle, subject: str = "close", days: int = 90) -> Answer:
    """How many are caught by working down the list from the highest chance.

    Cases are sorted by their chance, highest first, and cut into ten. Lift is a tenth's share that
    happened over the share of all; gain is the part of all that happened found by then.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    subject : {"close", "churn"}
    days : int

    Returns
    -------
    Answer
        frame [tenth, n, n_happened, happened_rate, lift, reached_rate, gain_rate].
    """
    rows = past(dataset, settings, bundle, subject, days)
    if rows.is_empty() or not rows["target"].sum():
        return Answer(pl.DataFrame(), SHORT)
    key = rows.columns[0]
    ranked = rows.sort("p", "as_of", key, descending=[True, False, False])
    tenth = (pl.int_range(pl.len()) * 10 // pl.len() + 1).alias("tenth")
    table = (
        ranked.with_columns(tenth)
        .group_by("tenth", maintain_order=True)
        .agg(n=pl.len(), n_happened=pl.col("target").cast(pl.Int64).sum())
    )
    whole, happened = pl.col("n").sum(), pl.col("n_happened").sum()
    table = table.with_columns(
        happened_rate=pl.col("n_happened") / pl.col("n"),
        lift=(pl.col("n_happened") / pl.col("n")) / (happened / whole),
        reached_rate=pl.col("n").cum_sum() / whole,
        gain_rate=pl.col("n_happened").cum_sum() / happened,
    )
    top = table.row(0, named=True)
    noun, verb = SUBJECTS[subject]
    text = message(
        "The top tenth of {noun} holds {gain_rate} of all that {verb}: {lift:.1f}x a random tenth. "
        "The top half holds {gain_rate_2}.",
        noun=noun,
        gain_rate=percent(top["gain_rate"]),
        verb=verb,
        lift=top["lift"],
        gain_rate_2=percent(table["gain_rate"][4]),
    )
    return Answer(table, text)


@needs_amounts
def confusion(
    dataset: Dataset,
    settings: Settings,
    bundle: Bundle,
    subject: str = "close",
    days: int = 90,
    threshold: float | None = None,
    alarm_amount: float | None = None,
    miss_amount: float | None = None,
) -> Answer:
    """What acting on every case above a chance would have cost.

    A false alarm is a case acted on that did not happen, a miss one not acted on that did. The best
    threshold is the one with the lowest cost of both; with right chances it lies at
    alarm / (alarm + miss).

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    subject : {"close", "churn"}
    days : int
    threshold : float, optional
        From 0 to 1; default the best.
    alarm_amount, miss_amount : float, optional
        What each error costs, in the reporting currency; default one week of work
        (`rates.person_week_amount`), and a tenth of the median amount at stake.

    Returns
    -------
    Answer
        frame [threshold, n_hits, n_alarms, n_misses, n_passed, cost_amount], one row per hundredth.
    """
    rows = past(dataset, settings, bundle, subject, days)
    if rows.is_empty():
        return Answer(pl.DataFrame(), SHORT)
    alarm, miss = costs(dataset, settings, bundle, subject, days)
    alarm, miss = (alarm if alarm_amount is None else alarm_amount), (miss if miss_amount is None else miss_amount)
    target, p = _both(rows)
    cuts = np.round(np.arange(0, 1.01, 0.01), 2)
    acted = p[None, :] >= cuts[:, None]
    hits, alarms = (acted * target).sum(axis=1), (acted * (1 - target)).sum(axis=1)
    misses = target.sum() - hits
    table = pl.DataFrame(
        {
            "threshold": cuts,
            "n_hits": hits.astype(int),
            "n_alarms": alarms.astype(int),
            "n_misses": misses.astype(int),
            "n_passed": (len(p) - hits - alarms - misses).astype(int),
            "cost_amount": alarms * alarm + misses * miss,
        }
    )
    best = table.row(int(table["cost_amount"].arg_min() or 0), named=True)
    at = best if threshold is None else table.row(round(threshold * 100), named=True)
    text = message(
        "Acting from {threshold:.0f} % up would have caught {n_hits:,} of {n_hits_2:,} and raised "
        "{n_alarms:,} false alarms: errors cost {cost_amount}. The cheapest point is "
        "{threshold_2:.0f} %, at {cost_amount_2}.",
        threshold=at["threshold"] * 100,
        n_hits=at["n_hits"],
        n_hits_2=at["n_hits"] + at["n_misses"],
        n_alarms=at["n_alarms"],
        cost_amount=money(at["cost_amount"], settings.currency),
        threshold_2=best["threshold"] * 100,
        cost_amount_2=money(best["cost_amount"], settings.currency),
    )
    return Answer(table, text, {"best": best, "at": at, "alarm_amount": alarm, "miss_amount": miss})


def costs(dataset: Dataset, settings: Settings, bundle: Bundle, subject: str, days: int) -> tuple[float, float]:
    """Return what a false alarm and a miss cost by default: a week of work, a tenth of the median amount."""
    rows = past(dataset, settings, bundle, subject, days)
    middle = rows["amount"].median() if not rows.is_empty() else None
    return settings.rates.person_week_amount / 5, round(float(middle) / 10, -2) if isinstance(
        middle, float
    ) else 1_000.0


def history(dataset: Dataset, settings: Settings, bundle: Bundle, subject: str = "close", days: int = 90) -> Answer:
    """Predicted and actual rates through the last year.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    subject : {"close", "churn"}
    days : int

    Returns
    -------
    Answer
        frame [as_of, n, mean_rate, happened_rate, brier, base_brier], one row per date.
    """
    rows = past(dataset, settings, bundle, subject, days)
    if rows.is_empty():
        return Answer(pl.DataFrame(), SHORT)
    p, y, share = pl.col("p"), pl.col("target").cast(pl.Float64), pl.col("share").fill_null(pl.col("target").mean())
    table = (
        rows.group_by("as_of")
        .agg(
            n=pl.len(),
            mean_rate=p.mean(),
            happened_rate=y.mean(),
            brier=((p - y) ** 2).mean(),
            base_brier=((share - y) ** 2).mean(),
        )
        .sort("as_of")
    )
    better = table.filter(pl.col("brier") < pl.col("base_brier")).height
    worst = (
        table.with_columns(gap=(pl.col("mean_rate") - pl.col("happened_rate")).abs()).sort("gap").row(-1, named=True)
    )
    text = message(
        "On {better} of {height} past dates the model beat the average rate. It was furthest off on "
        "{as_of}: {mean_rate} predicted, {happened_rate} happened.",
        better=better,
        height=table.height,
        as_of=long_day(worst["as_of"]),
        mean_rate=percent(worst["mean_rate"]),
        happened_rate=percent(worst["happened_rate"]),
    )
    return Answer(table, text)


def segments(dataset: Dataset, settings: Settings, bundle: Bundle, subject: str = "close", days: int = 90) -> Answer:
    """Groups in which the model was wrong.

    The gap is what was said less what happened; its standard error is that of independent cases with the
    chances said, times the root of two because a case is looked at on several dates. A group counts as
    wrong where the gap is more than twice that.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    subject : {"close", "churn"}
    days : int

    Returns
    -------
    Answer
        frame [group, value, n, mean_rate, happened_rate, gap, error_rate, is_wrong], furthest off first;
        groups of fewer than 40 cases are left out.
    """
    rows = past(dataset, settings, bundle, subject, days)
    if rows.is_empty():
        return Answer(pl.DataFrame(), SHORT)
    p, y = pl.col("p"), pl.col("target").cast(pl.Float64)
    parts = [
        rows.group_by(value=pl.col(name).fill_null("not known"))
        .agg(
            n=pl.len(),
            mean_rate=p.mean(),
            happened_rate=y.mean(),
            error_rate=(2 * (p * (1 - p)).sum()).sqrt() / pl.len(),
        )
        .with_columns(group=pl.lit(name.replace("_", " ")))
        for name in GROUPS
        if name in rows.columns
    ]
    table = (
        pl.concat(parts)
        .filter(pl.col("n") >= FEWEST_IN_GROUP)
        .with_columns(gap=pl.col("mean_rate") - pl.col("happened_rate"))
        .with_columns(is_wrong=pl.col("gap").abs() > FULL * pl.col("error_rate"))
    )
    table = table.sort((pl.col("gap") / pl.col("error_rate")).abs(), "value", descending=[True, False]).select(
        "group", "value", "n", "mean_rate", "happened_rate", "gap", "error_rate", "is_wrong"
    )
    if table.is_empty():
        return Answer(table, "No group has enough past cases to be judged.")
    wrong, top = table.filter("is_wrong").height, table.row(0, named=True)
    side = "too high" if top["gap"] > 0 else "too low"
    text = message(
        "In {wrong} of {groups} the model was clearly off. Largest gap: {group} {value}, {gap:.1f} "
        "points {side} over {cases}.",
        wrong=wrong or message("none"),
        groups=counted(table.height, "group"),
        group=top["group"],
        value=top["value"],
        gap=abs(top["gap"]) * 100,
        side=side,
        cases=counted(top["n"], "case"),
    )
    return Answer(table, text)


def race(dataset: Dataset, settings: Settings, bundle: Bundle, subject: str = "close") -> Answer:
    """How the candidate models compared, and which one is in use.

    All contenders were trained on what was known before each of the last four quarters and judged on what
    came after, by log loss; lower is better. The winner serves.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    subject : {"close", "churn"}

    Returns
    -------
    Answer
        frame [contender, log_loss, brier, auc, calibration_error, n, serves].
    """
    about = card(dataset, settings, bundle, subject)
    table = pl.DataFrame(about.get("race") or [])
    if table.is_empty():
        return Answer(table, "The history is too short to compare models; a simple table of past rates is in use.")
    table = table.with_columns(serves=pl.col("contender") == about["winner"])
    base = table.filter(pl.col("contender") == "base rate")
    own = table.filter("serves")
    saved = 1 - float(own["log_loss"][0]) / float(base["log_loss"][0]) if base.height and own.height else None
    text = message("In use: {winner}", winner=about["winner"])
    text += (
        message(", with a log loss {saved:.0f} % below that of the average rate.", saved=saved * 100)
        if saved is not None
        else "."
    )
    if not about.get("has_skill", True):
        text = "Nothing clearly beat the average rate, so everybody gets the average rate of the past."
    corrections = {
        "identity": "used as they are, as no correction helped",
        "platt": "corrected by a line in log odds",
        "isotonic": "corrected by a rising curve",
    }
    text += message(
        " Its percentages are {corrections}.",
        corrections=corrections.get(str(about.get("calibration")), "used as they are"),
    )
    left = [
        message("{plain} ({why})", plain=plain(name).lower(), why=why)
        for name, why in (about.get("left_out") or {}).items()
    ]
    return Answer(table, message("{text} Left out: {left}.", text=text, left="; ".join(left)) if left else text)


def moved(dataset: Dataset, settings: Settings, bundle: Bundle, subject: str = "close") -> Answer:
    """How much today's deals or accounts differ from those the model was trained on.

    The population stability index compares each feature's spread today with that over the past:
    PSI = sum over bins of (now − then) × ln(now / then). Below 0.1 steady, to 0.25 moving, above moved.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    subject : {"close", "churn"}

    Returns
    -------
    Answer
        frame [feature, psi, state], most moved first; what only says the date is left out.
    """
    now = bundle.deal_features if subject == "close" else bundle.account_features
    table = drift.stability(card(dataset, settings, bundle, subject).get("reference", {}), now)
    if table.is_empty():
        return Answer(table, "Too few rows are scored today to say whether they have changed.")
    n = table.filter(pl.col("state") == "moved").height
    top = table.row(0, named=True)
    text = message_plural(
        "{n_2} of the {height} inputs has changed clearly since training; most of all {plain} "
        "(stability index {psi:.2f}).",
        "{n_2} of the {height} inputs have changed clearly since training; most of all {plain} "
        "(stability index {psi:.2f}).",
        n,
        n_2=n or message("None"),
        height=table.height,
        plain=plain(top["feature"]).lower(),
        psi=top["psi"],
    )
    return Answer(table, text + (" Check above whether its recent percentages were right." if n else ""))


def card(dataset: Dataset, settings: Settings, bundle: Bundle, subject: str = "close") -> dict[str, Any]:
    """Return the model card: rows, window, features, race, scores, calibration, spread of the features."""
    return dict(_model(bundle, subject).card_)


def card_text(dataset: Dataset, settings: Settings, bundle: Bundle, subject: str = "close") -> str:
    """Return the model card as JSON text, to be downloaded."""
    return json.dumps(card(dataset, settings, bundle, subject), indent=1, default=str)
