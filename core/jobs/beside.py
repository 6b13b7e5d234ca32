"""The worker `quarterdeck serve` starts beside the app, which ends with it."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache

WANTED = "QUARTERDECK_WORKER"


@cache
def start() -> bool:
    """Start a worker once, where `quarterdeck serve` asked for one; say whether it did."""
    if os.environ.get(WANTED) != "1":
        return False
    subprocess.Popen(
        [sys.executable, "-m", "core.cli", "worker", "--beside"],
        env={name: value for name, value in os.environ.items() if name != WANTED},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    return True
