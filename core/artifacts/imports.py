"""What a source file imports of this project, read from its text; nothing is imported for it.

Parsing a whole file costs about five milliseconds per thousand lines, and a start reads a hundred files. So
the import statements are cut out of the text first and only they are parsed; a file in which that is not
safe (a statement behind a colon or a semicolon, a comment with a bracket within it) is parsed whole.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

ROOTS = ("core", "pages")
_ROOT = "|".join(ROOTS)
_STATEMENT = re.compile(
    r"^[ \t]*(from[ \t]+[\w.]+[ \t]+import[ \t]*(?:\([^)]*\)|[^\n]*)|import[ \t]+[^\n]*)", re.MULTILINE
)
_OURS = re.compile(rf"\b(?:{_ROOT})\b|^from[ \t]+\.")
_TUCKED = re.compile(rf"[;:][ \t]*(?:from[ \t]+(?:\.|(?:{_ROOT})\b)|import[ \t]+[^\n]*\b(?:{_ROOT})\b)")
_TYPED = re.compile(
    r"^([ \t]*)if[ \t]+(?:\w+\.)?TYPE_CHECKING:[^\n]*\n((?:\1[ \t]+[^\n]*(?:\n|\Z)|[ \t]*\n)*)", re.MULTILINE
)
_DRAWN_BY = re.compile(r"\b(?:altair|streamlit|vl_convert)\b")
_MENTION = re.compile(rf"""(["'])((?:{_ROOT})(?:\.\w+)+)\1""")


@dataclass(frozen=True)
class Binding:
    """A name of a file that stands for something of another.

    Attributes
    ----------
    local : str
        The name in the importing file; "*" where all names were taken.
    module : str
        The module it is taken from, absolute.
    name : str
        What is taken from it; empty where the name stands for the module itself.
    is_typing : bool
        True where only a type checker imports it.
    """

    local: str
    module: str
    name: str
    is_typing: bool = False


@dataclass(frozen=True)
class Source:
    """A file's text, what it imports of the project, and the modules it names in strings."""

    text: str
    bindings: tuple[Binding, ...]
    mentions: tuple[str, ...]

    @cached_property
    def is_drawn(self) -> bool:
        """Whether the file speaks of a library that draws."""
        return bool(_DRAWN_BY.search(self.text))

    @cached_property
    def chains(self) -> dict[str, set[tuple[str, ...]]]:
        """How each name of the file is used."""
        return self._read_whole[0]

    @cached_property
    def defined(self) -> set[str]:
        """The names the file defines at its top level."""
        return self._read_whole[1]

    @cached_property
    def _read_whole(self) -> tuple[dict[str, set[tuple[str, ...]]], set[str]]:
        """Both, for whoever asks for one often asks for the other, and parsing takes the longest."""
        module = ast.parse(self.text)
        return chains(module), defined(module)

    def bound(self, local: str) -> list[Binding]:
        """Return what a name stands for, for a type checker or at run time."""
        return [binding for binding in self.bindings if binding.local == local]


@lru_cache(maxsize=2_000)
def read_source(text: str, package: str) -> Source:
    """Return what a file imports of the project; the same text is read once, in whichever folder it stands.

    Parameters
    ----------
    text : str
        The file's source.
    package : str
        The package the file stands in, from which relative imports count.

    Raises
    ------
    SyntaxError
        When the text is not Python.
    """
    bindings = None if _TUCKED.search(text) else _cut_out(text, package)
    if bindings is None:
        bindings = [b for node, typed in _statements(ast.parse(text), False) for b in _bindings(node, typed, package)]
    return Source(text, tuple(bindings), tuple(dict.fromkeys(name for _, name in _MENTION.findall(text))))


def _cut_out(text: str, package: str) -> list[Binding] | None:
    """Parse nothing but the import statements; None where the text has to be parsed whole."""
    matches = [m for m in _STATEMENT.finditer(text) if _OURS.search(m[1])]
    if any(m[1].rstrip().endswith("\\") for m in matches):
        return None
    typed = [m.span(2) for m in _TYPED.finditer(text)] if matches else []
    try:
        nodes = ast.parse("\n".join(m[1] for m in matches)).body
    except SyntaxError:
        return None
    if len(nodes) != len(matches):
        return None
    flags = [any(begin <= m.start() < end for begin, end in typed) for m in matches]
    return [b for node, flag in zip(nodes, flags, strict=True) for b in _bindings(node, flag, package)]


def _statements(node: ast.AST, is_typing: bool) -> Iterator[tuple[ast.AST, bool]]:
    """Walk all import statements, those in functions too, and say which only a type checker runs."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, is_typing
        elif isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING") and not _negated(child):
            for inner in child.body:
                yield from _statements(ast.Module([inner], []), True)
            yield from _statements(ast.Module(child.orelse, []), is_typing)
        else:
            yield from _statements(child, is_typing)


def _negated(node: ast.If) -> bool:
    return isinstance(node.test, ast.UnaryOp)


def _bindings(node: ast.AST, is_typing: bool, package: str) -> Iterator[Binding]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            if _is_ours(alias.name):
                yield Binding(alias.asname or "", alias.name, "", is_typing)
                if alias.asname is None:
                    top = alias.name.partition(".")[0]
                    yield Binding(top, top, "", is_typing)
    elif isinstance(node, ast.ImportFrom):
        module = _absolute(node.module or "", node.level, package)
        if _is_ours(module):
            for alias in node.names:
                yield Binding(alias.asname or alias.name, module, alias.name, is_typing)


def _absolute(module: str, level: int, package: str) -> str:
    if not level:
        return module
    parts = package.split(".")
    return ".".join([*parts[: len(parts) - level + 1], *([module] if module else [])])


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] in ROOTS


def chains(module: ast.Module) -> dict[str, set[tuple[str, ...]]]:
    """Return how each name of a file is used: the attributes asked of it, () where it is used by itself.

    Examples
    --------
    >>> chains(ast.parse("metrics.pipeline.coverage(data)"))["metrics"]
    {('pipeline', 'coverage')}
    """
    uses: dict[str, set[tuple[str, ...]]] = {}
    waiting: list[ast.AST] = [module]
    while waiting:
        node = waiting.pop()
        attributes: list[str] = []
        while isinstance(node, ast.Attribute):
            attributes.append(node.attr)
            node = node.value
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load):
                uses.setdefault(node.id, set()).add(tuple(reversed(attributes)))
            continue
        for value in vars(node).values():  # `ast.walk` goes by the names of fields, and takes three times as long.
            if isinstance(value, list):
                waiting += [part for part in value if isinstance(part, ast.AST)]
            elif isinstance(value, ast.AST):
                waiting.append(value)
    return uses


def defined(module: ast.Module) -> set[str]:
    """Return the names a file defines at its top level, imports left out."""
    names: set[str] = set()
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}
    return names
