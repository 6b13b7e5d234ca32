"""Who is asking, and what they may see and do."""

from core.access import rights
from core.access.directory import identify
from core.access.identity import LOCAL, Identity, can
from core.access.row_view import WHOLE, View, view

__all__ = [
    "LOCAL",
    "WHOLE",
    "Identity",
    "View",
    "can",
    "identify",
    "rights",
    "view",
]
