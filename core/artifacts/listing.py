"""What `quarterdeck artifacts` says and does: how much of each kind is kept, how old it is, and pruning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from core.artifacts import leftovers
from core.artifacts.cache import ArtifactCache
from core.artifacts.kinds import KINDS, Kind, kind_named
from core.artifacts.tiers import Entry
from core.contracts.errors import StoreError
from core.localization import joined, message, message_plural

UNITS = ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB"))


@dataclass(frozen=True)
class KindSummary:
    """How much of a kind lies on disk.

    Attributes
    ----------
    name, content : str
    entries, most : int
        How many are there, and how many at most; both 0 where nothing is written.
    in_memory : int
        How many a running server keeps in memory at most.
    n_bytes : int
    oldest_at, newest_at : str
        When the first and the last of them were written, UTC; empty without any.
    damaged, pinned : int
        How many cannot be read, and how many no pruning deletes.
    """

    name: str
    content: str
    entries: int
    most: int
    in_memory: int
    n_bytes: int
    oldest_at: str
    newest_at: str
    damaged: int
    pinned: int


def summaries(cache: ArtifactCache) -> list[KindSummary]:
    """Return a summary of every kind."""
    return [_summary(cache, kind) for kind in KINDS.values()]


def _summary(cache: ArtifactCache, kind: Kind) -> KindSummary:
    entries = cache.entries(kind) if kind.is_kept_on_disk else []
    stamps = sorted(entry.written_at for entry in entries if entry.written_at)
    return KindSummary(
        kind.name,
        kind.content,
        len(entries),
        kind.entries,
        kind.in_memory,
        sum(entry.n_bytes for entry in entries),
        stamps[0] if stamps else "",
        stamps[-1] if stamps else "",
        sum(entry.is_damaged for entry in entries),
        len(set(cache.pinned(kind)) & {entry.key for entry in entries}),
    )


def text(rows: Sequence[KindSummary], now: datetime) -> str:
    """Return the summaries as a table of plain text, ages as of `now`."""
    lines = [
        message(
            "{words:12} {words_2:>9} {words_3:>9}  {words_4:16} {words_5:16} what it is",
            words="kind",
            words_2="kept",
            words_3="size",
            words_4="oldest",
            words_5="newest",
        )
    ]
    for row in rows:
        number = message("{entries} of {most}", entries=row.entries, most=row.most) if row.most else "in memory"
        size = size_text(row.n_bytes) if row.most else ""
        ages = (age_text(stamp, now) for stamp in (row.oldest_at, row.newest_at))
        notes = [message("{damaged} damaged", damaged=row.damaged)] * bool(row.damaged) + [
            message("{pinned} pinned", pinned=row.pinned)
        ] * bool(row.pinned)
        what = joined(row.content, *(f"({note})" for note in notes))
        lines.append(f"{row.name:12} {number:>9} {size:>9}  {next(ages):16} {next(ages):16} {what}")
    lines.append(message("{size_text} in all.", size_text=size_text(sum(row.n_bytes for row in rows))))
    return "\n".join(lines)


def entries_text(kind: Kind, entries: Sequence[Entry], now: datetime) -> str:
    """Return the artefacts of one kind, that made or read last first."""
    if not kind.is_kept_on_disk:
        return message("{title} are kept in memory only, while the server runs.", title=kind.title.capitalize())
    lines = [
        f"{entry.key:34} {size_text(entry.n_bytes):>9}  {age_text(entry.written_at, now):16}"
        f"{'damaged' if entry.is_damaged else ''}".rstrip()
        for entry in reversed(entries)
    ]
    return "\n".join(lines) or message("No {title} are kept.", title=kind.title)


def leftovers_text(home: Path) -> str:
    """Say what earlier versions left in a home folder, and how it is deleted; empty where they left nothing."""
    paths = leftovers.left_behind(home)
    if not paths:
        return ""
    names = sorted({path.relative_to(home).parts[0] for path in paths})
    size = size_text(leftovers.size_of_all(paths))
    return (
        f"An earlier version left {', '.join(names)} ({size}), which nothing reads any more: --prune --all deletes it."
    )


def as_json(rows: Sequence[KindSummary]) -> list[dict[str, Any]]:
    """Return the summaries as plain values."""
    return [asdict(row) for row in rows]


def pruned(cache: ArtifactCache, name: str, everything: bool, home: Path | None = None) -> str:
    """Delete what is kept of one kind, or of all; return a sentence that says how much.

    Parameters
    ----------
    cache : ArtifactCache
    name : str
        Of the kind; empty with `everything`.
    everything : bool
        All kinds; what is pinned stays.
    home : Path, optional
        Whose leftovers of earlier versions go with everything.

    Raises
    ------
    StoreError
        When it is not clear what is meant, there is no such kind, or the folder cannot be written.
    """
    if bool(name) == everything:
        raise StoreError("What should be pruned is not clear.", mend="Name one kind, or give --all.")
    kinds = list(KINDS.values()) if everything else [kind_named(name)]
    try:
        deleted = [entry for kind in kinds if kind.is_kept_on_disk for entry in cache.prune(kind)]
        n_left_behind = leftovers.remove(home) if home and everything else 0
    except OSError as error:
        raise StoreError(
            "The artefacts cannot be deleted.", str(error.filename or ""), "Check the rights of the folder."
        ) from error
    left = sum(len(cache.entries(kind)) for kind in kinds)
    stays = message(" {left} stay: pinned, or in use just now.", left=left) if left else ""
    number = message_plural("{n} artefact", "{n} artefacts", len(deleted))
    earlier = message(" Of earlier versions: {size_text}.", size_text=size_text(n_left_behind)) if n_left_behind else ""
    return message(
        "Deleted {number}, {size_text}.{earlier}{stays}",
        number=number,
        size_text=size_text(sum(entry.n_bytes for entry in deleted)),
        earlier=earlier,
        stays=stays,
    )


def size_text(n_bytes: int) -> str:
    """Write a size compactly.

    Examples
    --------
    >>> size_text(0), size_text(1536), size_text(3 << 20)
    ('0 B', '1.5 kB', '3.0 MB')
    """
    for size, unit in UNITS:
        if n_bytes >= size:
            return f"{n_bytes / size:.1f} {unit}"
    return f"{n_bytes} B"


def age_text(stamp: str, now: datetime) -> str:
    """Write how long ago something was; empty where it is not known, and "just now" for what lies ahead."""
    if not stamp:
        return ""
    seconds = max(0, int((now - datetime.fromisoformat(stamp)).total_seconds()))
    if days := seconds // 86_400:
        return message_plural("{n} day ago", "{n} days ago", days)
    if hours := seconds // 3_600:
        return message_plural("{n} hour ago", "{n} hours ago", hours)
    if minutes := seconds // 60:
        return message_plural("{n} minute ago", "{n} minutes ago", minutes)
    return "just now"
