"""Trained models that are kept: trained once for a state of the data, the settings and the code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from core.artifacts import ALARMS, MODELS, open_cache, read_frame, remembered, write_frame
from core.artifacts import key as key_of
from core.artifacts.left_to_workers import is_left
from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import ModelError, NotMadeYetError
from core.models import monitoring, versions
from core.models.bundle import FRAMES, Bundle
from core.models.churn import ChurnModel
from core.models.close import CloseModel
from core.models.close.competing_risks import Risks
from core.models.estimators.landmark_classifier import Probability
from core.models.train import Progress, scored, train_all

PARTS = 16
ABOUT = "bundle.json"
FITTED: dict[str, tuple[type[Any], type[Any]]] = {"close": (CloseModel, Risks), "churn": (ChurnModel, Probability)}


class BundleCodec:
    """A bundle as files: models as their own text, frames as Parquet, cards and problems as JSON.

    Parameters
    ----------
    settings : Settings
        Which the models that are read work by.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def write(self, value: Bundle, folder: Path) -> None:
        """Write a bundle that is no part of another."""
        models = {label: model for label in FITTED if (model := getattr(value, label)) is not None}
        for label, model in models.items():
            text = json.dumps(model.ready().to_dict(), default=str)
            (folder / f"{label}.json").write_text(text, encoding="utf-8")
            write_frame(model.past_, folder / f"{label}_past.parquet")
        for label in FRAMES:
            write_frame(getattr(value, label), folder / f"{label}.parquet")
        cards = {label: model.card_ for label, model in models.items()}
        about = {"key": value.key, "problems": value.problems, "cards": cards}
        (folder / ABOUT).write_text(json.dumps(about, indent=1, default=str), encoding="utf-8")

    def read(self, folder: Path) -> Bundle:
        """Return the bundle."""
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        parts: dict[str, Any] = {label: self._model(label, folder, about["cards"].get(label)) for label in FITTED}
        parts |= {label: read_frame(folder / f"{label}.parquet") for label in FRAMES}
        return Bundle(**parts, problems=about["problems"], key=about["key"])

    def _model(self, label: str, folder: Path, card: dict[str, Any] | None) -> Any:
        if card is None:
            return None
        model, fitted = FITTED[label]
        text = json.loads((folder / f"{label}.json").read_text(encoding="utf-8"))
        return model(self.settings, fitted.from_dict(text), card, read_frame(folder / f"{label}_past.parquet"))


def key(dataset: Dataset, settings: Settings) -> str:
    """Return the name of the company's models: of its data, the settings models read, and the code."""
    return _key(dataset.company.fingerprint, settings)


def _key(data: str, settings: Settings) -> str:
    parts = (settings.models, settings.stages, settings.fiscal, settings.source.months_without_rows)
    return key_of(MODELS, data, parts, "core.models.registry")


def bundle_key(dataset: Dataset, settings: Settings) -> str:
    """Return the key of the bundle `load_or_train` would return; nothing is loaded or trained."""
    own, version = key(dataset, settings), _version(dataset, settings)
    name = own if version == own else f"{own}-{version}"
    return name if dataset.company is dataset else f"{name}-{dataset.fingerprint}"


def _version(dataset: Dataset, settings: Settings) -> str:
    """Return the version that serves: the one somebody went back to, else that of exactly this data.

    In a process that leaves training to workers, the one kept last stands in until that is there.
    """
    own = key(dataset, settings)
    if dataset.is_transient:
        return own
    pinned = versions.held(settings)
    if pinned and open_cache(settings.home).is_kept(MODELS, pinned):
        return pinned
    return own if not is_left(MODELS, own) or is_trained(dataset, settings) else _stand_in(dataset, settings) or own


def is_pinned(settings: Settings) -> bool:
    """Say whether a version serves that somebody went back to."""
    pinned = versions.held(settings)
    return bool(pinned) and open_cache(settings.home).is_kept(MODELS, pinned)


def stands_in(dataset: Dataset, settings: Settings) -> versions.Latest | None:
    """Return the earlier version that serves until the models of exactly this data are there; None where none does."""
    version = _version(dataset.company, settings)
    return next(
        (entry for entry in versions.dated(settings) if entry.name == version and version != key(dataset, settings)),
        None,
    )


def _stand_in(dataset: Dataset, settings: Settings) -> str:
    """Return the version kept last of the same company, of no later day; empty without any."""
    same = [v for v in versions.dated(settings) if v.source == dataset.company.source and v.as_of <= dataset.as_of]
    return same[-1].name if same else ""


def is_trained(dataset: Dataset, settings: Settings) -> bool:
    """Say whether the models of exactly this company's data are kept."""
    return open_cache(settings.home).is_kept(MODELS, key(dataset, settings))


def load_or_train(dataset: Dataset, settings: Settings, progress: Progress | None = None) -> Bundle:
    """Return the models of this data: from memory or disk where they are, else trained and kept.

    This is the one function that trains models for those who ask for answers. Of all threads and processes that
    ask at once one trains; a session's own data leaves nothing on disk.

    Parameters
    ----------
    dataset : Dataset
        Where it is one person's part of a company, or its names are hidden, the company's models serve, and
        what they say of the part is returned; see `bundle_of`.
    settings : Settings
        `home` is where they are kept.
    progress : callable, optional
        Called with a share in [0, 1] and what is being done, when models are trained.

    Returns
    -------
    Bundle

    Raises
    ------
    ModelError
        When a version was gone back to that cannot be read.
    """
    company = dataset.company
    own, version = key(company, settings), _version(company, settings)
    bundle = _own(company, settings, own, progress) if version == own else _earlier(company, settings, own, version)
    if not company.is_transient:
        _note_alarms(bundle, settings)
    return bundle_of(dataset, settings, bundle)


