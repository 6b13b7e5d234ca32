"""The column map: how a user's own file and column names become ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from core.config.addresses import address
from core.contracts import FRAMES, OPTIONAL_FRAMES
from core.contracts.errors import SourceError, closest
from core.contracts.yaml_text import YamlError, read_yaml
from core.localization import message
from core.sources.columns import readable
from core.sources.span_ends import Ends
from core.sources.vendor_layouts import HELPERS

ENTITIES = (*FRAMES, *OPTIONAL_FRAMES, *HELPERS)
Plain = str | int | float | bool | None


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Lookup(_Part):
    """Replaces a name by an id found in another entity."""

    entity: str
    by: str
    take: str


class ColumnRule(_Part):
    """How a column is made of several of theirs, or of none.

    Attributes
    ----------
    first : tuple of str
        Their columns; the first that is filled is taken.
    join : tuple of str
        Their columns, joined to one text: for ids made of several parts.
    by : str
        What stands between the joined parts.
    number : str
        Text before the row's number: for files without an id.
    """

    first: tuple[str, ...] = ()
    join: tuple[str, ...] = ()
    by: str = "-"
    number: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> ColumnRule:
        if sum((bool(self.first), bool(self.join), self.number is not None)) != 1:
            raise ValueError("write one of first, join and number")
        return self


class StageWords(_Part):
    """The stages of a pipeline, first to last, those that end a deal, and what the CRM says of each."""

    order: tuple[str, ...] = ()
    won: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    probability: dict[str, float] = {}
    forecast_category: dict[str, Literal["pipeline", "best_case", "commit", "closed", "omitted"]] = {}


class EntityMap(_Part):
    """How one entity is read from one kind of file.

    Attributes
    ----------
    file : str, optional
        File name in the folder, with its ending.
    files : tuple of str
        Patterns such as `deals_*.csv`; every file that matches is read. Case does not matter.
    sheet : str, optional
        Sheet of a workbook; default the first that holds the columns.
    header_row : int, optional
        The row that holds the column names; default: found by itself.
    columns : dict
        Our column -> theirs, or a `ColumnRule`. What is left out is matched by its name.
    constants : dict
        Our column -> one value for every row.
    values : dict
        Our column -> {their value: ours}; other values stay as they are.
    copies : dict
        Our column -> another of our columns that holds the same.
    lookups : dict
        Our column -> where the id behind a name is found.
    ignore : tuple of str
        Their columns that are not read at all.
    filters : dict
        A column -> the value or values a row must have, or {not: values}.
    dates : dict
        Our column, or "*" for all -> "dd/mm/yyyy", "mm/dd/yyyy", "yyyy-mm-dd" or a strptime pattern.
    numbers : dict
        Our column, or "*" for all -> "1,234.56" or "1.234,56".
    units : dict
        Our column -> what one in the file stands for, such as 1000; default as its header says.
    history : str, optional
        "spans", "snapshots" (starts alone) or "changes" (a row per changed field).
    ends : {"inclusive", "exclusive"}, optional
        "exclusive": a span's last day is the day before its end; "inclusive": it is the end; found where not said.
    stages : dict
        Pipeline, or "*" for all -> its stages.
    match_rest : bool
        Whether columns the map does not name are matched by their names.
    """

    file: str = ""
    files: tuple[str, ...] = ()
    sheet: str | None = None
    header_row: int | None = Field(default=None, ge=1)
    columns: dict[str, str | ColumnRule] = {}
    constants: dict[str, str | int | float | bool] = {}
    values: dict[str, dict[str, Plain]] = {}
    copies: dict[str, str] = {}
    lookups: dict[str, Lookup] = {}
    ignore: tuple[str, ...] = ()
    filters: dict[str, Any] = {}
    dates: dict[str, str] = {}
    numbers: dict[str, Literal["1,234.56", "1.234,56"]] = {}
    units: dict[str, float] = {}
    history: Literal["spans", "snapshots", "changes"] | None = None
    ends: Ends | None = None
    stages: dict[str, StageWords] = {}
    match_rest: bool = True

    @field_validator("values", mode="before")
    @classmethod
    def _texts(cls, value: Any) -> Any:
        """YAML reads `Yes:` and `1:` as true and 1; they are meant as words."""
        if not isinstance(value, Mapping):
            return value
        return {
            k: {_word(a): b for a, b in listed.items()} if isinstance(listed, Mapping) else listed
            for k, listed in value.items()
        }

    @field_validator("files", "ignore", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("dates", "numbers", mode="before")
    @classmethod
    def _for_all(cls, value: Any) -> Any:
        return {"*": value} if isinstance(value, str) else value

    @field_validator("stages", mode="before")
    @classmethod
    def _one_pipeline(cls, value: Any) -> Any:
        is_plain = isinstance(value, Mapping) and value and set(value) <= set(StageWords.model_fields)
        return {"*": value} if is_plain else value

    @model_validator(mode="after")
    def _named(self) -> EntityMap:
        if not self.file and not self.files:
            raise ValueError("name a file, or files by a pattern")
        return self

    @property
    def name(self) -> str:
        """Return the file or patterns in words."""
        return self.file or ", ".join(self.files)


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def matching(entry: EntityMap, names: Iterable[str]) -> list[str]:
    """Return the files an entry of a map names.

    Raises
    ------
    SourceError
        When none is there; the nearest name is given.
    """
    listed = list(names)
    folded = {n.casefold(): n for n in listed}
    bases = {n.rsplit("/", 1)[-1].casefold(): n for n in listed}
    if entry.file:
        key = entry.file.casefold()
        hit = folded.get(key) or bases.get(key) or folded.get(_unpacked(key)) or bases.get(_unpacked(key))
        if hit:
            return [hit]
    patterns = [re.compile(_pattern(p)) for p in entry.files]
    hits = [
        n
        for n in listed
        if any(p.fullmatch(n.rsplit("/", 1)[-1].casefold()) or p.fullmatch(n.casefold()) for p in patterns)
    ]
    if hits:
        return hits
    near = closest(entry.name, listed)
    mend = (
        message("Did you mean {near}?", near=near)
        if near
        else message("There are: {listed}.", listed=", ".join(listed[:8]) or message("no files"))
    )
    raise SourceError(
        message("The map names a file that is not there: {name}.", name=entry.name), "the column map", mend
    )


def _unpacked(name: str) -> str:
    return name.removesuffix(".gz")


def _pattern(pattern: str) -> str:
    return re.escape(pattern.casefold()).replace(r"\*", ".*").replace(r"\?", ".")


def parse_map(content: bytes, name: str = "the column map") -> dict[str, Any]:
    """Return the content of a column map that was uploaded, for `read_map`.

    Raises
    ------
    SourceError
        When it is not YAML, or holds no names and values.
    """
    try:
        parsed = read_yaml(content)
    except YamlError as error:
        raise SourceError("The column map is not valid YAML.", name, str(error)) from error
    if not isinstance(parsed, dict):
        raise SourceError("The column map must hold entities and their columns.", name)
    return {str(key): value for key, value in parsed.items()}


def _bytes_of(mapping: Path | str) -> bytes:
    store = address(mapping)
    if not store:
        return Path(mapping).read_bytes()
    from core.sources.object_store import contents

    return next(iter(contents(store).values()))


def read_map(mapping: Path | str | Mapping[str, Any]) -> dict[str, tuple[EntityMap, ...]]:
    """Read and check a column map.

    Parameters
    ----------
    mapping : path or mapping
        A YAML file, or its content: entity -> {file, columns, ...}, or a list of them where an entity lies in
        several kinds of files.

    Raises
    ------
    SourceError
        When the file cannot be read, or names an entity, column or key that does not exist.
    """
    where = "the column map"
    content: Any = mapping
    if isinstance(mapping, (str, Path)):
        where = str(mapping)
        try:
            content = read_yaml(_bytes_of(mapping))
        except (OSError, YamlError) as error:
            raise SourceError("The column map cannot be read.", where, "Check that it is YAML and exists.") from error
    if not isinstance(content, Mapping):
        raise SourceError("The column map must hold entities and their columns.", where)
    out = {}
    for name, entries in content.items():
        if name not in ENTITIES:
            near = closest(str(name), ENTITIES)
            raise SourceError(
                message("The map names an unknown entity {name!r}.", name=name),
                where,
                message("Did you mean {near!r}?", near=near)
                if near
                else message("Known: {frames}.", frames=", ".join(FRAMES)),
            )
        listed = entries if isinstance(entries, list) else [entries]
        out[str(name)] = tuple(_entry(str(name), entry, where) for entry in listed)
    _check_lookups(out, where)
    return out


def _entry(name: str, entry: Any, where: str) -> EntityMap:
    try:
        checked = EntityMap.model_validate(entry)
    except ValidationError as error:
        first = next((e for e in error.errors() if e["type"] != "string_type"), error.errors()[0])
        path = ".".join(str(p) for p in (name, *first["loc"]) if p not in ("str", "ColumnRule"))
        keys = [str(p) for p in first["loc"]]
        near = (
            closest(keys[0], EntityMap.model_fields) if first["type"] == "extra_forbidden" and len(keys) == 1 else None
        )
        mend = message("Did you mean {near!r}?", near=near) if near else ""
        raise SourceError(
            message("The map is not valid at {path}: {msg}", path=path, msg=first["msg"]), where, mend
        ) from error
    readable_columns = readable(name)
    for part in ("columns", "constants", "values", "copies", "lookups"):
        for column in getattr(checked, part):
            near = closest(column, readable_columns)
            if part == "columns" and column not in readable_columns and near:
                raise SourceError(
                    message("The map names a column {column!r} that {name} does not have.", column=column, name=name),
                    where,
                    message("Did you mean {near!r}?", near=near),
                )
    for column in (*checked.dates, *checked.numbers, *checked.units):
        if column != "*" and column not in readable_columns:
            near = closest(column, readable_columns)
            raise SourceError(
                message(
                    "The map says how {column!r} is written, which is no column of {name}.", column=column, name=name
                ),
                where,
                message("Did you mean {near!r}?", near=near)
                if near
                else message("Known: {sorted}.", sorted=", ".join(sorted(readable_columns))),
            )
    return checked


def _check_lookups(plan: Mapping[str, tuple[EntityMap, ...]], where: str) -> None:
    for name, entries in plan.items():
        for entry in entries:
            for column, rule in entry.lookups.items():
                if rule.entity not in plan:
                    near = closest(rule.entity, plan)
                    raise SourceError(
                        message(
                            "The lookup of {name}.{column} names {entity!r}, which the map does not read.",
                            name=name,
                            column=column,
                            entity=rule.entity,
                        ),
                        where,
                        message("Did you mean {near!r}?", near=near)
                        if near
                        else message("Add {entity} to the map.", entity=rule.entity),
                    )
