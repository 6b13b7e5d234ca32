"""Pages are tested on the small company: what is tested is their wiring."""

from tests.small_company import bundle, customers, landmarks, sample, settings

__all__ = ["bundle", "customers", "landmarks", "sample", "settings"]
