"""When models are learnt anew: what a scheduled run finds to do."""

from __future__ import annotations

from dataclasses import dataclass

from core.config import Settings
from core.contracts import Dataset
from core.localization import message
from core.models import monitoring
from core.models.bundle import Bundle
from core.models.versions import Latest


@dataclass(frozen=True)
class Due:
    """Whether models are to be learnt anew, why, and which version may serve until then."""

    is_due: bool
    reason: str
    version: str = ""

    def sentence(self) -> str:
        """Return the reason."""
        return self.reason


def due(dataset: Dataset, settings: Settings, bundle: Bundle | None, latest: Latest | None, by_hand: str = "") -> Due:
    """Say whether the models are to be learnt anew.

    They are when none are kept for this company, these settings and this code; when the data have gone on by
    `upkeep.retrain_after_days` days since the newest were learnt; or when the newest, held against today's data,
    raise an alarm. They are not when those of exactly this data are kept, or somebody has gone back to an
    earlier version on the Models page.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle or None
        The latest kept version with its scores of today, as `registry.load_version` gives it; None where there
        is none, or it is of exactly this data.
    latest : Latest or None
        Which version that is, as `registry.latest` gives it.
    by_hand : str
        The version somebody went back to; empty where nobody has.
    """
    if by_hand:
        return Due(
            is_due=False,
            reason=message("Somebody went back to version {by_hand}; it is used until they return.", by_hand=by_hand),
        )
    if latest is None:
        return Due(is_due=True, reason="No models of this company, with these settings, are saved.")
    if latest.data == dataset.company.fingerprint:
        return Due(is_due=False, reason="The models of exactly this data are saved.")
    after, age = settings.upkeep.retrain_after_days, (dataset.as_of - latest.as_of).days
    if age >= after:
        return Due(
            is_due=True,
            reason=message("The data is {age} days newer than the models; {after} are allowed.", age=age, after=after),
        )
    raised = monitoring.watch(bundle, settings).raised if bundle is not None else []
    if raised:
        return Due(is_due=True, reason=message("The models need an update. {raised}", raised=raised[0]))
    return Due(
        is_due=False,
        version=latest.name,
        reason=message(
            "Models trained on data as of {as_of:%d %B %Y} are in use; they are {age} of {after} days old.",
            as_of=latest.as_of,
            age=age,
            after=after,
        ),
    )
