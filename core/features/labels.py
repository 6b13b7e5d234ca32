"""What is known, in plain words."""

from __future__ import annotations


def plain(feature: str) -> str:
    """Name a feature in plain words.

    Examples
    --------
    >>> plain("n_pushes_90d")
    'Pushes in 90 days'
    """
    words = feature.removeprefix("own_").removeprefix("n_").removeprefix("is_").removeprefix("has_").split("_")
    spelt = [f"in {w[:-1]} days" if w[:-1].isdigit() and w.endswith("d") else w for w in words]
    return " ".join(spelt).capitalize()
