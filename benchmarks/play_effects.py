"""How often a play without an effect is claimed to have one when it is looked at all the time, and what is found.

Run `python -m benchmarks.play_effects`. Each play gets 20 cases a look on either side, in four strata whose shares of
good outcomes run from 0.2 to 0.65 and which are played unlike often; it counts as claimed once any look's interval
leaves zero out.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from core.metrics.stratified import always_valid, pooled_difference

N_PLAYS, N_LOOKS, CASES = 200, 8, 40
SHARES, PLAYED = np.array([0.2, 0.35, 0.5, 0.65]), np.array([0.65, 0.55, 0.45, 0.35])


def looks(rng: np.random.Generator, effect: float) -> list[pl.DataFrame]:
    """Return the strata's counts at each look of one play."""
    n = N_LOOKS * CASES
    stratum = rng.integers(0, 4, n)
    is_played = rng.random(n) < PLAYED[stratum]
    is_hit = rng.random(n) < SHARES[stratum] + effect * is_played
    out = []
    for end in range(CASES, n + 1, CASES):
        own, hit, part = is_played[:end], is_hit[:end], stratum[:end]
        counts = {
            "hits": np.bincount(part[own & hit], minlength=4),
            "n": np.bincount(part[own], minlength=4),
            "others_hits": np.bincount(part[~own & hit], minlength=4),
            "others": np.bincount(part[~own], minlength=4),
        }
        out.append(pl.DataFrame(counts))
    return out


def claimed(effect: float, n_plays: int, seed: int = 4) -> tuple[float, float, float, float]:
    """Return the share of plays claimed by the interval that always holds, by a usual one, its cover and mean."""
    rng = np.random.default_rng(seed)
    always, usual, cover, ends = [], [], [], []
    for _ in range(n_plays):
        path = looks(rng, effect)
        gaps = [gap for counts in path if (gap := always_valid(counts, 0.05)) is not None]
        plain = [gap for counts in path if (gap := pooled_difference(counts)) is not None]
        always.append(any(low > 0 or high < 0 for _, low, high in gaps))
        usual.append(any(low > 0 or high < 0 for _, low, high in plain))
        cover.append(all(low <= effect <= high for _, low, high in gaps))
        ends.append(gaps[-1][0])
    return float(np.mean(always)), float(np.mean(usual)), float(np.mean(cover)), float(np.mean(ends))


def main() -> None:
    """Print the table."""
    print("effect  always valid  usual  all looks cover  mean difference at the end")
    for effect, n in ((0.0, N_PLAYS), (0.1, N_PLAYS // 4), (0.2, N_PLAYS // 4), (0.3, N_PLAYS // 4)):
        always, usual, cover, end = claimed(effect, n)
        print(f"{effect:6.2f}  {always:12.3f}  {usual:5.3f}  {cover:15.3f}  {end:.3f}  ({n} plays)")


if __name__ == "__main__":
    main()
