"""What a requirement demands in numbers, places, standards and dates, held against what we commit to."""

from core.requirements.judge.limits.compare import READY, Comparison, Stated, compare, stated
from core.requirements.judge.limits.demand import Demand
from core.requirements.judge.limits.demands_of_text import demands, measured

__all__ = ["READY", "Comparison", "Demand", "Stated", "compare", "demands", "measured", "stated"]
