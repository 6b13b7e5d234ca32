"""Cuts put into the bytes of a part: what lies between them stays as it is."""

from __future__ import annotations

from collections.abc import Iterable

Cut = tuple[int, int, bytes]


def replaced(data: bytes, cuts: Iterable[Cut]) -> bytes:
    """Return the bytes with each cut's stretch replaced.

    Parameters
    ----------
    data : bytes
    cuts : iterable of (int, int, bytes)
        Where a stretch begins, where it ends and what takes its place, in any order; none overlaps another.
        Several that begin and end at one point follow each other as given.

    Examples
    --------
    >>> replaced(b"one two", [(4, 7, b"three"), (0, 0, b"> ")])
    b'> one three'
    """
    out: list[bytes] = []
    last = 0
    for start, end, new in sorted(cuts, key=lambda cut: cut[:2]):
        out += [data[last:start], new]
        last = end
    return b"".join([*out, data[last:]])


def without(data: bytes, ranges: Iterable[tuple[int, int]]) -> bytes:
    """Return the bytes with some stretches left out, for comparing the rest."""
    return replaced(data, ((start, end, b"") for start, end in ranges))
