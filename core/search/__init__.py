"""One search over accounts, deals, people, lists, capabilities, pages and questions."""

from core.search.finder import KINDS, Entry, Hit, Results, search

__all__ = ["KINDS", "Entry", "Hit", "Results", "search"]
