"""The buyer's own file with our answers in it, and the proof that nothing else changed."""

from core.requirements.export.filled_file import Filled, fill

__all__ = ["Filled", "fill"]
