"""The questions of every page, read off the pages' own source, and how each can be linked."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from pages.ui.kit.bar import anchor

__all__ = ["SCROLL", "SEE", "anchor", "of_page"]
ROOT = Path(__file__).resolve().parents[3]
ASKING = {"cell": 1, "overall": 1}
SEE = "see"
SCROLL = """<script>(() => {{ let tries = 0, still = 0; const timer = setInterval(() => {{
  const heading = document.getElementById("{name}");
  const fold = heading && heading.closest("details:not([open])");
  if (fold) fold.querySelector("summary").click();
  else if (heading) heading.scrollIntoView();
  if ((heading && !fold && ++still > 3) || ++tries > 100) clearInterval(timer);
}}, 200); }})()</script>"""


@cache
def of_page(path: str) -> tuple[str, ...]:
    """Return the questions of a page, in the order of its source; those that are put together while it runs are not.

    Parameters
    ----------
    path : str
        Such as `pages/forecast.py`.
    """
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    asked = [
        argument.value
        for call in sorted(calls, key=lambda node: node.lineno)
        if (position := ASKING.get(ast.unparse(call.func).rpartition(".")[2])) is not None
        and len(call.args) > position
        and isinstance(argument := call.args[position], ast.Constant)
        and isinstance(argument.value, str)
    ]
    return tuple(dict.fromkeys(asked))
