"""What a scenario means: its difference by lever, goal seek, sensitivity, comparison, and the test on past quarters."""

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.scenarios.analysis import (
        attribution,
        backtest,
        comparison,
        goal_seek,
        sensitivity,
        trend,
        whatif,
    )

__all__ = [
    "attribution",
    "backtest",
    "comparison",
    "goal_seek",
    "sensitivity",
    "trend",
    "whatif",
]

__getattr__ = later(__name__, {name: name for name in __all__})
