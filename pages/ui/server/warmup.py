"""Makes a fresh process quick: what the first page needs is there early, what lives long is not collected.

Streamlit collects garbage fully after every script run, and that costs more the more objects are alive. Once
the libraries are imported and the first page has run, those objects stay until the process ends, so
they are taken out of collection, once.
"""

from __future__ import annotations

import gc
import logging
from importlib import import_module
from types import ModuleType

import streamlit as st

from core.contracts.errors import QuarterdeckError
from pages.ui.server import patches

logger = logging.getLogger(__name__)
NAME = "warm-up"
USED = ("core.scenarios.analysis.trend", "PIL.Image")
SESSIONS = "streamlit.runtime.scriptrunner_utils.script_run_context"


@st.cache_resource(show_spinner=False)
def freeze() -> bool:
    """Freeze all objects alive after the first page of this process has run, and lighten every run after it."""
    gc.collect()
    gc.freeze()
    patches.lighten()
    return True


def ready(cache: ModuleType) -> None:
    """Import what the executive page needs and read its data, before anybody has opened it.

    Nothing is trained here, and a problem is left to the page, which tells it in a sentence. Collecting, which
    `quarterdeck serve` puts off while libraries are imported, begins when this is through.

    Parameters
    ----------
    cache : module
        `pages.ui.kit.cache`, through which pages will ask for the same.
    """
    from core import explain, metrics, models

    # A spinner finds no session here; there is nobody to show it to, and nothing to warn of.
    logging.getLogger(SESSIONS).addFilter(lambda record: record.threadName != NAME)
    try:
        settings = cache.settings()
        if not settings.has_data:
            return
        data = cache.data(settings)
        if models.registry.is_trained(data, settings):
            cache.result(explain.headlines.headlines, data, settings)
            cache.result(models.outlook.current, data, settings)
        cache.result(metrics.recurring.mrr, data, settings)
        for used in USED:
            import_module(used)
    except (QuarterdeckError, OSError) as error:
        logger.info("Nothing was made ready: %s", error)
    finally:
        gc.freeze()
        gc.enable()
