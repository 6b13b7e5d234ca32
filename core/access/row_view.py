"""A company's data as one person sees it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from core.access import field_hiding, masking, row_scope
from core.access.identity import Identity
from core.config import Settings
from core.contracts import Dataset
from core.contracts.amount_visibility import HIDDEN


@dataclass(frozen=True)
class View:
    """What a person's data are cut to.

    Attributes
    ----------
    regions : tuple of str
        Regions the rows are bound to; empty for all.
    team : str
        The rep id of the person at the top of the team the rows are bound to; empty for all.
    is_masked : bool
        Whether names are hidden.
    hidden : tuple of str
        Fields that are hidden.
    amounts : str
        What happens to money where names are hidden: "" nothing, "rounded", "scaled" or "hidden".

    Examples
    --------
    >>> View().is_cut, View(("EMEA",)).is_cut
    (False, True)
    """

    regions: tuple[str, ...] = ()
    team: str = ""
    is_masked: bool = False
    hidden: tuple[str, ...] = ()
    amounts: str = ""

    @property
    def is_cut(self) -> bool:
        """Say whether anything is left out or hidden."""
        return self != WHOLE

    @property
    def fields(self) -> tuple[Any, ...]:
        """Return regions, team, masking, and what else is hidden where anything is, in the order `view` takes them."""
        more: tuple[Any, ...] = (self.hidden, self.amounts) if self.amounts else (self.hidden,) if self.hidden else ()
        return (self.regions, self.team, self.is_masked, *more)


WHOLE = View()


def view(
    dataset: Dataset,
    settings: Settings,
    regions: tuple[str, ...] = (),
    team_of: str = "",
    is_masked: bool = False,
    hidden: tuple[str, ...] = (),
    amounts: str = "",
) -> Dataset:
    """Return the data cut to what a person may see, with names hidden where they must be.

    Parameters
    ----------
    dataset : Dataset
        The company's data.
    settings : Settings
    regions, team_of, is_masked, hidden
        As an `Identity` has them; the head of a team also by the invented id, so that a call can be shown to others.
    amounts : str
        As `masking.mask` takes it.

    Returns
    -------
    Dataset
        Names are hidden first and rows cut then, so that a company bears the same invented name for
        everybody; fields are hidden last.

    Raises
    ------
    AccessError
        When a region or the head of a team is not in the data.
    """
    who = Identity("", "", (), regions, team_of, is_masked)
    if not is_masked:
        return field_hiding.hide(row_scope.cut(dataset, who), hidden)
    is_raw = team_of and not masking.INVENTED.fullmatch(team_of)
    head = masking.person_id(team_of, dataset, settings) if is_raw else team_of
    part = row_scope.cut(masking.mask(dataset, settings, amounts), replace(who, team_of=head))
    is_bare = masking.amounts_of(settings, amounts) == HIDDEN
    return field_hiding.hide(part, (*hidden, field_hiding.AMOUNTS) if is_bare else hidden)
