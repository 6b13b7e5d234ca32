"""Several files of one buyer, each answered, in one zip."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath

import polars as pl

from core.requirements.export.answered_file import Filled
from core.requirements.officefiles import bundles
from core.requirements.officefiles.fill_proof import PARTS, Proof
from core.requirements.read.project import BETWEEN
from core.requirements.read.requirement_list import RequirementList


def fill(
    source: RequirementList, answers: pl.DataFrame, fill_file: Callable[[RequirementList, pl.DataFrame], Filled]
) -> Filled:
    """Answer each file of a project by itself, and put them back where they were.

    Parameters
    ----------
    source : RequirementList
        With its `parts`.
    answers : pl.DataFrame
        [sheet, row, status, ...], sheets being named with their files.
    fill_file : callable
        Fills a single file.
    """
    fresh: dict[str, tuple[str, bytes]] = {}
    made: list[tuple[str, Filled]] = []
    for name, part in source.parts:
        prefix = name + BETWEEN
        own = answers.filter(pl.col("sheet").str.starts_with(prefix))
        if part.frame.height:
            filled = fill_file(part, own.with_columns(pl.col("sheet").str.strip_prefix(prefix)))
            made.append((prefix, filled))
            fresh[name] = (str(PurePosixPath(name).with_name(filled.name)), filled.content)
    proofs = pl.concat([f.proof.frame.with_columns(part=prefix + pl.col("part")) for prefix, f in made])
    n_sheets = sum(f.proof.n_sheets for _, f in made)
    return Filled(
        f"{Path(source.name).stem}-answered.zip",
        bundles.replaced(source.content, fresh),
        Proof(proofs.select(list(PARTS)), int(proofs["n_cells"].sum()), n_sheets, "parts of the files"),
        pl.concat([f.left.with_columns(sheet=prefix + pl.col("sheet")) for prefix, f in made]),
        pl.concat([f.frame.with_columns(sheet=prefix + pl.col("sheet")) for prefix, f in made]),
        source.frame.height,
    )
