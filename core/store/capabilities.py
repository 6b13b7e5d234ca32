"""The catalogue as people edit it: each save is a version of its own, two at once lose nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from core.store.bulk_versions import BulkVersions
from core.store.repositories import Clock
from core.store.sessions import Sessions
from core.store.tables import CapabilityRow

LONGEST = {"capability_id": 200, "category": 40, "status": 40, "owner": 200, "merged_into": 200}


@dataclass(frozen=True)
class CapabilityEdit:
    """What one capability shall say.

    Attributes
    ----------
    capability_id : str
    version : int
        The version its author saw; 0 where it was never edited here.
    values : mapping
        name, category, status, description, limit, commitments, available_on, effort_weeks, owner, evidence,
        how, scope, exception, evidence_on, is_retired, merged_into.
    """

    capability_id: str
    version: int
    values: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Return the capability's id."""
        return self.capability_id


class Capabilities(BulkVersions):
    """All versions of all capabilities."""

    plural: ClassVar[str] = "capabilities"
    longest: ClassVar[Mapping[str, int]] = LONGEST

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        super().__init__(sessions, clock, CapabilityRow, "capability")
