"""Plans, exceptions and approvals of pay as records that are only ever added to, each with its row in the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.contracts.errors import StoreError
from core.localization import message
from core.store.append_only import LONGEST_NOTE, Versions
from core.store.pay_tables import PayApprovalRow, PayExceptionRow, PayPlansRow
from core.store.repositories import Clock
from core.store.sessions import Sessions

LONGEST_CONTENT = 200_000


class PayPlans(Versions):
    """Every version of the file of plans."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        super().__init__(sessions, clock, PayPlansRow, "compensation plans")

    def _check(self, values: Mapping[str, Any]) -> None:
        for name, most in (("content", LONGEST_CONTENT), ("note", LONGEST_NOTE)):
            if len(values[name]) > most:
                raise StoreError(
                    message("The {name} has more than {most:,} letters.", name=name, most=most), mend="Shorten it."
                )

    def _audit(self, about: Mapping[str, Any], values: Mapping[str, Any], newest: Any, author: str) -> dict[str, Any]:
        """Say that the file changed and why; the versions themselves hold what it said."""
        detail = message(
            "version {version}; {note}", version=(newest.version if newest else 0) + 1, note=values["note"]
        ).rstrip("; ")
        return {
            "user": author[:200],
            "action": message("{noun} saved", noun=self.noun),
            "target": about["file"],
            "detail": detail,
        }


class PayExceptions(Versions):
    """Amounts paid beside the plans, and what became of each."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        super().__init__(sessions, clock, PayExceptionRow, "exception to pay")


class PayApprovals(Versions):
    """Statements that were approved, and at what amount."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        super().__init__(sessions, clock, PayApprovalRow, "approval of pay")