def _own(company: Dataset, settings: Settings, own: str, progress: Progress | None) -> Bundle:
    return open_cache(settings.home).get(
        MODELS,
        own,
        lambda: replace(train_all(company, settings, progress), key=own),
        BundleCodec(settings),
        keep=not company.is_transient,
        about=lambda bundle: _about(bundle, company, settings),
    )


def _about(bundle: Bundle, company: Dataset, settings: Settings) -> dict[str, Any]:
    """Return what is listed beside a bundle: whose and of which day it is, and how its models did."""
    cards = {label: model.card_ for label in FITTED if (model := getattr(bundle, label)) is not None}
    return {
        "source": company.source,
        "as_of": company.as_of.isoformat(),
        "data": company.fingerprint,
        "kind": _key("", settings),
        **versions.card_scores(cards),
    }


def _earlier(company: Dataset, settings: Settings, own: str, version: str) -> Bundle:
    name = f"{own}-{version}"
    shelf = open_cache(settings.home).in_memory(MODELS)
    if not is_left(MODELS, own) or version == versions.held(settings):
        return shelf.get(name, lambda: load_version(version, company, settings, name))
    try:
        return shelf.get(name, lambda: load_version(version, company, settings, name))
    except (ModelError, LookupError, TypeError, ValueError) as error:
        # Learnt by other code or for other settings: what stands last is of no use here.
        raise NotMadeYetError(
            "The models for this are being trained.", mend="They show here when they are ready."
        ) from error


def load_version(version: str, dataset: Dataset, settings: Settings, name: str = "") -> Bundle:
    """Return a kept version, with its scores of the company's present deals and accounts.

    Parameters
    ----------
    version : str
    dataset : Dataset
    settings : Settings
    name : str
        The key it is given; default none.

    Raises
    ------
    ModelError
        When it is not kept or cannot be read.
    """
    earlier = None
    with suppress(ModelError):
        earlier = open_cache(settings.home).read(MODELS, version, BundleCodec(settings))
    if earlier is None:
        raise ModelError(
            "The version gone back to cannot be read.", version, "Return to the newest on the Models page."
        )
    today = scored(dataset.company, settings, earlier)
    return replace(today, revenue=earlier.revenue, revenue_held=earlier.revenue_held, key=name)


def bundle_of(dataset: Dataset, settings: Settings, bundle: Bundle) -> Bundle:
    """Cut the company's bundle to what a dataset shows of the company.

    Parameters
    ----------
    dataset : Dataset
        One person's part of the company, the company under hidden names, or the company itself.
    settings : Settings
    bundle : Bundle
        The company's.

    Returns
    -------
    Bundle
        The company's models with the features and scores of the part's deals and accounts, and without revenue,
        which is forecast from the part's own months. For the company itself, the bundle as it is.
    """
    return bundle if dataset.company is dataset else _cut(dataset, settings, bundle)


@remembered(PARTS)
def _cut(dataset: Dataset, settings: Settings, bundle: Bundle) -> Bundle:
    name = f"{bundle.key}-{dataset.fingerprint}" if bundle.key else ""
    if dataset.whole is None:
        return replace(scored(dataset, settings, bundle), key=name, whole=bundle)
    return _part(bundle_of(dataset.whole, settings, bundle), dataset, name, bundle)


def _part(bundle: Bundle, dataset: Dataset, name: str, company: Bundle) -> Bundle:
    """Return the models with the rows of one person's part."""
    ids = {
        "opportunity_id": dataset.opportunities["opportunity_id"].implode(),
        "account_id": dataset.accounts["account_id"].implode(),
    }
    frames: dict[str, Any] = {"revenue": pl.DataFrame(), "revenue_held": pl.DataFrame()}
    for label in FRAMES:
        if label not in frames:
            frame: pl.DataFrame = getattr(bundle, label)
            subject = "opportunity_id" if label.startswith("deal") else "account_id"
            frames[label] = frame.filter(pl.col(subject).is_in(ids[subject])) if subject in frame.columns else frame
    return replace(bundle, **frames, key=name, whole=company)


def _note_alarms(bundle: Bundle, settings: Settings) -> None:
    """Keep what the models raise, so that a page can show it without loading them."""
    cache, name = open_cache(settings.home), _alarms_key(bundle.key, settings)
    cache.get(ALARMS, name, lambda: monitoring.watch(bundle, settings).raised)


def _alarms_key(bundle: str, settings: Settings) -> str:
    more: Mapping[str, Any] = {"days": settings.models.churn_days, "horizons": settings.models.horizons_days}
    return key_of(ALARMS, bundle, settings.upkeep, "core.models.monitoring", more)


def raised(dataset: Dataset, settings: Settings) -> list[str]:
    """Return the alarms noted when the models that serve were trained or loaded; nothing is loaded or trained.

    Parameters
    ----------
    dataset : Dataset
        One person's part of a company has the company's models.
    settings : Settings
    """
    name = _alarms_key(bundle_key(dataset.company, settings), settings)
    return open_cache(settings.home).read(ALARMS, name) or []


def latest(dataset: Dataset, settings: Settings) -> versions.Latest | None:
    """Return the latest kept version of the same company, settings and code; None without any.

    Of several that speak of one day, that of exactly this data comes first; data of a later day do not count.
    """
    own, kind = key(dataset, settings), _key("", settings)
    same = [
        version
        for version in versions.dated(settings)
        if (version.source, version.kind) == (dataset.company.source, kind) and version.as_of <= dataset.as_of
    ]
    return max(same, key=lambda version: (version.as_of, version.name == own, version.name), default=None)
