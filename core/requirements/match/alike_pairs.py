"""Pairs of texts that are alike by the score requirements are matched by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from core.requirements.match import matcher

NEAR = 6


def alike(
    texts: Sequence[str], likely: Callable[[int, int, float], bool], home: Path | None = None
) -> list[tuple[int, int, float]]:
    """Return the pairs of texts that may be one and the same, the most alike first.

    Parameters
    ----------
    texts : sequence of str
    likely : callable
        Says of the positions of two texts and their likeness whether they may be a pair.
    home : Path, optional
        Where the vectors of the texts are kept.

    Returns
    -------
    list of (int, int, float)
        The positions of both, the smaller one first, and their likeness, at most 1: stemmed words + 0.5 × letters +
        1.5 × meaning, over 3. Each text is compared with the six nearest.
    """
    if len(texts) < 2:
        return []
    compared = matcher.compare(list(texts), list(texts), min(NEAR, len(texts)), home)
    pairs: dict[tuple[int, int], float] = {}
    for index, (near, scores) in enumerate(zip(compared.order.tolist(), compared.scores.tolist(), strict=True)):
        for other, score in zip(near, scores, strict=True):
            if other != index and likely(index, other, score):
                pairs[min(index, other), max(index, other)] = min(score, 1.0)
    return [(*pair, score) for pair, score in sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0]))]
