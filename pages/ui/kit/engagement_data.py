"""The door of every page to mails, meetings and calls."""

from __future__ import annotations

from core.interactions import interaction_view
from core.interactions.interaction_view import Interactions
from pages.ui.kit import cache
from pages.ui.kit.shell import Page

INVENTED = "These mails, meetings and calls are invented with the sample company."


def interactions(page: Page) -> Interactions:
    """Return the mails, meetings and calls this person may see, under the names they see."""
    store = cache.store(page.settings.database)
    return interaction_view.of(page.data, page.settings, store, interaction_view.HIDES_PEOPLE in page.view.hidden)
