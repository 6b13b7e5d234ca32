"""Ends a worker process when its parent has gone. Imports next to nothing, so that it watches from the first moment."""

from __future__ import annotations

import os
import threading
import time

LOOKS_EVERY_S = 0.5


def end_with_parent(parent: int) -> None:
    """Watch, in a worker, for the parent's end: a killed parent tells nobody.

    Parameters
    ----------
    parent : int
        The process id of the parent.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOKS_EVERY_S)
        os._exit(1)

    threading.Thread(target=watch, name="end-with-parent", daemon=True).start()
