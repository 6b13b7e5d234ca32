"""A sync in a process of its own: what asks for it does not wait, and goes on when it ends."""

from __future__ import annotations

import os
import subprocess
import sys

from core.config import Settings
from core.sources.connectors import connector_files


def start(settings: Settings, name: str) -> int:
    """Start a sync of a connector, and return the number of its process.

    Raises
    ------
    SourceError
        When there is no such connector.
    """
    connector_files.connector(settings, name)
    variables = {**os.environ, "QUARTERDECK_HOME": str(settings.home), "QUARTERDECK_DATABASE_URL": settings.database}
    child = subprocess.Popen(
        [sys.executable, "-m", "core.cli", "sync", name],
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    return child.pid
