"""The buyer's file with our answers, and the proof of what changed."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from core.metrics.measure import counted, out_of
from core.requirements.officefiles import fill_proof
from core.requirements.officefiles.fill_proof import Proof


@dataclass(frozen=True)
class Filled:
    """The buyer's file with our answers.

    Attributes
    ----------
    name : str
        A file name for it.
    content : bytes
    proof : Proof
        What changed, found by comparing it with the buyer's file.
    left : pl.DataFrame
        [sheet, row, text, reason]: requirements that were not answered, or not in every cell.
    frame : pl.DataFrame
        [sheet, row, cell, text]: every cell written.
    n_asked : int
    """

    name: str
    content: bytes
    proof: Proof
    left: pl.DataFrame
    frame: pl.DataFrame
    n_asked: int

    def sentence(self) -> str:
        """Say how many rows are answered and what changed."""
        rows = self.left.select("sheet", "row").unique().height
        where = "a document of its own" if self.proof.noun == fill_proof.BESIDE else "the buyer's own file"
        text = f"{out_of(self.n_asked - rows, self.n_asked, 'requirement')} answered in {where}. "
        text += self.proof.sentence()
        return text + (f" {counted(rows, 'row is', 'rows are')} left for a person." if rows else "")
