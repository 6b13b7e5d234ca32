"""Who is asking, and what they may see and do."""

from core.access.identity import LOCAL, Identity, can

__all__ = ["LOCAL", "Identity", "can"]
