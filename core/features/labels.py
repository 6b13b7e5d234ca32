"""What is known, in plain words."""

from __future__ import annotations

NAMES = {
    "stage_rank": "Stage reached",
    "silence_days": "Days without activity",
    "contact_silence_days": "Days without contact",
    "rival_win_rate": "Win rate against this competitor",
    "account_win_rate": "Win rate with this account",
    "owner_win_rate": "Owner's win rate",
    "n_pushes": "Times pushed",
    "mrr_amount": "MRR",
    "mrr_change_rate_180d": "MRR change in 180 days",
    "usage_change_rate_30d": "Usage change in 30 days",
    "usage_change_rate_90d": "Usage change in 90 days",
    "tenure_days": "Days as a customer",
    "age_days": "Days since created",
    "employee_count": "Employees",
    "is_customer": "Already a customer",
}


def plain(feature: str) -> str:
    """Name a feature in plain words.

    Examples
    --------
    >>> plain("n_pushes_90d")
    'Pushes in 90 days'
    """
    if feature in NAMES:
        return NAMES[feature]
    words = feature.removeprefix("own_").removeprefix("n_").removeprefix("is_").removeprefix("has_").split("_")
    spelt = [f"in {w[:-1]} days" if w[:-1].isdigit() and w.endswith("d") else w for w in words]
    return " ".join(spelt).capitalize()
