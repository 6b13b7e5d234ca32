"""A stream out of an old Office file: chains of sectors, followed once and never in a circle."""

from __future__ import annotations

import struct

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LAST = 0xFFFFFFFA  # from here on numbers are marks, not sectors
ENTRY, IN_HEADER, HEADER = 128, 109, 512
ROOT, STREAM = 5, 2


class Broken(ValueError):  # noqa: N818
    """A chain leads out of the file or in a circle."""


class CompoundFile:
    """An open compound file.

    Parameters
    ----------
    content : bytes

    Raises
    ------
    Broken, struct.error
        When its header or a chain is damaged.
    """

    def __init__(self, content: bytes) -> None:
        if content[:8] != SIGNATURE:
            raise Broken("no compound file")
        self.content = content
        large, small = struct.unpack_from("<HH", content, 30)
        if large not in (9, 12) or small != 6:
            raise Broken("unlikely sizes of sectors")
        self.size, self.small = 1 << large, 1 << small
        n_table, directory = struct.unpack_from("<II", content, 44)
        self.cutoff, small_table = struct.unpack_from("<II", content, 56)
        self.table = self._table(n_table)
        self.entries = self._entries(self._chain(directory, self.table))
        self.small_table = self._numbers(self._joined(self._chain(small_table, self.table)))
        root = next((entry for entry in self.entries if entry[1] == ROOT), None)
        self.small_content = self._joined(self._chain(root[2], self.table)) if root is not None else b""

    def stream(self, *names: str) -> bytes:
        """Return the first stream of one of some names; empty where there is none."""
        for name, kind, start, length in self.entries:
            if kind == STREAM and name in names:
                if length >= self.cutoff:
                    return self._joined(self._chain(start, self.table))[:length]
                parts = [
                    self.small_content[i * self.small : (i + 1) * self.small]
                    for i in self._chain(start, self.small_table)
                ]
                return b"".join(parts)[:length]
        return b""

    def _sector(self, number: int) -> bytes:
        start = max(HEADER, self.size) + number * self.size
        if start >= len(self.content):
            raise Broken("a sector lies behind the end")
        return self.content[start : start + self.size]

    def _joined(self, sectors: list[int]) -> bytes:
        return b"".join(self._sector(number) for number in sectors)

    @staticmethod
    def _numbers(content: bytes) -> tuple[int, ...]:
        return struct.unpack(f"<{len(content) // 4}I", content[: len(content) // 4 * 4])

    def _table(self, n_sectors: int) -> tuple[int, ...]:
        """Return for every sector the one that follows it; the sectors of the table are listed in the header."""
        listed = list(struct.unpack_from(f"<{IN_HEADER}I", self.content, 76))
        (following,) = struct.unpack_from("<I", self.content, 68)
        seen: set[int] = set()
        while following < LAST and following not in seen and len(listed) < n_sectors:
            seen.add(following)
            more = self._numbers(self._sector(following))
            listed += more[:-1]
            following = more[-1]
        return self._numbers(self._joined([number for number in listed[:n_sectors] if number < LAST]))

    @staticmethod
    def _chain(start: int, table: tuple[int, ...]) -> list[int]:
        chain: list[int] = []
        seen: set[int] = set()
        while start < LAST:
            if start in seen or start >= len(table):
                raise Broken("a chain leads in a circle or out of the file")
            seen.add(start)
            chain.append(start)
            start = table[start]
        return chain

    def _entries(self, sectors: list[int]) -> list[tuple[str, int, int, int]]:
        content = self._joined(sectors)
        entries = []
        for at in range(0, len(content) - ENTRY + 1, ENTRY):
            length, kind = struct.unpack_from("<HB", content, at + 64)
            start, size = struct.unpack_from("<II", content, at + 116)
            name = content[at : at + min(max(length - 2, 0), 64)].decode("utf-16-le", "replace")
            entries.append((name, kind, start, size))
        return entries
