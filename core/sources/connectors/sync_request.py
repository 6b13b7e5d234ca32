"""A sync is asked for: a worker does it, and whoever asks does not wait."""

from __future__ import annotations

from core.config import Settings
from core.sources.connectors import connector_files
from core.sources.source_registry import opened
from core.store.jobs import Job

KIND = "sync"


def ask(settings: Settings, name: str, by: str) -> Job:
    """Ask for a sync of a connector; where one waits or runs already, return that.

    Parameters
    ----------
    settings : Settings
    name : str
        Of the connector.
    by : str
        Who asks.

    Raises
    ------
    SourceError
        When there is no such connector.
    """
    connector_files.connector(settings, name)
    with opened(settings) as store:
        return store.jobs.ask(KIND, name, by=by)
