"""How often the potential of accounts claims to beat last year's bookings where it cannot, and where it can.

Run: .venv/bin/python -m benchmarks.potential_null [first seed] [last seed]

Seeds 0 to 19 chose the rule, so a record is of others.

Null: 160 accounts each repeat their own level every year. Planted: bookings jump about what size and industry give.
"""

from __future__ import annotations

import sys

from core.config import load
from core.territories.account_potential import LAST_YEAR, potential
from tests.territories.test_territories import planted


def claims(seeds: range, is_stable: bool) -> list[int]:
    """Return the seeds on which a way other than last year's bookings serves."""
    settings = load(environ={})
    return [seed for seed in seeds if potential(planted(seed, is_stable)[0], settings).model != LAST_YEAR]


if __name__ == "__main__":
    first, last = (int(word) for word in sys.argv[1:3]) if len(sys.argv) > 2 else (20, 59)
    seeds = range(first, last + 1)
    false, true = claims(seeds, is_stable=True), claims(seeds, is_stable=False)
    print(f"null: claimed on {len(false)} of {len(seeds)} seeds {false}; planted: found on {len(true)} of {len(seeds)}")
