"""A company's own data for a demo, hidden before they are written: the demo never holds a name that could be shown.

The key that leads from a name to its invented one is drawn at random and thrown away; amounts keep two digits.
"""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

import yaml

from core.access import masking
from core.config import Settings
from core.contracts import Dataset
from core.contracts.dataset import FRAMES, OPTIONAL_FRAMES
from core.contracts.errors import SourceError
from core.sources.folder import read_folder

FOLDER = "demo-data"
SOURCE = "Demo company"
META = "meta.yaml"


def read(folder: Path, mapping: Path | None, settings: Settings) -> Dataset:
    """Return a folder's data with names hidden for good and amounts rounded.

    Parameters
    ----------
    folder : Path
        Of the company's exports.
    mapping : Path, optional
        A column map.
    settings : Settings
        Stages, currency and fiscal year they are read by.

    Raises
    ------
    SourceError
        When nothing can be read.
    """
    data = read_folder(str(folder), str(mapping) if mapping else None, settings)
    if not sum(data.row_counts.values()):
        raise SourceError("Nothing was read, so there is nothing to show.", str(folder), "Name a folder of exports.")
    access = settings.access.model_copy(
        update={"mask_key": secrets.token_hex(32), "mask_amounts": masking.ROUNDED, "mask_names": True}
    )
    return masking.mask(data, settings.model_copy(update={"access": access}))


def write(data: Dataset, tenant_folder: Path) -> Path:
    """Write hidden data below a tenant's folder in place of those that lie there, and return where.

    Raises
    ------
    SourceError
        When the data bear their own names.
    """
    if not data.is_masked:
        raise SourceError("The data bear their own names.", mend="Hide them first; nothing was written.")
    target = tenant_folder / FOLDER
    part = tenant_folder / f".{FOLDER}.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700)
    for name in (*FRAMES, *(name for name in OPTIONAL_FRAMES if data.has(name))):
        frame = data.frame(name)
        if frame.height:
            frame.write_parquet(part / f"{name}.parquet")
    facts = {"as_of": data.as_of, "source": SOURCE}
    (part / META).write_text(yaml.safe_dump(facts), encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    part.replace(target)
    return target
