"""Every file of the project read and parsed once, for all tests that look at the code."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

# One worker runs whatever asks for trees: each would parse everything again.
TOGETHER = pytest.mark.xdist_group("source trees")


@cache
def tree(file: Path) -> ast.Module:
    """Return a file's parsed code; nobody changes it."""
    return ast.parse(file.read_text(encoding="utf-8"))
