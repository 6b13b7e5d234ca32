"""How values are written to a folder and read back: as frames, text and JSON, never as pickles."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Generic, Literal, Protocol, TypeVar

import polars as pl

T = TypeVar("T")


class UnkeepableError(TypeError):
    """A value of a kind that is not written; it is handed out, and worked out again after the next start."""


class FolderCodec(Protocol[T]):
    """Writes a value as files of a folder and reads it back.

    `read` raises whatever it likes where the files do not make a value: the value is then made anew.
    """

    def write(self, value: T, folder: Path) -> None:
        """Write a value into an empty folder; raise `UnkeepableError` where it is none that can be written."""
        ...

    def read(self, folder: Path) -> T:
        """Return the value that was written."""
        ...


class FrameCodec:
    """One frame, as Arrow (LZ4) or as Parquet.

    Parameters
    ----------
    form : {"ipc", "parquet"}
        Arrow reads faster, Parquet is smaller.
    """

    def __init__(self, form: Literal["ipc", "parquet"] = "ipc") -> None:
        self.form = form

    def write(self, value: pl.DataFrame, folder: Path) -> None:
        """Write the frame."""
        write_frame(value, folder / f"frame.{self.form}")

    def read(self, folder: Path) -> pl.DataFrame:
        """Return the frame."""
        return read_frame(folder / f"frame.{self.form}")


class TextCodec:
    """One text, as a model writes itself."""

    def write(self, value: str, folder: Path) -> None:
        """Write the text as UTF-8."""
        (folder / "text.txt").write_bytes(value.encode())

    def read(self, folder: Path) -> str:
        """Return the text."""
        return (folder / "text.txt").read_bytes().decode()


class BytesCodec:
    """Bytes as one file.

    Parameters
    ----------
    name : str
        Of the file.
    """

    def __init__(self, name: str = "content") -> None:
        self.name = name

    def write(self, value: bytes, folder: Path) -> None:
        """Write the bytes."""
        (folder / self.name).write_bytes(value)

    def read(self, folder: Path) -> bytes:
        """Return the bytes."""
        return (folder / self.name).read_bytes()


class JsonCodec(Generic[T]):
    """Plain values: what JSON has, and nothing else."""

    def write(self, value: T, folder: Path) -> None:
        """Write the value as JSON."""
        try:
            text = json.dumps(value)
            is_same = json.loads(text) == value
        except (TypeError, ValueError) as error:
            raise UnkeepableError(str(error)) from error
        if not is_same:
            raise UnkeepableError("JSON has no such values.")
        (folder / "value.json").write_text(text, encoding="utf-8")

    def read(self, folder: Path) -> T:
        """Return the value."""
        value: T = json.loads((folder / "value.json").read_text(encoding="utf-8"))
        return value


def write_frame(frame: pl.DataFrame, path: Path) -> None:
    """Write a frame, by the path's suffix as Parquet or else as Arrow.

    Raises
    ------
    UnkeepableError
        When a column holds Python objects.
    """
    if pl.Object in frame.dtypes:
        raise UnkeepableError("A column of objects is not written.")
    if path.suffix == ".parquet":
        frame.write_parquet(path, compression="lz4")
    else:
        frame.write_ipc(path, compression="lz4")


def read_frame(path: Path) -> pl.DataFrame:
    """Read a frame that `write_frame` wrote; the file may be removed afterwards."""
    content = path.read_bytes()
    return pl.read_parquet(content) if path.suffix == ".parquet" else pl.read_ipc(content)


def frame_later(path: Path) -> Callable[[], pl.DataFrame]:
    """Return what unpacks a Parquet file that `write_frame` wrote when it is called.

    Its bytes are read and its header is looked at here: the file may be removed afterwards, and one that is no Parquet
    raises at once.
    """
    content = path.read_bytes()
    pl.read_parquet_schema(content)
    return partial(pl.read_parquet, content)


FRAME: FrameCodec = FrameCodec()
PARQUET: FrameCodec = FrameCodec("parquet")
TEXT: TextCodec = TextCodec()
BYTES: BytesCodec = BytesCodec()
JSON: JsonCodec[Any] = JsonCodec()
