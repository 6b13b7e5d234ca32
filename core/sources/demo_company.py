"""The sample company as a stage for demos: whether the workspace shows nothing else, and back to its first day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.config import Settings
from core.contracts.errors import SourceError
from core.localization import message
from core.sources import source_registry

if TYPE_CHECKING:
    from core.store import Store


def refuse_own_data(settings: Settings, store: Store) -> None:
    """Refuse where the workspace has other data than the sample company: what people made may speak of those.

    Raises
    ------
    SourceError
        It names the data.
    """
    others = [entry.title for entry in source_registry.listed(settings, store) if entry.name != source_registry.SAMPLE]
    if others:
        raise SourceError(
            message("This workspace has data of its own: {others}.", others=", ".join(others)[:200]),
            "Reset of the demo",
            "Only a workspace that never showed anything but the sample company can be reset.",
        )


def sentence(counts: dict[str, int]) -> str:
    """Say what a reset deletes, or has deleted.

    Parameters
    ----------
    counts : dict
        Kind to rows, as the store's `demo_reset` gives them.

    Examples
    --------
    >>> sentence({"scenarios": 2, "comments": 1})
    '2 scenarios, 1 comment'
    >>> sentence({})
    'nothing yet'
    """
    rows = [f"{n:,} {kind if n > 1 or ' ' in kind else kind.removesuffix('s')}" for kind, n in counts.items()]
    return ", ".join(rows) or "nothing yet"


def reset(settings: Settings, store: Store, author: str) -> dict[str, int]:
    """Take back what people made on the sample company; people, rights, demo links and the audit log stay.

    Parameters
    ----------
    settings : Settings
    store : Store
        An open database, which is written to.
    author : str
        Who asked for it; the audit log names them.

    Returns
    -------
    dict
        Kind to the number of rows deleted.

    Raises
    ------
    SourceError
        Where the workspace has other data than the sample company.
    """
    refuse_own_data(settings, store)
    return store.demo_reset.apply(author)
