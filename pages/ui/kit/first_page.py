"""What the executive page shows first, read into the app's caches before anybody has opened it."""

from __future__ import annotations

from pages.ui.kit import cache


def read() -> None:
    """Read the company's data and the executive page's first numbers; where nothing is kept yet, read nothing.

    Raises
    ------
    QuarterdeckError
        When the settings or the data cannot be read.
    """
    from core import explain, metrics, models
    from core.sources import loading

    settings = cache.settings()
    if not loading.is_ready(settings):
        return
    data = cache.data(settings)
    if models.registry.is_trained(data, settings):
        cache.result(explain.headlines.headlines, data, settings)
        cache.result(models.outlook.current, data, settings)
    cache.result(metrics.recurring.mrr, data, settings)
