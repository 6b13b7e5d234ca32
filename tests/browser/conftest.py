"""The app served from the checkout on the small company."""

from tests.browser.default_company import url

__all__ = ["url"]
