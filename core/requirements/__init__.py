"""A buyer's requirement list held against the product: read, classify, match, gaps, workbook."""

from core.requirements import catalogue, gap, samples, stakes, workbook
from core.requirements.read import RequirementList, read_list

__all__ = ["RequirementList", "catalogue", "gap", "read_list", "samples", "stakes", "workbook"]
