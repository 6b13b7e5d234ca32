"""Trained models on disk and in memory: trained once for a state of the data, the settings and the code."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from filelock import FileLock

from core.config import Settings
from core.config.kept import code, writing
from core.contracts import Dataset
from core.contracts.errors import ModelError, QuarterdeckError
from core.features import accounts, deals
from core.models import churn, close, monitoring, versions
from core.models.churn import ChurnModel
from core.models.close import CloseModel
from core.models.close.competing_risks import Risks
from core.models.estimators.landmark_classifier import Probability
from core.models.revenue import forecast

logger = logging.getLogger(__name__)
KEPT = 6
REMEMBERED = 4
FRAMES = ("deal_features", "account_features", "deal_scores", "churn_scores", "revenue", "revenue_held")
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, OSError, pl.exceptions.PolarsError, ModelError)
Progress = Callable[[float, str], None]
_MEMORY: dict[str, Bundle] = {}


@dataclass(frozen=True)
class Bundle:
    """The models of one state of the data, and what they say of it.

    Attributes
    ----------
    close : CloseModel or None
    churn : ChurnModel or None
        None where the data was too short; `problems` says why.
    problems : dict of str to str
        A sentence for each model that could not be trained.
    deal_features, account_features : pl.DataFrame
        What is known today of each open deal and each paying account.
    deal_scores : pl.DataFrame
        [opportunity_id, p_win_30, p_win_60, p_win_90, p_win_180].
    churn_scores : pl.DataFrame
        [account_id, p_churn_90d].
    revenue, revenue_held : pl.DataFrame
        The revenue forecast and how past ones held, as `models.forecast.RevenueOutlook` has them; empty
        where there is no revenue.
    key : str
        The state of data, settings and code this was trained on.
    """

    close: CloseModel | None
    churn: ChurnModel | None
    problems: dict[str, str] = field(default_factory=dict)
    deal_features: pl.DataFrame = field(default_factory=pl.DataFrame)
    account_features: pl.DataFrame = field(default_factory=pl.DataFrame)
    deal_scores: pl.DataFrame = field(default_factory=pl.DataFrame)
    churn_scores: pl.DataFrame = field(default_factory=pl.DataFrame)
    revenue: pl.DataFrame = field(default_factory=pl.DataFrame)
    revenue_held: pl.DataFrame = field(default_factory=pl.DataFrame)
    key: str = ""

    def need_close(self) -> CloseModel:
        """Return the close model.

        Raises
        ------
        ModelError
            When the data was too short to train it.
        """
        if self.close is None:
            raise ModelError(self.problems.get("close", "There is no close model."), mend="Load more closed deals.")
        return self.close

    def need_churn(self) -> ChurnModel:
        """Return the churn model.

        Raises
        ------
        ModelError
            When the data was too short to train it.
        """
        if self.churn is None:
            raise ModelError(self.problems.get("churn", "There is no churn model."), mend="Load more contracts.")
        return self.churn


def key(dataset: Dataset, settings: Settings) -> str:
    """Return the name of a state: the data's fingerprint, the settings models read, and the code."""
    return _digest(dataset.fingerprint, settings)


def _digest(data: str, settings: Settings) -> str:
    digest = hashlib.blake2b(digest_size=12)
    parts = (settings.models, settings.stages, settings.fiscal)
    for text in (
        data,
        settings.source.months_without_rows,
        *(p.model_dump_json() for p in parts),
        code("features", "models"),
    ):
        digest.update(text.encode())
    return digest.hexdigest()


def train_all(dataset: Dataset, settings: Settings, progress: Progress | None = None) -> Bundle:
    """Train every model; one that lacks data is left out with a sentence.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    progress : callable, optional
        Called with a share in [0, 1] and what is being done.
    """
    say = progress or (lambda share, text: None)
    problems: dict[str, str] = {}
    say(0.05, "Looking back at past deals")
    closing = _try("close", problems, lambda: CloseModel(settings).fit(close.marks(dataset, settings)))
    say(0.70, "Learning who leaves")
    leaving = _try("churn", problems, lambda: ChurnModel(settings).fit(churn.marks(dataset, settings)))
    say(0.85, "Forecasting revenue")
    ahead = _try("revenue", problems, lambda: forecast.forecast_revenue(dataset, settings))
    say(0.95, "Scoring open deals and accounts")
    bundle = _scored(dataset, settings, closing, leaving, problems)
    if ahead is not None:
        whole = ahead.frame.with_columns(unit=pl.lit(forecast.ALL))
        both = pl.concat([whole, ahead.parts.select(whole.columns)])
        if ahead.reasons.height:
            both = both.join(ahead.reasons.drop("amount"), on=["unit", "month"], how="left", maintain_order="left")
        bundle = replace(bundle, revenue=both, revenue_held=ahead.replays)
    say(1.0, "Models ready")
    return bundle


