"""Files of a folder in an object store: Amazon S3, Google Cloud Storage, Azure Blob Storage and their kin."""

from __future__ import annotations

from pathlib import PurePosixPath

from core.contracts.errors import SourceError
from core.sources.files import ENDINGS

EXTRAS = {"s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs", "abfss": "adlfs"}


def contents(address: str) -> dict[str, bytes]:
    """Return the files in a folder of an object store, by their names.

    Parameters
    ----------
    address : str
        Such as `s3://bucket/folder`. Keys come from the environment, as the store's own tools read them.

    Raises
    ------
    SourceError
        When the driver is not installed, there is no such folder, or it may not be read.
    """
    scheme = address.partition("://")[0]
    try:
        import fsspec

        system, root = fsspec.core.url_to_fs(address)
        paths = sorted(system.find(root, maxdepth=2))
        wanted = [p for p in paths if PurePosixPath(p).suffix.lower() in (*ENDINGS, ".yaml", ".yml")]
        by_path = {p: system.cat_file(p) for p in wanted}
    except ImportError as error:
        driver = EXTRAS.get(scheme, "fsspec")
        raise SourceError(
            f"Reading {scheme}:// needs {driver}.", address, "Install Quarterdeck with its extra: quarterdeck[stores]."
        ) from error
    except Exception as error:  # Every driver raises errors of its own.
        raise SourceError(
            "The object store cannot be read.", address, f"Check its address and rights: {error}"
        ) from error
    if not by_path:
        raise SourceError("The folder in the object store holds no file that is read.", address, "Check its address.")
    base = str(root).rstrip("/")
    return {p.removeprefix(base).lstrip("/") or PurePosixPath(p).name: content for p, content in by_path.items()}
