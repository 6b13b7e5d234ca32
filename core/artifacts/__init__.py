"""The one place that keeps what was worked out: in memory and on disk, by what it was made of."""

from core.artifacts.cache import ArtifactCache
from core.artifacts.codecs import FRAME, JSON, PARQUET, TEXT, FolderCodec, UnkeepableError, read_frame, write_frame
from core.artifacts.keys import UnkeyedError, key, settings_text
from core.artifacts.kinds import (
    ACCOUNTS,
    ALARMS,
    ANALYSES,
    CATALOGUES,
    CHARTS,
    KINDS,
    LANDMARKS,
    MARTS,
    MEASURES,
    MODELS,
    RECORDS,
    REPLAY_DAYS,
    REPLAYS,
    RESULTS,
    SAMPLE,
    SLIDER,
    SNAPSHOTS,
    VECTORS,
    Kind,
)
from core.artifacts.memory import MEMORY, Memory, Shelf
from core.artifacts.notices import Notice, combined
from core.artifacts.opened import all_notices, forget_all, open_cache, process_shelf
from core.artifacts.remembered import Memo, Same, memoized, remembered
from core.artifacts.tiers import DamagedError, Entry, Tier
from core.artifacts.values import VALUES

__all__ = [
    "ACCOUNTS",
    "ALARMS",
    "ANALYSES",
    "CATALOGUES",
    "CHARTS",
    "FRAME",
    "JSON",
    "KINDS",
    "LANDMARKS",
    "MARTS",
    "MEASURES",
    "MEMORY",
    "MODELS",
    "PARQUET",
    "RECORDS",
    "REPLAYS",
    "REPLAY_DAYS",
    "RESULTS",
    "SAMPLE",
    "SLIDER",
    "SNAPSHOTS",
    "TEXT",
    "VALUES",
    "VECTORS",
    "ArtifactCache",
    "DamagedError",
    "Entry",
    "FolderCodec",
    "Kind",
    "Memo",
    "Memory",
    "Notice",
    "Same",
    "Shelf",
    "Tier",
    "UnkeepableError",
    "UnkeyedError",
    "all_notices",
    "combined",
    "forget_all",
    "key",
    "memoized",
    "open_cache",
    "process_shelf",
    "read_frame",
    "remembered",
    "settings_text",
    "write_frame",
]
