"""What a column map says of the whole source, beside its entities: the day it speaks of, and its currency."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from core.contracts.errors import SourceError
from core.contracts.yaml_text import YamlError, read_yaml
from core.localization import message
from core.sources.currencies import code_of

FACTS = ("as_of", "currency")
WHERE = "the column map"


def split(mapping: Path | str | Mapping[str, Any] | None) -> tuple[dict[str, Any], Path | str | dict[str, Any] | None]:
    """Part what a column map says of the whole source from what it says of entities.

    Parameters
    ----------
    mapping : path or mapping, optional
        A YAML file, or its content.

    Returns
    -------
    (dict, path or dict or None)
        as_of and currency as far as they are there, as `meta.yaml` would say them; and the entities, None where there
        are none. A path comes back as it is where the map says nothing of the whole source.

    Raises
    ------
    SourceError
        When as_of is no date, or the currency is not known.
    """
    content = _content(mapping) if mapping else {}
    facts = {name: content[name] for name in FACTS if content.get(name) is not None}
    if not facts:
        # Whatever else was given, who reads the entities tells what is wrong with it.
        return {}, mapping or None  # type: ignore[return-value]
    where = str(mapping) if isinstance(mapping, str | Path) else WHERE
    return _checked(facts, where), {k: v for k, v in content.items() if k not in FACTS} or None


def _content(mapping: Path | str | Mapping[str, Any]) -> dict[str, Any]:
    """Return a map's content; of a file that cannot be read nothing, for who reads its entities will tell."""
    if not isinstance(mapping, str | Path):
        return dict(mapping) if isinstance(mapping, Mapping) else {}
    try:
        content = read_yaml(Path(mapping).read_bytes())
    except (OSError, YamlError):
        return {}
    return {str(k): v for k, v in content.items()} if isinstance(content, dict) else {}


def _checked(facts: Mapping[str, Any], where: str) -> dict[str, Any]:
    out: dict[str, Any] = {}
    if "as_of" in facts:
        try:
            out["as_of"] = date.fromisoformat(str(facts["as_of"])[:10]).isoformat()
        except ValueError as error:
            raise SourceError(
                message("as_of reads {as_of!r}, which is no date.", as_of=facts["as_of"]),
                where,
                "Write it as 2026-03-31.",
            ) from error
    if "currency" in facts:
        code = code_of(str(facts["currency"]))
        if code is None:
            raise SourceError(
                message("There is no currency {currency!r}.", currency=str(facts["currency"])[:40]),
                where,
                "Write its ISO code, such as EUR.",
            )
        out["currency"] = code
    return out
