"""Figures that are exchanged with others as noisy aggregates, and published ones as context."""

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.benchmarking import aggregate_files, discrete_laplace, noisy_aggregates, public_figures

__all__ = ["aggregate_files", "discrete_laplace", "noisy_aggregates", "public_figures"]

__getattr__ = later(__name__, {name: name for name in __all__})
