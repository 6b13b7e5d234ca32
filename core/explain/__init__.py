"""Why a prediction is what it is: contributions that add up, drivers in business words, sentences."""

from core.explain import customers, deals, drivers, record
from core.explain.contributions import Contributions, explain
from core.explain.views import dependence, importance

__all__ = ["Contributions", "customers", "deals", "dependence", "drivers", "explain", "importance", "record"]
