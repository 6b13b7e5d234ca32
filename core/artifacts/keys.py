"""Names of what is kept: a hash of the data, the settings, the arguments and the code it was made of."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path, PurePath
from threading import Lock
from typing import Any

from pydantic import BaseModel

from core.artifacts.closure import ROOT, code_fingerprint
from core.artifacts.kinds import Kind
from core.config import Settings
from core.localization.messages import Text

PLACES = frozenset({"home", "database_url", "engine", "replicas", "warehouse", "branding", "engagement"})
PLAIN = (str, int, float, bool, type(None), date, datetime, time, timedelta, Decimal)


class _Texts:
    """Settings as text, written once per object; settings are frozen.

    Equal settings give the same string object, so that comparing two keys costs nothing.
    """

    MOST = 32

    def __init__(self, left_out: frozenset[str] = frozenset()) -> None:
        self._left_out = set(left_out)
        self._entries: dict[int, tuple[BaseModel, str]] = {}
        self._lock = Lock()

    def of(self, settings: BaseModel) -> str:
        entry = self._entries.get(id(settings))
        return entry[1] if entry is not None and entry[0] is settings else self._written(settings)

    def _written(self, settings: BaseModel) -> str:
        text = settings.model_dump_json(exclude=self._left_out or None)
        with self._lock:
            text = next((other for _, other in self._entries.values() if other == text), text)
            while len(self._entries) >= self.MOST:
                del self._entries[next(iter(self._entries))]
            self._entries[id(settings)] = (settings, text)
        return text


_ALL = _Texts()
_WITHOUT_PLACES = _Texts(PLACES)
settings_text = _ALL.of
# What is worked out of rows and settings is the same whatever database saves lie in; who reads one names it too.
result_text = _Texts(frozenset({"database_url", "branding"})).of


class UnkeyedError(TypeError):
    """An argument cannot be part of a key, for it has no stable text."""


def key(
    kind: Kind,
    data: Any,
    settings: Any,
    modules: str | Sequence[str],
    *more: Any,
    root: Path = ROOT,
) -> str:
    """Return the name of an artefact: the same for the same kind, data, settings, arguments and code.

    Parameters
    ----------
    kind : Kind
    data : str, Dataset, or a sequence of them
        Fingerprints of the data; a dataset stands for its own and its as-of date. Anything else with a
        `fingerprint`, such as a catalogue, does too.
    settings : Settings, any pydantic model, or plain values; a sequence of them
        Only what the result depends on; of all settings, where the home folder, the database and the
        warehouse lie, which engine works and what servers share are left out, for they change no number.
    modules : str or sequence of str
        Where the result is made, such as `core.models.registry`: the key changes with any source it
        imports, directly or not, with the data files beside those, and with the libraries' versions.
    *more : plain values, frames, arrays, frozen dataclasses and containers of them
        What else the result depends on.
    root : Path
        The folder that holds `core` and `pages`.

    Returns
    -------
    str
        32 hexadecimal digits.

    Raises
    ------
    UnkeyedError
        When a value has no stable text: a function, an open file, an object without a fingerprint.
    ValueError
        When there is no such module.
    """
    names = (modules,) if isinstance(modules, str) else tuple(modules)
    digest = hashlib.blake2b(digest_size=16)
    for part in (kind.name, data, settings, code_fingerprint(names, root), more):
        for text in _texts(part):
            digest.update(text)
    return digest.hexdigest()


def _texts(value: Any) -> Iterator[bytes]:
    """Yield a value as text whose type and length are told, so that no two values read alike."""
    if isinstance(value, Enum):
        yield _tagged(type(value).__qualname__, value.name.encode())
    elif type(value) in PLAIN:
        yield _tagged(type(value).__name__, repr(value).encode("utf-8", "surrogatepass"))
    elif isinstance(value, Text):
        yield _tagged(str.__name__, repr(value).encode("utf-8", "surrogatepass"))
    elif isinstance(value, BaseModel):
        yield _tagged(
            type(value).__qualname__, (_WITHOUT_PLACES if isinstance(value, Settings) else _ALL).of(value).encode()
        )
    elif isinstance(value, PurePath):
        yield _tagged("path", str(value).encode("utf-8", "surrogateescape"))
    elif isinstance(value, bytes | bytearray):
        yield _tagged("bytes", hashlib.blake2b(value, digest_size=16).digest())
    elif isinstance(value, Mapping):
        pairs = sorted((b"".join(_texts(k)), b"".join(_texts(v))) for k, v in value.items())
        yield _tagged("mapping", b"".join(part for pair in pairs for part in pair))
    elif isinstance(value, set | frozenset):
        yield _tagged("set", b"".join(sorted(b"".join(_texts(item)) for item in value)))
    elif isinstance(value, tuple | list):
        yield _tagged("sequence", b"".join(text for item in value for text in _texts(item)))
    else:
        yield from _object_texts(value)


def _object_texts(value: Any) -> Iterator[bytes]:
    fingerprint = getattr(value, "fingerprint", None)
    if isinstance(fingerprint, str):
        yield _tagged(type(value).__qualname__, f"{fingerprint} {getattr(value, 'as_of', '')}".encode())
    elif hasattr(value, "hash_rows"):
        rows = value.hash_rows(seed=7).to_numpy().tobytes() if value.height else b""
        yield _tagged("frame", f"{value.schema}".encode() + hashlib.blake2b(rows, digest_size=16).digest())
    elif hasattr(value, "dtype") and hasattr(value, "tobytes") and not value.dtype.hasobject:
        content = hashlib.blake2b(value.tobytes(), digest_size=16).digest()
        yield _tagged("array", f"{value.dtype.str}{value.shape}".encode() + content)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value) if f.init}
        yield _tagged(type(value).__qualname__, b"".join(_texts(fields)))
    else:
        raise UnkeyedError(f"A {type(value).__name__} cannot be part of a key.")


def _tagged(kind: str, content: bytes) -> bytes:
    return f"{kind}:{len(content)}:".encode() + content
