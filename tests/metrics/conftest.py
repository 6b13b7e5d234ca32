from tests.features.conftest import make

__all__ = ["make"]
