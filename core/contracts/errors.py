"""The exceptions Quarterdeck raises: each says what, where and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any

from core.localization.messages import bare, joined, message


class QuarterdeckError(Exception):
    """Base of every error meant for a person to read.

    Parameters
    ----------
    what : str
        What is wrong, as a sentence.
    where : str, optional
        File, sheet, row, column or setting it concerns.
    mend : str, optional
        What the reader can do about it.
    """

    def __init__(self, what: str, where: str = "", mend: str = "") -> None:
        self.what, self.where, self.mend = what, where, mend
        super().__init__(what, where, mend)

    def __str__(self) -> str:
        """Join the three parts into one readable line."""
        what = self.what
        if self.where:
            what = message("{what} ({where}).", what=bare(what), where=self.where)
        return joined(what, self.mend) if self.mend else what


class ConfigError(QuarterdeckError):
    """A setting is missing, misspelt or out of range."""


class SourceError(QuarterdeckError):
    """A file or folder cannot be read as Quarterdeck data."""


class ContractError(QuarterdeckError):
    """A frame does not hold what its contract promises."""


class ModelError(QuarterdeckError):
    """A model cannot be trained, loaded or applied."""


class NotMadeYetError(QuarterdeckError):
    """Something is made by a worker and not there yet; whoever asks comes back."""


class ScenarioError(QuarterdeckError):
    """A scenario, lever or link is not valid."""


class RequirementError(QuarterdeckError):
    """A requirement list or capability catalogue cannot be used."""


class StoreError(QuarterdeckError):
    """Something could not be saved or fetched."""


class ConflictError(StoreError):
    """Somebody else saved in between; `theirs` is what they wrote."""

    def __init__(self, what: str, theirs: dict[str, Any], where: str = "", mend: str = "") -> None:
        self.theirs = theirs
        super().__init__(what, where, mend)


class AccessError(QuarterdeckError):
    """The identity may not see or do this."""


class AmountsHiddenError(AccessError):
    """What was asked for is made of amounts of money, and amounts are hidden from whoever asks."""


def is_panic(error: BaseException) -> bool:
    """Say whether an error is a panic of an engine written in Rust, which is raised past `Exception`."""
    return type(error).__name__ == "PanicException"


@contextmanager
def failures_as(kind: type[QuarterdeckError], what: str, where: str = "", mend: str = "") -> Iterator[None]:
    """Turn whatever a library raises on what somebody handed in, panics included, into one sentence.

    Parameters
    ----------
    kind : type
    what, where, mend : str
        As for the error itself.

    Raises
    ------
    QuarterdeckError
        One raised inside goes on as it is; a wish to end the process or the page's run does too.
    """
    try:
        yield
    except QuarterdeckError:
        raise
    except BaseException as error:
        if not (isinstance(error, Exception) or is_panic(error)):
            raise
        raise kind(what, where, mend) from error


def closest(name: str, choices: Iterable[str]) -> str | None:
    """Return the choice most like `name`, or None when nothing is near.

    Parameters
    ----------
    name : str
        A name as the user wrote it; case, spaces and dashes are ignored.
    choices : iterable of str
        The names that would have been understood.

    Returns
    -------
    str or None
        The nearest choice, by difflib's ratio with a cut-off of 0.6.

    Examples
    --------
    >>> closest("Acount ID", ["account_id", "amount"])
    'account_id'
    """
    folded = {c.lower().replace(" ", "_").replace("-", "_"): c for c in choices}
    matches = get_close_matches(name.lower().strip().replace(" ", "_").replace("-", "_"), folded, n=1)
    return folded[matches[0]] if matches else None
