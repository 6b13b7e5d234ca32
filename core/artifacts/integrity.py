"""Whether what is kept is whole and new artefacts can be kept, for `quarterdeck doctor`."""

from __future__ import annotations

from core.artifacts import notices
from core.artifacts.cache import ArtifactCache
from core.artifacts.kinds import KINDS, RESULTS, Kind
from core.artifacts.notices import Notice
from core.localization import message, message_plural

PROBE, PROBE_BYTES = "probe", 1 << 16


def examine(cache: ArtifactCache) -> tuple[Notice, ...]:
    """Return what is wrong with the artefacts on disk and with keeping new ones; nothing where all is well.

    Parameters
    ----------
    cache : ArtifactCache
        Every file of every artefact is compared with its checksum, and a probe is written and removed.
    """
    damaged = [_damage(cache, kind) for kind in KINDS.values() if kind.is_kept_on_disk]
    return (*(notice for notice in damaged if notice), *_writing(cache))


def _damage(cache: ArtifactCache, kind: Kind) -> Notice | None:
    count = sum(not _is_whole(cache, kind, entry.key) for entry in cache.entries(kind))
    what = message_plural(
        "{n} of the {title} kept on disk is damaged",
        "{n} of the {title} kept on disk are damaged",
        count,
        title=kind.title,
    )
    return Notice(kind.name, message("{what}, and made anew when needed.", what=what)) if count else None


def _is_whole(cache: ArtifactCache, kind: Kind, key: str) -> bool:
    try:
        with cache.tier.read(kind.name, key):
            return True
    except Exception:
        return False


def _writing(cache: ArtifactCache) -> tuple[Notice, ...]:
    try:
        with cache.tier.lock(RESULTS.name, PROBE), cache.tier.write(RESULTS.name, PROBE, {}) as folder:
            (folder / PROBE).write_bytes(b"\0" * PROBE_BYTES)
        cache.tier.delete(RESULTS.name, PROBE)
    except Exception as error:
        return (notices.unwritable(RESULTS, cache.tier.address, error),)
    return ()
