"""Kinds of company the sample can be; every figure that makes one differ from another stands here."""

from __future__ import annotations

from dataclasses import dataclass

from core.contracts.errors import SourceError

FLAT = (1.0,) * 12
MILD = (0.98, 0.98, 1.04, 1.0, 0.98, 1.04, 0.92, 0.92, 1.04, 1.02, 1.02, 1.06)
CHRISTMAS = (0.55, 0.6, 0.75, 0.85, 0.9, 0.9, 0.8, 0.9, 1.15, 1.45, 1.75, 1.4)


@dataclass(frozen=True)
class Profile:
    """How a company sells and earns.

    Attributes
    ----------
    founding_rate : float
        Share of accounts that are customers before the records begin.
    growth_rate : float
        By how much more deals are created in a year.
    deals_rate : float
        On the number of deals created while the records run.
    new_rate : float
        Share of created deals with accounts that are no customers yet.
    cycle_days : tuple of float
        Usual days to the expected close of a new deal, and of an expansion.
    size_factor : float
        On the amounts of deals.
    contract_rate : float
        Share of won deals that become a running contract; the others are delivered once.
    terms : tuple of float
        Shares of contracts that run for one, two and three years.
    bills_usage : bool
        Whether invoices follow what a customer used in the month.
    season : tuple of float
        Factor on deals created in each calendar month.
    rush : float
        How strongly wins crowd at the end of a quarter; 1 is the usual rush.
    warm_up_weeks : int
        Weeks played before the records begin.
    most_years : int
        No more years of history than this.
    """

    founding_rate: float = 0.14
    growth_rate: float = 0.28
    deals_rate: float = 1.0
    new_rate: float = 0.36
    cycle_days: tuple[float, float] = (54.0, 42.0)
    size_factor: float = 1.0
    contract_rate: float = 1.0
    terms: tuple[float, float, float] = (0.88, 0.09, 0.03)
    bills_usage: bool = False
    season: tuple[float, ...] = MILD
    rush: float = 1.0
    warm_up_weeks: int = 78
    most_years: int = 99


PROFILES = {
    "saas": Profile(),
    "services": Profile(
        founding_rate=0.3, growth_rate=0.08, cycle_days=(120.0, 90.0), size_factor=1.6, contract_rate=0.35, rush=0.7
    ),
    "usage": Profile(new_rate=0.55, cycle_days=(60.0, 50.0), size_factor=0.6, bills_usage=True, rush=0.6),
    "seasonal": Profile(growth_rate=0.08, cycle_days=(60.0, 45.0), season=CHRISTMAS, rush=0.5),
    "young": Profile(
        deals_rate=0.4, founding_rate=0.03, growth_rate=0.9, new_rate=0.75, warm_up_weeks=20, most_years=2
    ),
}


def profile(name: str) -> Profile:
    """Return a profile by its name.

    Raises
    ------
    SourceError
        When there is no such profile.
    """
    if name not in PROFILES:
        raise SourceError(f"There is no sample profile {name!r}.", mend=f"Choose one of {', '.join(PROFILES)}.")
    return PROFILES[name]
