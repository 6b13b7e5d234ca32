"""Takes the words on screen out of the source: what babel calls an extraction method, by the syntax tree.

Taken are the templates of `message` and `message_plural`, the nouns of `counted`, and every literal that reads as
words: in a page all of them, elsewhere those of more than one word, and labels. What a program alone reads is left out:
docstrings, keys, log lines, column names, patterns, SQL.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any, NamedTuple

from core import yaml_text

ROOTS = ("app.py", "pages", "core")
# Rooms that speak to programs, developers or buyers, or make up the sample company; decision 0022 says why.
SILENT = (
    "core/api",
    "core/bi",
    "core/assistants",
    "core/sample",
    "core/sealing",
    "core/backup",
    "core/replicas",
    "core/provisioning",
    "core/localization",
    "core/features",
    "core/jobs",
    "core/marts",
    "core/rewriting",
    "core/alerts/sending",
    "core/store/migrations",
    "core/questions/wording",
    "core/questions/misreadings",
    "core/requirements/judge/drafting",
    "core/requirements/text",
    "core/requirements/officefiles",
    "core/sources/connectors",
    "pages/ui/server",
    "core/tenants",
    "core/operations/instruments",
    "core/operations/installation_gauges",
    "core/operations/proxies",
    "core/charts/typeface",
    "core/charts/theme",
    "core/charts/snapshot.py",
    "core/charts/pdf_pages",
    "core/sources/changes",
    "core/sources/entities",
    "core/requirements/read/other_tables",
    "core/requirements/read/answer_cells",
    "core/store/sessions",
    "core/questions/model_choice",
    "core/pandas_door",
    "core/page_printing",
    "core/resources",
    "pages/ui/kit/definitions",
)
# Rooms in which a single word is more often a value than a label.
SPARE = (
    "core/access",
    "core/artifacts",
    "core/branding",
    "core/config",
    "core/contracts",
    "core/enablement",
    "core/operations",
    "core/preparing",
    "core/requirements",
    "core/sources",
    "core/store",
)
COMMANDS = re.compile(r"^core/(\w+_commands|cli|serving|orphans|lazy_imports)\.py$")
YAML_WORDS = {
    "core/requirements/judge/drafting/draft_templates.yaml": ("about",),
    "core/guides/explained.yaml": None,
    "core/sales_terms.yaml": ("term", "meaning"),
}
# Arguments of these names and what these functions take are read by programs.
SILENT_NAMES = frozenset(
    """
    key given file_name icon href url mime color help_url pattern as_ style on how by_ engine unit type
    variant kind format dtype anchor encoding errors needs persist_state bind label_visibility
    vertical_alignment width height gap horizontal_alignment border layout mode method validation_alias alias
    default_factory
    """.split()
)
SILENT_CALLS = re.compile(
    r"(^|\.)(logger|logging|log|re|os|sys)\.\w+$"
    r"|(^|\.)(col|cols|lit|alias|filter|group_by|sort|select|with_columns|drop|rename|cast|strptime|strftime|get_logger"
    r"|getLogger|text|execute|exec_driver_sql|compile|html|encode|decode|open|Path|echo|TypeVar|NewType|getattr|setattr"
    r"|hasattr|startswith|endswith|removeprefix|removesuffix|split|partition|rpartition|rsplit|note|add_audit|import_module"
    r"|struct|exclude|agg|pivot|unpivot|join_where|is_in|str_contains|Column|ForeignKey|Index|relationship|Literal)$"
)
# What was noticed while files were read is shown on the Data page.
SPOKEN_CALLS = {"findings.note"}
TEMPLATES = ("message", "message_plural", "counted", "out_of")
DEVELOPERS = frozenset(
    """
    ValueError TypeError KeyError RuntimeError AttributeError AssertionError ImportError UnkeepableError
    UnkeyedError LookupError NotImplementedError OSError ApiError Exception
    """.split()
)
LABELS = {"label", "title", "help", "caption", "words", "name", "placeholder", "question", "short"}
NO_WORDS = re.compile(
    r"</|<\w+[ >/]|SELECT |FROM |CREATE |INSERT |UPDATE |DELETE |DROP |ALTER |PRAGMA|ORDER BY|\\[bsdw]|\(\?"
    r"|://|^[#.@/%]|^[\w.-]+/[\w./-]+$|[{};]\s*$|^:material|%[YmdHBb]|^[a-z_]+\(|==|::|datum\."
    r"|^[\w-]+#|^[a-z_]+\.[a-z_.]+$|^data, |\w\.\w+\(|=\"|\{\}|^[a-z_]+, [a-z_]+, [a-z_]+"
)
LETTERS = re.compile(r"[^\W\d_]{2,}")
WORDS = re.compile(r"[^\W\d_]{2,}['’]?\w*[,;:.?!)”]* [(“]?[^\W_]+|[^\W\d_]{2,}[.?!]$")
LABEL = re.compile(r"^[A-Z][^\W\d_]+(?:[ -][\w()%,.]+)*[?.:…]?$|^[A-Z]{2,}s?$")
ICON = re.compile(r"^:material/\w+: ")
CODE = re.compile(r"[A-Z]{3}")  # of a currency
ONE = re.compile(r"[a-z]{2,}")


class Word(NamedTuple):
    """Something for the catalogue.

    Attributes
    ----------
    text : str
    many : str
        For another number than one; empty without.
    line : int
    """

    text: str
    many: str
    line: int


def extract(file: Any, keywords: Any, comment_tags: Any, options: Any) -> Iterator[tuple[int, str, Any, list[str]]]:
    """Yield the words of a Python file as babel takes them; `keywords` and `comment_tags` are not used."""
    for word in of_source(file.read().decode("utf-8"), is_page=bool(options.get("page"))):
        if word.many:
            yield word.line, "ngettext", (word.text, word.many), []
        else:
            yield word.line, "gettext", word.text, []


def of_project(root: Path) -> Iterator[tuple[str, Word]]:
    """Yield all words of the project, each with the file it is in, relative to `root`."""
    for start in ROOTS:
        path = root / start
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            name = file.relative_to(root).as_posix()
            if name.startswith(SILENT) or COMMANDS.match(name):
                continue
            for word in of_source(file.read_text(encoding="utf-8"), not name.startswith(SPARE)):
                yield name, word
    for name, fields in YAML_WORDS.items():
        content = yaml_text.parsed((root / name).read_text(encoding="utf-8"))
        for text in _of_yaml(content, fields):
            yield name, Word(text, "", 0)


def of_source(source: str, is_page: bool) -> list[Word]:
    """Return the words of a Python source, in its order.

    Parameters
    ----------
    source : str
    is_page : bool
        Whether it draws: then single words count too.

    Examples
    --------
    >>> [word.text for word in of_source('c.answer("Nothing is due."); log.info("Nothing at all.")', True)]
    ['Nothing is due.']
    """
    visitor = _Visitor(is_page)
    visitor.visit(ast.parse(source))
    return visitor.words


class _Visitor(ast.NodeVisitor):
    def __init__(self, is_page: bool) -> None:
        self.is_page = is_page
        self.words: list[Word] = []
        self.is_label = False

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        """Leave imports out."""

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Leave imports out."""

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part.value)

    def visit_arguments(self, node: ast.arguments) -> None:
        for default in (*node.defaults, *node.kw_defaults):
            if default is not None:
                self.visit(default)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.visit(node.args)
        for line in node.body:
            self.visit(line)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        for line in node.body:
            self.visit(line)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)

    def visit_Compare(self, node: ast.Compare) -> None:
        """Leave what is compared out: it is a value, not shown here."""
        for part in (node.left, *node.comparators):
            if not isinstance(part, ast.Constant | ast.Tuple | ast.Set | ast.List):
                self.visit(part)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        for part in (node.body, node.orelse):
            if isinstance(part, ast.Constant) and isinstance(part.value, str) and ONE.fullmatch(part.value.strip()):
                self._add(part.value.strip(), node.lineno)
            else:
                self.visit(part)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        """Take a word that stands in for a value that is empty, also a small one."""
        *others, last = node.values
        for part in others:
            self.visit(part)
        if isinstance(last, ast.Constant) and isinstance(last.value, str) and ONE.fullmatch(last.value):
            self._add(last.value, node.lineno)
        else:
            self.visit(last)

    def visit_Call(self, node: ast.Call) -> None:
        name = _name(node.func)
        short = name.rpartition(".")[2]
        if short in TEMPLATES:
            self._template(short, node)
            return
        is_chart = short == "encode" and bool(node.keywords)  # of bytes it takes the name of an encoding
        if SILENT_CALLS.search(name) and name not in SPOKEN_CALLS and not is_chart:
            self._templates_in(node)
            return
        if isinstance(node.func, ast.Attribute):
            self.visit(node.func.value)
        for argument in node.args:
            self.visit(argument)
        for keyword in node.keywords:
            if keyword.arg not in SILENT_NAMES:
                self._labelled(keyword.value, keyword.arg in LABELS)

    def _templates_in(self, node: ast.Call) -> None:
        """Take what is said to be a sentence, of what a program reads otherwise."""
        for inner in ast.walk(node):
            short = _name(inner.func).rpartition(".")[2] if isinstance(inner, ast.Call) else ""
            if isinstance(inner, ast.Call) and short in TEMPLATES:
                self._template(short, inner)

    def visit_Raise(self, node: ast.Raise) -> None:
        if isinstance(node.exc, ast.Call) and _name(node.exc.func).rpartition(".")[2] in DEVELOPERS:
            return
        self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str) and self.is_page:
                self._literal(key.value, key.lineno)
            elif key is not None and not isinstance(key, ast.Constant):
                self.visit(key)
            self._labelled(value, isinstance(value, ast.Constant))

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self._literal(node.value, node.lineno)

    def _labelled(self, node: ast.expr, is_label: bool) -> None:
        outer, self.is_label = self.is_label, is_label
        self.visit(node)
        self.is_label = outer

    def _literal(self, text: str, line: int) -> None:
        words = ICON.sub("", text.strip())
        if not LETTERS.search(words) or NO_WORDS.search(words) or CODE.fullmatch(words):
            return
        is_label = (self.is_page or self.is_label) and LABEL.match(words)
        if is_label or WORDS.search(words):
            self._add(words, line)

    def _add(self, text: str, line: int, many: str = "") -> None:
        self.words.append(Word(text, many, line))

    def _template(self, name: str, node: ast.Call) -> None:
        constants = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if name == "message" and constants and LETTERS.search(constants[0]):
            self._add(constants[0], node.lineno)
        elif name == "message_plural" and len(constants) == 2:
            self._add(constants[0], node.lineno, constants[1])
        elif name in ("counted", "out_of"):
            self._counted(node)
        skipped = {"message": 1, "message_plural": 2}.get(name, 0)
        for argument in node.args[skipped:]:
            if not isinstance(argument, ast.Constant):
                self.visit(argument)
        for keyword in node.keywords:
            self.visit(keyword.value)

    def _counted(self, node: ast.Call) -> None:
        first = 2 if _name(node.func).endswith("out_of") else 1
        given = [*node.args[first:], *(keyword.value for keyword in node.keywords)]
        nouns = [a.value for a in given if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if nouns:
            many = nouns[1] if len(nouns) > 1 else f"{nouns[0]}s"
            self._add(f"{{n:,}} {nouns[0]}", node.lineno, f"{{n:,}} {many}")


def placeholders(text: str) -> frozenset[str]:
    """Return the names in braces of a template; none where it is no template.

    Examples
    --------
    >>> sorted(placeholders("{amount} in {n:,} deals"))
    ['amount', 'n']
    """
    try:
        return frozenset(name for _, name, _, _ in Formatter().parse(text) if name and name.isidentifier())
    except ValueError:
        return frozenset()


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return f"{_name(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else ""


def _of_yaml(content: Any, fields: tuple[str, ...] | None) -> Iterator[str]:
    """Yield the texts below some names, or all of them; a text over several lines is one line."""
    if isinstance(content, dict):
        for name, value in content.items():
            if isinstance(value, str):
                if fields is None or name in fields:
                    yield " ".join(value.split())
            else:
                yield from _of_yaml(value, fields)
    elif isinstance(content, list):
        for value in content:
            if isinstance(value, str) and fields is None:
                yield " ".join(value.split())
            else:
                yield from _of_yaml(value, fields)
