"""Models learnt anew when it is time, and what pages would have to wait for made beforehand."""

from __future__ import annotations

from collections.abc import Callable

from core.config import Settings
from core.config.stages import fitted
from core.contracts import Dataset
from core.models.retraining import Due

Report = Callable[[float, str], None]


def learn_if_due(settings: Settings, report: Report) -> str:
    """Learn the models of the data the settings name where it is time, and say so.

    Parameters
    ----------
    settings : Settings
    report : callable
        Takes the share that is done, from 0 to 1, and what is being done.

    Raises
    ------
    QuarterdeckError
        When the data cannot be read or no model can be trained on them.
    """
    from core.models import versions
    from core.sources import load_data

    data = load_data(settings)
    own = fitted(settings, data)
    verdict = due(data, own)
    if not verdict.is_due:
        serve_latest(data, own, verdict)
        return verdict.sentence()
    if versions.is_scheduled(own):
        versions.return_to_newest(own)
    learn(data, own, report)
    return f"{verdict.sentence()} They are learnt."


def due(data: Dataset, settings: Settings) -> Due:
    """Say whether the models are to be learnt anew, and why."""
    from core.models import registry, retraining, versions

    latest = registry.latest(data, settings)
    by_hand = "" if versions.is_scheduled(settings) else versions.held(settings)
    is_old = latest is not None and latest.data != data.company.fingerprint
    bundle = registry.load_version(latest.name, data, settings) if latest is not None and is_old else None
    return retraining.due(data, settings, bundle, latest, by_hand)


def serve_latest(data: Dataset, settings: Settings, verdict: Due) -> None:
    """Let the models that are kept serve, and publish today's number of theirs."""
    from core.models import versions

    if verdict.version:
        versions.go_back(settings, verdict.version, scheduled=True)
    elif versions.is_scheduled(settings):
        versions.return_to_newest(settings)
    _publish(data, settings)


def is_ready(data: Dataset, settings: Settings) -> bool:
    """Say whether the models and the replays of past quarters are there."""
    from core.forecasts import backtest_archive
    from core.models import registry

    return registry.is_trained(data, settings) and backtest_archive.is_kept(data, settings)


def learn(data: Dataset, settings: Settings, report: Report | None = None) -> None:
    """Learn what is not learnt yet: models, accounts, past deals, past quarters; publish today's number.

    Parameters
    ----------
    data : Dataset
    settings : Settings
        With the data's stages and currency.
    report : callable, optional
    """
    from core.forecasts import backtest_archive
    from core.models import registry
    from core.models.close import landmark_archive
    from core.models.customers import account_outlook

    bundle = registry.load_or_train(data, settings, report)
    account_outlook.load_or_build(data, settings, bundle)
    landmark_archive.load_or_build(data, settings)
    if not backtest_archive.is_kept(data, settings):
        backtest_archive.load_or_run(data, settings, report)
    _publish(data, settings)


def _publish(data: Dataset, settings: Settings) -> None:
    """Keep today's number, with the record's corrections, as the one published for its date."""
    from core.forecasts import backtest_archive, calls
    from core.models import registry
    from core.sources.source_registry import opened

    bundle = backtest_archive.with_record(data, settings, registry.load_or_train(data, settings))
    with opened(settings) as store:
        calls.seed_sample(data, settings, store)
        calls.publish(data, settings, bundle, store)
