"""A dataset of one session as bytes and back, so that its copy can be sealed without ever lying open on a disk."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl

from core.contracts.dataset import FRAMES, OPTIONAL_FRAMES, Dataset

FACTS = "dataset.json"


def packed(data: Dataset) -> bytes:
    """Return a dataset as an uncompressed zip of Parquet files and its facts as JSON.

    Parameters
    ----------
    data : Dataset
        Of no person's part and without hidden names.
    """
    names = [*FRAMES, *(name for name in OPTIONAL_FRAMES if data.has(name))]
    frames = {name: data.frame(name) for name in names} | {"rejected": data.rejected, "emptied": data.emptied}
    facts = {
        "as_of": data.as_of.isoformat(),
        "source": data.source,
        "missing": list(data.missing),
        "fingerprint": data.fingerprint,
        "open_stages": list(data.open_stages),
        "currency": data.currency,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as files:
        files.writestr(FACTS, json.dumps(facts))
        for name, frame in frames.items():
            content = io.BytesIO()
            frame.write_parquet(content, compression="lz4")
            files.writestr(name, content.getvalue())
    return out.getvalue()


def unpacked(content: bytes) -> Dataset:
    """Return the dataset that was packed, marked as one session's own; its fingerprint is the one it had.

    Raises
    ------
    ValueError, KeyError, zipfile.BadZipFile
        When the bytes are none that `packed` made.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as files:
        facts = json.loads(files.read(FACTS))
        frames: dict[str, Any] = {name: pl.read_parquet(files.read(name)) for name in files.namelist() if name != FACTS}
    data = Dataset(
        **frames,
        as_of=date.fromisoformat(facts["as_of"]),
        source=facts["source"],
        missing=tuple(facts["missing"]),
        known_fingerprint=facts["fingerprint"],
        open_stages=tuple(facts["open_stages"]),
        currency=facts["currency"],
    )
    return replace(data, is_transient=True)
