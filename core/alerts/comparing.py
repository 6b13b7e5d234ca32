"""What a look changes in the ledger: new things are told once, gone ones are armed again, the first look is silent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from core.alerts.alert_rule import Rule
from core.alerts.sight import Sight
from core.store.alert_ledger import BEGUN, Entry, Standing

LONGEST_STATE, LONGEST_SUBJECT = 200, 400


@dataclass
class Difference:
    """What one rule and reader come to.

    Attributes
    ----------
    new : list of dict
        Rows to add to the ledger.
    changed : list of dict
        Columns that change, by row.
    fresh : list of Sight
        What is to be told.
    """

    new: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    fresh: list[Sight] = field(default_factory=list)


def compare(
    rule: Rule, reader: str, is_masked: bool, seen: Iterable[Sight], rows: Mapping[str, Standing], now: datetime
) -> Difference:
    """Compare what a rule sees with what the ledger holds of it for a reader.

    Parameters
    ----------
    rule : Rule
    reader : str
    is_masked : bool
        Whether the sentences hold invented names.
    seen : iterable of Sight
    rows : mapping
        Subject to the ledger's row.
    now : datetime
        In UTC.

    Returns
    -------
    Difference
        The first look, and the first after what the rule watches was changed, tells nothing: it notes what is there.
    """
    out = Difference()
    mark = f"{rule.condition}{' masked' if is_masked else ''}"
    begun = rows.get(BEGUN)
    is_baseline = begun is None or begun.state != mark
    if begun is None:
        out.new.append(_row(rule, reader, is_masked, Sight(BEGUN, mark, "", ""), now, None))
    elif is_baseline:
        out.changed.append({"id": begun.id, "state": mark})
    subjects = set()
    for sight in seen:
        subject = sight.subject[:LONGEST_SUBJECT]
        if subject in subjects:
            continue
        subjects.add(subject)
        _look(out, rule, reader, is_masked, sight, rows.get(subject), now, is_baseline)
    for subject, entry in rows.items():
        if subject != BEGUN and subject not in subjects and not entry.is_recovered:
            out.changed.append({"id": entry.id, "recovered_at": now})
    return out


def _look(
    out: Difference,
    rule: Rule,
    reader: str,
    is_masked: bool,
    sight: Sight,
    entry: Standing | None,
    now: datetime,
    is_baseline: bool,
) -> None:
    if entry is None:
        out.new.append(_row(rule, reader, is_masked, sight, now, None if is_baseline else now))
        if not is_baseline:
            out.fresh.append(sight)
        return
    is_same = not entry.is_recovered and entry.state == sight.state[:LONGEST_STATE]
    is_snoozed = entry.snoozed_until is not None and entry.snoozed_until > now
    if is_same or (is_snoozed and not is_baseline):
        return
    values: dict[str, Any] = {
        "id": entry.id,
        "state": sight.state[:LONGEST_STATE],
        "sentence": sight.sentence,
        "link": sight.link,
        "is_masked": is_masked,
        "seen_at": now,
        "recovered_at": None,
        "acknowledged_by": "",
        "acknowledged_at": None,
        "escalated_at": None,
    }
    out.changed.append(values if is_baseline else values | {"told_at": now})
    if not is_baseline:
        out.fresh.append(sight)


def _row(
    rule: Rule, reader: str, is_masked: bool, sight: Sight, now: datetime, told_at: datetime | None
) -> dict[str, Any]:
    return {
        "rule_id": rule.id,
        "reader": reader,
        "subject": sight.subject[:LONGEST_SUBJECT],
        "state": sight.state[:LONGEST_STATE],
        "sentence": sight.sentence,
        "link": sight.link,
        "is_masked": is_masked,
        "seen_at": now,
        "told_at": told_at,
        "acknowledged_by": "",
    }


def added(rule: Rule, reader: str, is_masked: bool, sight: Sight, now: datetime) -> dict[str, Any]:
    """Return the row of somebody who is told because others did not answer."""
    return _row(rule, reader, is_masked, sight, now, now)


def overdue(rule: Rule, rows: Iterable[Entry], now: datetime) -> list[Entry]:
    """Return what was told so long ago, and not acknowledged, that others are to be told."""
    if not rule.escalate_hours:
        return []
    since = now - timedelta(hours=rule.escalate_hours)
    return [
        entry
        for entry in rows
        if entry.told_at is not None
        and entry.told_at <= since
        and entry.subject != BEGUN
        and entry.recovered_at is None
        and entry.acknowledged_at is None
        and entry.escalated_at is None
        and (entry.snoozed_until is None or entry.snoozed_until <= now)
    ]
