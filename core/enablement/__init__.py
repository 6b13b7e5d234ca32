"""What comes out of the gap analysis for people: training, sales material, proof of concept, contract."""

from core.enablement import contract, proof, rules, sales, slides, training, updates, word

__all__ = ["contract", "proof", "rules", "sales", "slides", "training", "updates", "word"]
