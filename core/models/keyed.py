"""What is handed to many functions and bears the key it is kept under: it can be part of other keys."""

from __future__ import annotations

from core.contracts.errors import ModelError


class Keyed:
    """Equal to what has the same key, so that what is remembered of one holds for the other.

    Attributes
    ----------
    key : str
        Names what it was made of; empty for one put together by hand, which equals itself alone.
    """

    key: str

    def __eq__(self, other: object) -> bool:
        """Say whether both are of one kind and key; without a key, whether it is the very same."""
        return self is other or (type(self) is type(other) and bool(self.key) and self.key == getattr(other, "key", ""))

    def __hash__(self) -> int:
        """Return the hash of the key; without a key, that of the object."""
        return hash(self.key) if self.key else id(self)

    @property
    def fingerprint(self) -> str:
        """Return the key, as what stands for it in the keys of artefacts.

        Raises
        ------
        ModelError
            When it was put together by hand and has none.
        """
        if not self.key:
            raise ModelError("These models have no key, so nothing worked out from them can be kept.")
        return self.key
