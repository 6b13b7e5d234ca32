"""Uploaded files read on trial, in a process of its own with limited memory and time; where it dies, only it does."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from core.config import Settings
from core.contracts.errors import QuarterdeckError, SourceError, failures_as
from core.sources import folder, guarded_read

TRIAL_BYTES = 4 << 30
# Of the processor, both threads together: a busy machine makes no file larger. On the clock there is an end too.
TRIAL_SECONDS, LONGEST_SECONDS = 240, 600
ROOT = Path(__file__).resolve().parents[2]
ONE_AT_A_TIME = Lock()


def trial(files: Mapping[str, bytes], mapping: Mapping[str, Any] | None, settings: Settings) -> None:
    """Read uploaded files once in a process of its own, with 4 GB and four minutes of the processor at most.

    Parameters
    ----------
    files : mapping
        Name to content.
    mapping : mapping, optional
        The column map.
    settings : Settings

    Raises
    ------
    SourceError
        When they cannot be read within that, or not at all.
    """
    slip = attempt(files, mapping, settings)
    if slip is not None:
        raise slip


def attempt(files: Mapping[str, bytes], mapping: Mapping[str, Any] | None, settings: Settings) -> SourceError | None:
    """Read uploaded files on trial, and return what is wrong with the files or the map, for it can be mended.

    Raises
    ------
    SourceError
        When no map can help: they claim more than can be read, or reading them takes too much memory or time.
    """
    for name, content in files.items():
        if not name.lower().endswith(".parquet"):  # Even its own description may be made to exhaust a reader.
            guarded_read.check(name, content)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), *(entry for entry in sys.path if entry)]),
        "POLARS_MAX_THREADS": "2",
        "RAYON_NUM_THREADS": "2",
    }
    task = pickle.dumps((dict(files), dict(mapping) if mapping else None, settings))
    with ONE_AT_A_TIME:
        try:
            done = subprocess.run(
                [sys.executable, "-c", f"from {__name__} import main; main({TRIAL_SECONDS}, {TRIAL_BYTES})"],
                input=task,
                capture_output=True,
                env=environment,
                timeout=LONGEST_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise _too_much(files) from None
    outcome = _outcome(done.stdout)
    if outcome is None:
        raise _too_much(files)
    return SourceError(*outcome) if outcome else None


def _outcome(output: bytes) -> list[str] | None:
    try:
        parts = json.loads(output.decode("utf-8").strip().rpartition("\n")[2])
    except ValueError:
        return None
    return [str(part) for part in parts] if isinstance(parts, list) else None


def _too_much(files: Mapping[str, bytes]) -> SourceError:
    return SourceError(
        "Reading the files takes more memory or time than one upload may have.",
        ", ".join(files)[:200],
        "Export only the columns and rows that are used, or ask the administrator to load them from the data folder.",
    )


def main(seconds: int, most_bytes: int) -> None:
    """Read standard input in so many seconds of the processor, and write what is wrong with it, if anything, as JSON.

    Parameters
    ----------
    seconds, most_bytes : int
        Of the processor; of memory.
    """
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    files, mapping, settings = pickle.loads(sys.stdin.buffer.read())
    wrong: list[str] = []
    try:
        with failures_as(SourceError, "The files cannot be used as they are.", ", ".join(files)[:200]):
            folder.read_files(files, mapping, settings)
    except QuarterdeckError as error:
        wrong = [error.what, error.where, error.mend]
    sys.stdout.write("\n" + json.dumps(wrong))
