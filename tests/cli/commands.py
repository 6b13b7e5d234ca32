"""Runs `quarterdeck` for a test: in the test's own process, or as a process where the process itself is tested.

Starting Python and reading its libraries takes longer than most commands; in one process that is done once.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from io import StringIO
from unittest import mock

from core import cli

Done = subprocess.CompletedProcess[str]


def in_process(*words: str, **env: str) -> Done:
    """Run a command in this process, through the door that turns errors into sentences."""
    out, err, code = StringIO(), StringIO(), 0
    argv = ["quarterdeck", *words]
    with ExitStack() as stack:
        stack.enter_context(mock.patch.dict(os.environ, env))
        stack.enter_context(mock.patch.object(sys, "argv", argv))
        stack.enter_context(redirect_stdout(out))
        stack.enter_context(redirect_stderr(err))
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
    return Done(argv, code, out.getvalue(), err.getvalue())


def as_process(*words: str, **env: str) -> Done:
    """Run a command as a process of its own."""
    command = [sys.executable, "-m", "core.cli", *words]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | env, check=False, timeout=120)
