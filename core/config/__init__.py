"""Settings and the fiscal calendar."""

from core.config.settings import Settings, load

__all__ = ["Settings", "load"]