def _try(name: str, problems: dict[str, str], train: Callable[[], Any]) -> Any:
    try:
        return train()
    except QuarterdeckError as error:
        problems[name] = str(error)
        return None
    except Exception as error:  # Whatever fails in one model, the others serve; the card says why.
        logger.exception("the %s model could not be trained", name)
        problems[name] = f"The {name} model could not be trained: {error or type(error).__name__}."
        return None


def _scored(
    dataset: Dataset,
    settings: Settings,
    closing: CloseModel | None,
    leaving: ChurnModel | None,
    problems: dict[str, str],
) -> Bundle:
    open_deals = deals.build(dataset, dataset.as_of, settings)
    paying = accounts.build(dataset, dataset.as_of, settings)
    return Bundle(
        closing,
        leaving,
        problems,
        open_deals,
        paying,
        closing.predict(open_deals) if closing else pl.DataFrame(),
        leaving.predict(paying) if leaving else pl.DataFrame(),
    )


def revenue_outlook(dataset: Dataset, settings: Settings) -> forecast.RevenueOutlook:
    """Return the revenue forecast kept with the models; one person's part of a company is forecast anew.

    Raises
    ------
    ModelError
        When there is no complete month of revenue.
    """
    if dataset.whole is not None or dataset.unmasked is not None:
        return forecast.forecast_revenue(dataset, settings)
    bundle = load_or_train(dataset, settings)
    if bundle.revenue.is_empty():
        raise ModelError(bundle.problems.get("revenue", "There is no revenue to forecast from: load billing."))
    return forecast.outlook_of(bundle.revenue, bundle.revenue_held, settings)


def is_trained(dataset: Dataset, settings: Settings) -> bool:
    """Say whether the models of this data are already kept."""
    return is_kept(_company(dataset), settings)


def _company(dataset: Dataset) -> Dataset:
    dataset = dataset.whole or dataset
    return dataset.unmasked or dataset


def is_kept(dataset: Dataset, settings: Settings) -> bool:
    """Say whether the models of exactly this data are kept on disk."""
    return (settings.home / "models" / key(dataset, settings) / "bundle.json").exists()


def folder(dataset: Dataset, settings: Settings) -> Path | None:
    """Return where the models of exactly this data are kept; None for a part of it, or where nothing is kept."""
    if dataset.is_transient or dataset.whole is not None or dataset.unmasked is not None:
        return None
    path = settings.home / "models" / key(dataset, settings)
    return path if (path / "bundle.json").exists() else None


def alike(dataset: Dataset, settings: Settings) -> tuple[str, date] | None:
    """Return the latest kept version of the same company, settings and code, and the day its data speak of.

    Of several that speak of one day, that of exactly this data comes first.
    """
    root, kind = settings.home / "models", _digest("", settings)
    dated = []
    for file in root.glob("*/bundle.json"):
        try:
            about = json.loads(file.read_text(encoding="utf-8"))
            if (about["source"], about.get("kind")) == (dataset.source, kind):
                dated.append((date.fromisoformat(about["as_of"]), file.parent.name))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    own = key(_company(dataset), settings)
    past = [(day, name == own, name) for day, name in dated if day <= dataset.as_of]
    return (max(past)[2], max(past)[0]) if past else None


def held_against(version: str, dataset: Dataset, settings: Settings) -> list[str]:
    """Return the alarms a kept version raises on today's deals and accounts."""
    return monitoring.watch(_older(settings.home / "models" / version, dataset, settings, ""), settings).raised


def noted(dataset: Dataset, settings: Settings) -> list[str]:
    """Return the alarms written beside the models that serve; nothing is loaded or trained."""
    name = versions.held(settings) or key(_company(dataset), settings)
    return monitoring.kept(settings.home / "models" / name)


def load_or_train(dataset: Dataset, settings: Settings, progress: Progress | None = None) -> Bundle:
    """Return the models of this data: from disk where they are, else trained and kept.

    Parameters
    ----------
    dataset : Dataset
        Where it is one person's part of a company, the company's models serve, and their scores of the
        part are returned.
    settings : Settings
        `home/models` holds one folder per state, the newest six are kept.
    progress : callable, optional

    Returns
    -------
    Bundle

    Raises
    ------
    ModelError
        When the models folder cannot be written to.
    """
    name = key(dataset, settings)
    pinned = versions.held(settings)
    name = f"{name}-{pinned}" if pinned and not dataset.is_transient else name
    if name not in _MEMORY:
        while len(_MEMORY) >= REMEMBERED:
            _MEMORY.pop(next(iter(_MEMORY)), None)
        _MEMORY[name] = _obtained(key(dataset, settings), dataset, settings, progress)
    return _MEMORY[name]


