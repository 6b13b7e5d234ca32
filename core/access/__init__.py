"""Who is asking, and what they may see and do."""

from core.access import rights
from core.access.directory import identify
from core.access.identity import EVERYBODY, LOCAL, Identity, can, may_open
from core.access.row_view import WHOLE, View, view

__all__ = [
    "EVERYBODY",
    "LOCAL",
    "WHOLE",
    "Identity",
    "View",
    "can",
    "identify",
    "may_open",
    "rights",
    "view",
]
