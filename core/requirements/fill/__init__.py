"""The buyer's own file with our answers in it, and the proof that nothing else changed."""

from core.requirements.fill.filled import Filled, fill

__all__ = ["Filled", "fill"]
