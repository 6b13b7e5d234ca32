"""Files of a folder in an object store: Amazon S3, Google Cloud Storage, Azure Blob Storage and their kin."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any

from core.contracts.errors import SourceError
from core.localization import message
from core.sources.files import ENDINGS

DRIVERS = {"s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs", "abfss": "adlfs"}
READ = (*ENDINGS, ".yaml", ".yml")
STATES = ("size", "ETag", "etag", "md5Hash", "LastModified", "last_modified", "updated", "mtime", "created")


def contents(address: str) -> dict[str, bytes]:
    """Return the files in a folder of an object store, by their names.

    Parameters
    ----------
    address : str
        Such as `s3://bucket/folder`, or that of one file. Keys come from the environment, as the store's own tools
        read them.

    Raises
    ------
    SourceError
        When the driver is not installed, there is no such folder, or it may not be read.
    """
    with _told(address):
        system, root, listed = _listed(address)
        by_path = {path: bytes(system.cat_file(path)) for path in listed}
    if not by_path:
        raise SourceError("The folder in the object store holds no file that is read.", address, "Check its address.")
    return {_name(path, root): content for path, content in by_path.items()}


def state(address: str) -> list[tuple[str, ...]]:
    """Return name, size, tag and change time of each file in a folder of an object store; nothing is read.

    Raises
    ------
    SourceError
        As `contents` does.
    """
    with _told(address):
        _, root, listed = _listed(address)
    return [(_name(path, root), *(str(facts.get(k, "")) for k in STATES)) for path, facts in listed.items()]


def _listed(address: str) -> tuple[Any, str, dict[str, dict[str, Any]]]:
    """Return the store, the folder's path in it, and the files that are read with what it says of each."""
    import fsspec

    system, root = fsspec.core.url_to_fs(address)
    system.invalidate_cache()
    rows: dict[str, dict[str, Any]] = system.find(root, maxdepth=2, detail=True)
    wanted = {p: rows[p] for p in sorted(rows) if PurePosixPath(p).suffix.lower() in READ}
    return system, str(root).rstrip("/"), wanted


def _name(path: str, root: str) -> str:
    return path.removeprefix(root).lstrip("/") or PurePosixPath(path).name


@contextmanager
def _told(address: str) -> Iterator[None]:
    scheme = address.partition("://")[0]
    try:
        yield
    except ImportError as error:
        driver = DRIVERS.get(scheme, "fsspec")
        raise SourceError(
            message("Reading {scheme}:// needs {driver}.", scheme=scheme, driver=driver),
            address,
            "Install Quarterdeck with its extra: quarterdeck[stores].",
        ) from error
    except Exception as error:  # Every driver raises errors of its own.
        raise SourceError(
            "The object store cannot be read.", address, message("Check its address and rights: {error}", error=error)
        ) from error
