"""A weekly summary per person and scope: what it says, and how it is written as mail, Markdown and JSON."""

from core.digest.contents import Digest, Plan, Section, digest
from core.digest.writing import as_json, html, inside, markdown, written

__all__ = ["Digest", "Plan", "Section", "as_json", "digest", "html", "inside", "markdown", "written"]
