"""The app served from the checkout on the small company, and Chromium."""

from tests.browser.default_company import url
from tests.small_company import bundle, customers, landmarks, sample, settings

__all__ = ["bundle", "customers", "landmarks", "sample", "settings", "url"]
