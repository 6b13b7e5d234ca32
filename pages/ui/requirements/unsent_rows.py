"""Rows of a requirement list changed and not saved: the database was away, or somebody was there first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace

from core.localization import message
from core.store.repositories import Saved
from core.store.reviews import Change, Conflict
from pages.ui.kit import unsaved


def waiting(saved: Saved) -> list[Change]:
    """Return what the database did not take yet of a list."""
    return [Change(**facts) for facts in unsaved.items(_rows(saved)).values()]


def wait(saved: Saved, changes: Iterable[Change]) -> None:
    """Keep changes the database did not take, those of one row as one."""
    rows = unsaved.items(_rows(saved))
    for wanted in changes:
        before = Change(**rows[_key(wanted)]) if _key(wanted) in rows else wanted
        rows[_key(wanted)] = asdict(replace(before, values={**before.values, **wanted.values}))
    unsaved.keep(_rows(saved))


def taken(saved: Saved) -> list[Change]:
    """Return what the database did not take yet, and forget it: it is sent once more."""
    changes = waiting(saved)
    unsaved.drop(_rows(saved))
    return changes


def met(saved: Saved) -> list[Conflict]:
    """Return the changes of a list that met somebody else's, and are to be chosen from."""
    return [
        Conflict(Change(**facts["wanted"]), facts["standing"]) for facts in unsaved.items(_conflicts(saved)).values()
    ]


def meet(saved: Saved, conflicts: Iterable[Conflict]) -> None:
    """Take these conflicts in the place of those there were; none where a choice was made."""
    rows = unsaved.items(_conflicts(saved))
    rows.clear()
    rows.update({_key(c.wanted): {"wanted": asdict(c.wanted), "standing": dict(c.standing)} for c in conflicts})
    unsaved.keep(_conflicts(saved))


def _rows(saved: Saved) -> str:
    return message("rows of requirement list {id}", id=saved.id)


def _conflicts(saved: Saved) -> str:
    return message("rows of requirement list {id} that met others", id=saved.id)


def _key(change: Change) -> str:
    return f"{change.row} {change.sheet}"
