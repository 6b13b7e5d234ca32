"""Files sealed with AES-256-GCM, piece by piece, so that nothing has to fit into memory.

The nonce of a piece is seven random bytes, its number and whether it is the last: pieces can be neither swapped nor
left out, and a file cut short does not open. Source: the STREAM construction of Hoang, Reyhanitabar, Rogaway and
Vizár (2015).
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.contracts.errors import SourceError
from core.sealing.sealing_keys import Key

MAGIC = b"quarterdeck sealed 1\n"
PIECE = 1 << 20
TAG = 16
PREFIX, NUMBER = 7, 8


def seal(source: BinaryIO, target: BinaryIO, key: Key) -> None:
    """Copy a file sealed; the key's number stands in front, in plain."""
    prefix = os.urandom(PREFIX)
    head = MAGIC + key.number.encode() + prefix
    target.write(head)
    cipher = AESGCM(key.secret)
    for index, (piece, is_last) in enumerate(_pieces(source, PIECE)):
        target.write(cipher.encrypt(_nonce(prefix, index, is_last), piece, head))


def is_sealed(source: BinaryIO) -> bool:
    """Say whether a file begins like a sealed one; it is read from the start again afterwards."""
    head = source.read(len(MAGIC))
    source.seek(0)
    return head == MAGIC


def unseal(source: BinaryIO, target: BinaryIO, keys: Sequence[Key]) -> None:
    """Copy what a sealed file holds.

    Parameters
    ----------
    source, target : binary file
    keys : sequence of Key
        Those at hand; the number in front of the file says which of them opens it.

    Raises
    ------
    SourceError
        When it is none, was sealed with a key that is not at hand, or is not as it was written.
    """
    head = source.read(len(MAGIC) + NUMBER + PREFIX)
    number, prefix = head[len(MAGIC) : len(MAGIC) + NUMBER].decode("ascii", "replace"), head[-PREFIX:]
    if not head.startswith(MAGIC) or len(head) < len(MAGIC) + NUMBER + PREFIX:
        raise SourceError("The file is no sealed one.", mend="Name a file that Quarterdeck sealed.")
    key = next((candidate for candidate in keys if candidate.number == number), None)
    if key is None:
        at_hand = ", ".join(candidate.number for candidate in keys) or "none"
        raise SourceError(
            f"The file was sealed with key {number}; keys at hand: {at_hand}.",
            mend="Add the key it was sealed with to those of the server; the admin guide shows how.",
        )
    cipher = AESGCM(key.secret)
    try:
        for index, (piece, is_last) in enumerate(_pieces(source, PIECE + TAG)):
            target.write(cipher.decrypt(_nonce(prefix, index, is_last), piece, head))
    except InvalidTag:
        raise SourceError(
            "The sealed file is damaged or was changed.", mend="Use another copy; nothing of this one can be trusted."
        ) from None


def _nonce(prefix: bytes, index: int, is_last: bool) -> bytes:
    return prefix + struct.pack(">I?", index, is_last)


def _pieces(source: BinaryIO, size: int) -> Iterator[tuple[bytes, bool]]:
    """Return the pieces of a file and whether each is the last; an empty file has one, which is empty."""
    piece = source.read(size)
    while True:
        following = source.read(size)
        yield piece, not following
        if not following:
            return
        piece = following
