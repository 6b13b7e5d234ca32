"""Every file of the project read and parsed once, for all tests that look at the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

# One worker runs whatever asks for trees: each would parse everything again.
TOGETHER = pytest.mark.xdist_group("source trees")


@cache
def tree(file: Path) -> ast.Module:
    """Return a file's parsed code; nobody changes it."""
    return ast.parse(file.read_text(encoding="utf-8"))


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """Return a node and all below it, in no order; three times as fast as `ast.walk`, which goes by names of fields.

    Examples
    --------
    >>> code = ast.parse("def of(a, *, b=None): return [a + b for a in b if not a]")
    >>> {*walk(code)} == {inner for inner in ast.walk(code) if not isinstance(inner, ast.expr_context)}
    True
    """
    open_nodes = [node]
    while open_nodes:
        inner = open_nodes.pop()
        yield inner
        for value in vars(inner).values():
            if value.__class__ is list:
                open_nodes += [part for part in value if isinstance(part, ast.AST)]
            elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
                open_nodes.append(value)
