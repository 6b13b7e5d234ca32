"""When models are learnt anew: what a scheduled run finds to do."""

from __future__ import annotations

from dataclasses import dataclass

from core.config import Settings
from core.contracts import Dataset
from core.models import registry, versions


@dataclass(frozen=True)
class Due:
    """Whether models are to be learnt anew, why, and which version may serve until then."""

    is_due: bool
    reason: str
    version: str = ""

    def sentence(self) -> str:
        """Return the reason."""
        return self.reason


def due(dataset: Dataset, settings: Settings) -> Due:
    """Say whether the models are to be learnt anew.

    They are when none are kept for this company, these settings and this code; when the data have gone on by
    `upkeep.retrain_after_days` days since the newest were learnt; or when the newest, held against today's data,
    raise an alarm. They are not when those of exactly this data are kept, or somebody has gone back to an
    earlier version on the Models page.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    """
    after = settings.upkeep.retrain_after_days
    by_hand = versions.held(settings) if not versions.is_scheduled(settings) else ""
    if by_hand:
        return Due(is_due=False, reason=f"Somebody went back to version {by_hand}; it serves until they return.")
    if registry.is_kept(dataset, settings):
        return Due(is_due=False, reason="The models of exactly this data are kept.")
    same = registry.alike(dataset, settings)
    if same is None:
        return Due(is_due=True, reason="No models of this company, with these settings, are kept.")
    name, learnt = same
    age = (dataset.as_of - learnt).days
    if age >= after:
        return Due(
            is_due=True, reason=f"The data have gone on by {age} days since models were learnt; {after} are allowed."
        )
    raised = registry.held_against(name, dataset, settings)
    if raised:
        return Due(is_due=True, reason=f"The models show their age. {raised[0]}")
    return Due(
        is_due=False,
        version=name,
        reason=f"The models learnt on data as of {learnt:%d %B %Y} serve; they are {age} of {after} days old.",
    )


def watched(dataset: Dataset, settings: Settings) -> list[str]:
    """Return the alarms noted when the models that serve were learnt or last loaded; nothing is loaded or learnt.

    Parameters
    ----------
    dataset : Dataset
        One person's part of a company has the company's models.
    settings : Settings
    """
    return registry.noted(dataset, settings)
