"""One table of a source, and how it is read."""

from __future__ import annotations

from dataclasses import dataclass

from core.sources.mapping import EntityMap
from core.sources.recognition import TableMatch


@dataclass(frozen=True)
class Source:
    """One table and how it is read.

    Attributes
    ----------
    entity : str
    match : TableMatch
    entry : EntityMap
    """

    entity: str
    match: TableMatch
    entry: EntityMap

    @property
    def is_stored(self) -> bool:
        """Say whether the table's types and nulls are its own, as those of a Parquet file are."""
        return self.match.table.file.lower().endswith(".parquet")

    @property
    def history(self) -> str:
        """Return how a history is written, where a map or layout says it."""
        return self.entry.history or (self.match.layout.history if self.match.layout else "")


def headers_of(source: Source, name: str) -> tuple[str, ...]:
    """Return the columns of the file that one of ours is read from."""
    rule = source.entry.columns.get(name, name)
    if isinstance(rule, str):
        return (rule,)
    return rule.first or rule.join or (name,)
