"""Who is asking, and what they may see and do."""

from core.access import rights
from core.access.identity import LOCAL, Identity, can, identify
from core.access.row_view import view

__all__ = [
    "LOCAL",
    "Identity",
    "can",
    "identify",
    "rights",
    "view",
]
