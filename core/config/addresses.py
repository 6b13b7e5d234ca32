"""Addresses of folders in object stores, told from paths of this machine."""

from __future__ import annotations

import re
from pathlib import Path

SCHEMES = ("s3", "gs", "gcs", "az", "abfs", "abfss", "memory", "file")
ADDRESS = re.compile(rf"^({'|'.join(SCHEMES)}):/+(?=[^/]|$)", re.IGNORECASE)


def address(folder: Path | str) -> str:
    """Return the address of a folder in an object store; empty where a path of this machine is named.

    Examples
    --------
    >>> address("s3://bucket/crm"), address(Path("s3://bucket/crm")), address("/data/crm"), address("C:/data")
    ('s3://bucket/crm', 's3://bucket/crm', '', '')
    """
    text = str(folder)
    match = ADDRESS.match(text)
    if not match:
        return ""
    slashes = "///" if match[1].lower() == "file" else "//"  # A path takes the second slash of an address away.
    return f"{match[1].lower()}:{slashes}{text[match.end() :]}"


def absolute(folder: str) -> str:
    """Return a path of this machine in full; an address stays."""
    return address(folder) or str(Path(folder).absolute())
