"""Whatever a page hands to Streamlit as Markdown is written by us, or is escaped."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pages.ui.kit.escaping import JOINER, escaped
from tests.architecture.source_trees import TOGETHER, tree, walk

pytestmark = TOGETHER
ROOT = Path(__file__).resolve().parents[2]
FILES = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]
ELEMENTS = {"markdown", "caption", "warning", "error", "info", "success", "toast", "title", "header", "subheader"}
# Texts composed of constants of the code and of parts escaped where they are put together.
OURS = {
    "pages/ui/kit/cells.py": {"f'{before}{text}{more}{after}'", "'\\n'.join(lines)", "question"},
    "pages/ui/kit/bar.py": {"title", "' '.join(links)"},
    "pages/ui/data/upload.py": {"f'Read: {counts}. As of {dataset.as_of:%d %B %Y}.'"},
    "pages/ui/kit/shell.py": {"group"},
    "pages/ui/help/guide_view.py": {"text"},
    "pages/ui/scenarios/presenter.py": {"f'**{step + 1} of {len(STEPS)} · {title}**  \\n{text}'"},
}


def parts(node):
    """Return the variable parts of a text: those of an f-string, of a sum and of a choice."""
    if isinstance(node, ast.Constant):
        return []
    if isinstance(node, ast.JoinedStr):
        return [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
    if isinstance(node, ast.BinOp):
        return [*parts(node.left), *parts(node.right)]
    if isinstance(node, ast.IfExp):
        return [*parts(node.body), *parts(node.orelse)]
    return [node]


def is_ours(part, formatted):
    """Say whether a part is escaped, or a number or date in a form of ours."""
    text = ast.unparse(part)
    if isinstance(part, ast.Call) and ast.unparse(part.func) in ("message", "message_plural"):
        return all(_is_plain(value.arg, value.value, part) for value in part.keywords)
    return (
        text.startswith(("escaped(", "anchor("))
        or "escaped(" in text
        or text in formatted
        or text.startswith("counted(")
    )


def _is_plain(name, value, call):
    """Say whether a value of a message is escaped, or a number or date in a form of ours."""
    templates = [text.value for text in call.args if isinstance(text, ast.Constant)]
    return is_ours(value, set()) or any(f"{{{name}:" in template for template in templates)


def formatted(node):
    return {
        ast.unparse(part.value)
        for part in walk(node)
        if isinstance(part, ast.FormattedValue) and part.format_spec is not None
    }


def unescaped(file):
    ours = OURS.get(str(file.relative_to(ROOT)), set())
    for node in walk(tree(file)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ELEMENTS):
            continue
        if not node.args or ast.unparse(node.func).startswith("language."):
            continue
        text = node.args[0]
        if ast.unparse(text) in ours:
            continue
        for part in parts(text):
            if not is_ours(part, formatted(text)):
                yield f"{file.relative_to(ROOT)}, line {node.lineno}: {ast.unparse(part)}"


def test_text_of_data_is_escaped_where_it_meets_markdown():
    assert FILES
    assert [fault for file in FILES for fault in unescaped(file)] == []


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("![x](http://evil.example/p.png)", f"\\!\\[x\\](http:{JOINER}//evil.example/p.png)"),
        ("[a](javascript:alert(1))", "\\[a\\](javascript\\:alert(1))"),
        ("<b>x</b>", "\\<b\\>x\\</b\\>"),
        ("$x$", "\\$x\\$"),
        (":material/lock:", f"\\:{JOINER}material/lock:"),
        (":red[x] :smile:", f"\\:red\\[x\\] \\:{JOINER}smile:"),
        ("# head", "\\# head"),
        ("`c` \\ ~~d~~", "\\`c\\` \\\\ \\~\\~d\\~\\~"),
        ("- item", "\\- item"),
        ("12. item", "12\\. item"),
        ("a\n\n# b", "a \\# b"),
        ("&#35; &lt;", "\\&\\#35; \\&lt;"),
        ("www.evil.example", f"www{JOINER}.evil.example"),
        ("a | b", "a \\| b"),
        ("On 3 March at 09:41:22 UTC, 12 % more: fine - and 1.5 (so)", None),
    ],
)
def test_nothing_but_letters_comes_of_a_text(given, shown):
    assert escaped(given) == (given if shown is None else shown)
