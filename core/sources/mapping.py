"""The column map: how a user's own file and column names become ours."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from core.contracts import FRAMES
from core.contracts.errors import SourceError, closest
from core.contracts.yaml_text import YamlError, read_yaml
from core.sources.span_ends import Ends


class Lookup(BaseModel):
    """Replaces a name by an id found in another entity."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entity: str
    by: str
    take: str


class EntityMap(BaseModel):
    """How one entity is read.

    Attributes
    ----------
    file : str
        File name in the folder, with its ending.
    sheet : str, optional
        Sheet of a workbook; default the first.
    columns : dict
        Our column -> theirs.
    constants : dict
        Our column -> one value for every row.
    values : dict
        Our column -> {their value: ours}; other values stay as they are.
    copies : dict
        Our column -> another of our columns that holds the same.
    lookups : dict
        Our column -> where the id behind a name is found.
    ends : {"inclusive", "exclusive"}, optional
        Whether the ends of spans name the last day itself, or the day after it; found where it is not said.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    sheet: str | None = None
    columns: dict[str, str] = {}
    constants: dict[str, str | int | float | bool] = {}
    values: dict[str, dict[str, str | bool | float | None]] = {}
    copies: dict[str, str] = {}
    lookups: dict[str, Lookup] = {}
    ends: Ends | None = None


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


def read_map(mapping: Path | str | Mapping[str, Any]) -> dict[str, EntityMap]:
    """Read and check a column map.

    Parameters
    ----------
    mapping : path or mapping
        A YAML file, or its content: entity -> {file, columns, ...}.

    Raises
    ------
    SourceError
        When the file cannot be read, or names an entity or key that does not exist.
    """
    where = "the column map"
    content: Any = mapping
    if isinstance(mapping, (str, Path)):
        where = str(mapping)
        try:
            content = read_yaml(Path(mapping).read_bytes())
        except (OSError, YamlError) as error:
            raise SourceError("The column map cannot be read.", where, "Check that it is YAML and exists.") from error
    if not isinstance(content, Mapping):
        raise SourceError("The column map must hold entities and their columns.", where)
    out = {}
    for name, entry in content.items():
        if name not in FRAMES:
            near = closest(str(name), FRAMES)
            raise SourceError(
                f"The map names an unknown entity {name!r}.",
                where,
                f"Did you mean {near!r}?" if near else f"Known: {', '.join(FRAMES)}.",
            )
        try:
            out[str(name)] = EntityMap.model_validate(entry)
        except ValidationError as error:
            first = error.errors()[0]
            key_path = ".".join(str(p) for p in (name, *first["loc"]))
            raise SourceError(f"The map is not valid at {key_path}: {first['msg']}", where) from error
    return out
