"""Makes a fresh process quick: what the first page needs is there early, what lives long is not collected.

Streamlit collects garbage fully after every script run, and that costs more the more objects are alive. Once
the libraries are imported and the first page has run, those objects stay until the process ends, so
they are taken out of collection, once.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from functools import cache
from importlib import import_module

from core.contracts.errors import QuarterdeckError
from core.jobs import beside
from core.replaying import forecast_history
from pages.ui.server import compressed_files, patches, preload

logger = logging.getLogger(__name__)
NAME = "warm-up"
USED = ("core.scenarios.analysis.trend", "PIL.Image")
SESSIONS = "streamlit.runtime.scriptrunner_utils.script_run_context"


@cache
def freeze() -> bool:
    """Freeze all objects alive after the first page of this process has run, and lighten every run after it."""
    gc.collect()
    gc.freeze()
    patches.lighten()
    forecast_history.ask()
    return True


def ready(read: Callable[[], None]) -> None:
    """Import what the executive page needs and read its data, before anybody has opened it.

    A problem is left to the page, which tells it in a sentence. Collecting, which `quarterdeck serve` puts off
    while libraries are imported, begins when this is through.

    Parameters
    ----------
    read : callable
        Reads what the first page shows, into the app's caches; it must train nothing.
    """
    # A spinner finds no session here; there is nobody to show it to, and nothing to warn of.
    logging.getLogger(SESSIONS).addFilter(lambda record: record.threadName != NAME)
    try:
        read()
        for used in USED:
            import_module(used)
    except (QuarterdeckError, OSError) as error:
        logger.info("Nothing was made ready: %s", error)
    finally:
        gc.freeze()
        gc.enable()
        beside.start()
        compressed_files.make_ready(preload.document())
