"""Whether reasons are the same when the model is learnt again from other accounts, or from other deals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import ModelError
from core.explain import deals
from core.explain.contributions import explain
from core.localization import joined, message
from core.models import churn
from core.models.bundle import Bundle
from core.models.close import CloseModel, trainer
from core.models.close.landmark_archive import Landmarks
from core.models.customers.account_outlook import Customers
from core.models.estimators import landmark_classifier, model_selection

RESAMPLES = 6
TOP = 3
MOST_DEALS = 3_000
DAYS = 90
NOTHING = 1e-9


@dataclass(frozen=True)
class Steadiness:
    """How often each driver is among the three strongest.

    Attributes
    ----------
    frame : pl.DataFrame
        [driver, top_rate, least, most]: the share of retrained models in which the driver is among the
        three strongest, and between which contributions (in points) it lay.
    low, high : float
        Between which chances the retrained models lie.
    n : int
    drawn : str
        What each was learnt from.
    note : str
        What to mind; empty where nothing.
    """

    frame: pl.DataFrame
    low: float
    high: float
    n: int
    drawn: str = "accounts"
    note: str = ""

    def sentence(self) -> str:
        """Say how many of the reasons hold."""
        steady = self.frame.filter(pl.col("top_rate") >= 0.8)
        names = joined(*(d.lower() for d in steady["driver"]), by=", ")
        head = message(
            "Re-tested {n} times on different samples of {drawn}, the chance is between ", n=self.n, drawn=self.drawn
        )
        head += message("{low:.0f} and {high:.0f} %", low=self.low * 100, high=self.high * 100)
        if steady.is_empty():
            return message(
                "{head}; no reason is reliably among the top three, so do not rely on their order.", head=head
            )
        return message("{head}; reliably among the top three: {names}.", head=head, names=names)


def account(
    dataset: Dataset,
    settings: Settings,
    bundle: Bundle,
    customers: Customers,
    account_id: str,
    n: int = RESAMPLES,
) -> Steadiness:
    """Learn the churn model again from resampled accounts and see whether the reasons stay the same.

    Whole accounts are drawn with replacement, so that no account's own past stands on both sides more than
    chance has it; each model is of the kind in use, trained on every other landmark.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    customers : Customers
    account_id : str
    n : int
        How many models are learnt.

    Raises
    ------
    ModelError
        When the account does not pay or there is too little to learn from.
    """
    row = customers.features.filter(pl.col("account_id") == account_id)
    if row.is_empty():
        raise ModelError(
            message("The account {account_id} does not pay at present.", account_id=account_id),
            mend="Choose one that is listed.",
        )
    if customers.lived.is_empty():
        raise ModelError("There is no past to learn from.", mend="Load more history.")
    days = settings.models.churn_days
    marks = customers.lived.with_columns(
        horizon_days=pl.lit(days, pl.Int64),
        is_known_on=pl.col("as_of") + timedelta(days=days),
        target=pl.col("has_left").cast(pl.Int8),
    )
    like = bundle.need_churn().ready()
    ids = marks["account_id"].unique().sort()
    rng = np.random.default_rng(settings.models.seed)
    parts, chances = [], []
    for k in range(n):
        drawn = pl.DataFrame({"account_id": ids[rng.integers(0, ids.len(), ids.len())]})
        model = landmark_classifier.again(drawn.join(marks, on="account_id"), churn.recipe(settings), settings, like)
        chances.append(float(model.predict(row)[0]))
        parts.append(explain(model, row, unit="points").by_driver().with_columns(draw=pl.lit(k)))
    return _summary(pl.concat(parts), chances, n)


def deal(
    dataset: Dataset,
    settings: Settings,
    bundle: Bundle,
    landmarks: Landmarks,
    opportunity_id: str,
    n: int = RESAMPLES,
    most: int = MOST_DEALS,
) -> Steadiness:
    """Learn the close model again from resampled deals and see whether a deal's reasons stay the same.

    Whole deals, each with all its landmarks, are drawn with replacement; each model is of the kinds in use for won and
    for lost, corrected as that in use. So that it takes seconds, no more than `most` deals are drawn for each:
    models learnt from fewer deals differ more among themselves than the one in use would, so what holds here
    holds there.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    landmarks : Landmarks
        What the models are learnt again from.
    opportunity_id : str
    n : int
        How many models are learnt.
    most : int
        Deals drawn for each, at the most.

    Raises
    ------
    ModelError
        When there is no close model, the deal is not open, or there is too little to learn from.
    """
    model = bundle.need_close()
    rows = deals.opened(bundle, opportunity_id)
    marks = landmarks.company
    ids = marks["opportunity_id"].unique().sort()
    size = min(ids.len(), most)
    rng = np.random.default_rng(settings.models.seed)
    splits = []
    for _ in range(n):
        drawn = pl.DataFrame({"opportunity_id": ids[rng.integers(0, ids.len(), size)]})
        again = _again(drawn.join(marks, on="opportunity_id", maintain_order="left"), settings, model)
        splits += [] if again is None else [deals.split(again, rows, bundle.deal_scores.columns, DAYS)]
    if not splits:
        raise ModelError("There are too few past outcomes to learn from again.", mend="Load more deals that ended.")
    parts = pl.concat([split.by_driver().with_columns(draw=pl.lit(k)) for k, split in enumerate(splits)])
    steadiness = _summary(parts, [split.shown / 100 for split in splits], len(splits))
    fewer = message(
        "Each test used {size:,} of {len:,} past deals, so the results vary more than the model in use.",
        size=size,
        len=ids.len(),
    )
    return replace(steadiness, drawn=f"{size:,} past deals", note=fewer if size < ids.len() else "")


class _Again(trainer.Trial):
    """The same kinds of model as those in use, without a race."""

    def __init__(self, marks: pl.DataFrame, settings: Settings, like: CloseModel) -> None:
        self.like = like
        simple = like.card_.get("is_simple")
        fewest = len(marks) + 1 if simple else 0
        models = settings.models.model_copy(update={"min_closed_deals": fewest})
        super().__init__(marks, settings.model_copy(update={"models": models}), 0)

    def results(self, last: int) -> list[model_selection.Result]:
        risks, card = self.like.ready(), self.like.card_
        return [
            model_selection.Result(str(card["winner"]), risks.win_map),
            model_selection.Result(str(card["winner_lost"]), risks.lose_map),
        ]


def _again(marks: pl.DataFrame, settings: Settings, like: CloseModel) -> CloseModel | None:
    """Return a close model learnt from other landmarks; None where a draw holds no win or no loss."""
    try:
        return CloseModel(settings, _Again(marks, settings, like).risks(), dict(like.card_))
    except ModelError:
        return None


def _summary(parts: pl.DataFrame, chances: list[float], n: int) -> Steadiness:
    moves = parts.filter(pl.col("contribution").abs() > NOTHING)
    rank = pl.col("contribution").abs().rank("ordinal", descending=True).over("draw")
    frame = (
        moves.with_columns(rank=rank)
        .group_by("driver")
        .agg(
            top_rate=(pl.col("rank") <= TOP).sum() / n,
            least=pl.col("contribution").min(),
            most=pl.col("contribution").max(),
        )
    )
    shown = frame.filter(pl.col("top_rate") > 0).sort("top_rate", "driver", descending=[True, False])
    return Steadiness(shown, min(chances), max(chances), n)
