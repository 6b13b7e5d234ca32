"""Published tables as Parquet or Arrow files with a manifest, and what measures mean as a document."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Literal

import yaml

from core import __version__
from core.api import measure_registry
from core.bi.published import TABLES, rows
from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import SourceError

Form = Literal["parquet", "arrow"]
MANIFEST, DEFINITIONS = "manifest.json", "measures.yaml"


def write(data: Dataset, settings: Settings, rights: frozenset[str], folder: Path, form: Form = "parquet") -> Path:
    """Write the published tables a reader may see to a folder, with a manifest and the measures' definitions.

    Parameters
    ----------
    data : Dataset
        The rows the reader may see.
    settings : Settings
    rights : frozenset of str
        Tables whose right is not among them are left out.
    folder : Path
    form : {"parquet", "arrow"}

    Returns
    -------
    Path
        The manifest: the state of the data, and per file its rows, columns and SHA-256.

    Raises
    ------
    SourceError
        When the folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files = [_written(data, table, folder, form) for table in TABLES if table.right in rights]
        (folder / DEFINITIONS).write_text(yaml.safe_dump(definitions(settings), sort_keys=False), encoding="utf-8")
        manifest = {
            "quarterdeck": __version__,
            "as_of": data.as_of.isoformat(),
            "data": data.fingerprint,
            "currency": settings.currency,
            "files": files,
        }
        path = folder / MANIFEST
        path.write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    except OSError as error:
        raise SourceError("The files cannot be written.", str(folder), "Choose a folder you may write to.") from error
    return path


def _written(data: Dataset, table: Any, folder: Path, form: Form) -> dict[str, Any]:
    frame = rows(data, table)
    path = folder / f"{table.name.lower()}.{form}"
    if form == "parquet":
        frame.write_parquet(path)
    else:
        frame.write_ipc(path)
    columns = {name: str(kind) for name, kind in frame.schema.items()}
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"name": path.name, "rows": frame.height, "key": list(table.key), "columns": columns, "sha256": digest}


def definitions(settings: Settings) -> dict[str, Any]:
    """Return what each measure means, for catalogues and semantic layers of other tools.

    Returns
    -------
    dict
        `measures`: name, label, formula, grain and the right it takes; where a formula is not written apart, what the
        function says of itself.
    """
    measures = []
    for entry in measure_registry.entries():
        lead, _, formula = entry.description.partition("Formula: ")
        takes = [argument.name for argument in entry.arguments]
        measures.append(
            {
                "name": f"{entry.group}.{entry.name}",
                "label": entry.summary,
                "formula": " ".join((formula or lead).split()),
                "grain": _grain(entry.group),
                "arguments": takes,
                "right": entry.right,
                "address": f"/api/v1/measures/{entry.group}/{entry.name}",
            }
        )
    return {"currency": settings.currency, "measures": measures}


def _grain(group: str) -> str:
    """Return what one row of the data behind a group of measures is."""
    lines = {"bookings", "growth", "regions"}
    contracts = {"recurring", "retention"}
    reports = {"load_report", "crm_quality"}
    touches = set(measure_registry.ENGAGEMENT)
    grains = (
        (touches, "mail, meeting or call"),
        (lines, "transaction line"),
        (contracts, "contract line and day"),
        (reports, "row read"),
    )
    return next((grain for groups, grain in grains if group in groups), "deal and day")
