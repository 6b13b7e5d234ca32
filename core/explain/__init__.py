"""Why a prediction is what it is: contributions that add up, drivers in business words, sentences."""

from core.explain import actions, customers, deals, drivers, record
from core.explain.contributions import Contributions, explain
from core.explain.views import dependence, importance

__all__ = ["Contributions", "actions", "customers", "deals", "dependence", "drivers", "explain", "importance", "record"]