def _obtained(name: str, dataset: Dataset, settings: Settings, progress: Progress | None) -> Bundle:
    if dataset.whole is not None:
        return _part(load_or_train(dataset.whole, settings, progress), dataset, name)
    if dataset.unmasked is not None:
        unmasked = load_or_train(dataset.unmasked, settings, progress)
        return replace(_scored(dataset, settings, unmasked.close, unmasked.churn, unmasked.problems), key=name)
    return _from_disk(name, dataset, settings, progress)


def _part(bundle: Bundle, dataset: Dataset, name: str) -> Bundle:
    """Return the company's models with the rows of one person's part."""
    ids = {
        "opportunity_id": dataset.opportunities["opportunity_id"].implode(),
        "account_id": dataset.accounts["account_id"].implode(),
    }
    frames: dict[str, Any] = {}
    for label in FRAMES:
        frame: pl.DataFrame = getattr(bundle, label)
        if label.startswith("revenue"):
            frames[label] = pl.DataFrame()
            continue
        subject = "opportunity_id" if label.startswith("deal") else "account_id"
        frames[label] = frame.filter(pl.col(subject).is_in(ids[subject])) if subject in frame.columns else frame
    return replace(bundle, **frames, key=name)


def _from_disk(name: str, dataset: Dataset, settings: Settings, progress: Progress | None) -> Bundle:
    if dataset.is_transient:
        return replace(train_all(dataset, settings, progress), key=name)
    root = settings.home / "models"
    try:
        root.mkdir(parents=True, exist_ok=True)
        pinned = versions.held(settings)
        if pinned and pinned != name and (root / pinned / "bundle.json").exists():
            older = _older(root / pinned, dataset, settings, name)
            monitoring.keep(root / pinned, monitoring.watch(older, settings))
            return older
        with FileLock(root / f"{name}.lock"):
            return _read_or_trained(root / name, dataset, settings, progress)
    except OSError as error:
        raise ModelError(
            "The models cannot be kept.", str(root), "Set QUARTERDECK_HOME to a folder you may write to."
        ) from error


def _read_or_trained(path: Path, dataset: Dataset, settings: Settings, progress: Progress | None) -> Bundle:
    """Read what is kept; where it is missing or cannot be read, train and keep it."""
    notice = {}
    if (path / "bundle.json").exists():
        try:
            return _load(path, settings)
        except UNREADABLE:
            notice = {"registry": "The kept models could not be read, so they were trained anew."}
    made = train_all(dataset, settings, progress)
    _save(path, replace(made, problems={**made.problems, **notice}), dataset, settings)
    return _load(path, settings)


def _older(path: Path, dataset: Dataset, settings: Settings, name: str) -> Bundle:
    """Return the version gone back to, with its scores of today's deals and accounts."""
    try:
        old = _load(path, settings)
        scored = _scored(dataset, settings, old.close, old.churn, old.problems)
    except UNREADABLE as error:
        raise ModelError(
            "The version gone back to cannot be read.", path.name, "Return to the newest on the Models page."
        ) from error
    return replace(scored, revenue=old.revenue, revenue_held=old.revenue_held, key=f"{name}-{path.name}")


def _save(path: Path, bundle: Bundle, dataset: Dataset, settings: Settings) -> None:
    fitted = {label: model for label, model in (("close", bundle.close), ("churn", bundle.churn)) if model is not None}
    cards = {label: model.card_ for label, model in fitted.items()}
    about = {
        "source": dataset.source,
        "as_of": dataset.as_of,
        "data": dataset.fingerprint,
        "problems": bundle.problems,
        "cards": cards,
        "kind": _digest("", settings),
    }
    with writing(path, "bundle.json", KEPT) as work:
        for label, model in fitted.items():
            fitted_text = json.dumps(model.ready().to_dict(), default=str)
            (work / f"{label}.json").write_text(fitted_text, encoding="utf-8")
            model.past_.write_parquet(work / f"{label}_past.parquet")
        for label in FRAMES:
            getattr(bundle, label).write_parquet(work / f"{label}.parquet")
        monitoring.keep(work, monitoring.watch(bundle, settings))
        (work / "bundle.json").write_text(json.dumps(about, indent=1, default=str), encoding="utf-8")


def _load(path: Path, settings: Settings) -> Bundle:
    about = json.loads((path / "bundle.json").read_text(encoding="utf-8"))

    def model(label: str, kind: type[Any], fitted: type[Any]) -> Any:
        if not (path / f"{label}.json").exists():
            return None
        text = json.loads((path / f"{label}.json").read_text(encoding="utf-8"))
        past = pl.read_parquet(path / f"{label}_past.parquet")
        return kind(settings, fitted.from_dict(text), about["cards"][label], past)

    frames = {label: pl.read_parquet(path / f"{label}.parquet") for label in FRAMES}
    return Bundle(
        model("close", CloseModel, Risks),
        model("churn", ChurnModel, Probability),
        about["problems"],
        **frames,
        key=path.name,
    )
