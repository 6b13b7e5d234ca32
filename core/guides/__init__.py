"""The documents that come with Quarterdeck: their order and sections, a search over them, what explains a cell."""

from core.guides.explained import Explanation, explanation
from core.guides.guide_search import Passage, Passages, passages
from core.guides.guide_sections import Section, section_slug, sections
from core.guides.navigation import Guide, guides

__all__ = [
    "Explanation",
    "Guide",
    "Passage",
    "Passages",
    "Section",
    "explanation",
    "guides",
    "passages",
    "section_slug",
    "sections",
]
