"""`quarterdeck trust-page` and `quarterdeck projects`: what the public may read, and how the work on lists stands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.contracts.errors import RequirementError

if TYPE_CHECKING:
    from core.config import Settings
    from core.store import Store

TITLE = "Our answers on security and compliance"


def trust_page(
    folder: Annotated[Path, typer.Argument(help="A folder that is empty, new, or holds an earlier trust page.")],
    title: Annotated[str, typer.Option(help="Whose answers they are.")] = TITLE,
    version: Annotated[str, typer.Option(help="Default: by content.")] = "",
    evidence: Annotated[
        Path | None, typer.Option(help="A folder of files that prove something, each named by its capability's id.")
    ] = None,
    as_zip: Annotated[bool, typer.Option("--zip", help="Write one ZIP, FOLDER being its name.")] = False,
) -> None:
    """Write the answers that are approved and marked public as static pages: no scripts, opened as files."""
    from core.branding import letterhead
    from core.requirements.catalogue import effective_catalogue
    from core.requirements.export import public_evidence, trust_answers
    from core.requirements.export import trust_page as pages
    from core.requirements.library import answer_edition
    from core.requirements.work import project_board
    from core.sources import load_data

    settings, store = _opened()
    try:
        data = load_data(settings)
        rows = [
            (saved, project_board.rows(saved.payload, store.reviews.rows(saved.id)))
            for saved in store.requirement_sets.list("everybody")
        ]
        catalogue = effective_catalogue.load(store).catalogue
        proofs = public_evidence.named_files(_files(evidence), catalogue)
        attached = public_evidence.attached(
            answer_edition.load(store, settings.answers.stale_days), store.library_files
        )
        four_eyes = settings.requirements.four_eyes
        content = trust_answers.collect(rows, catalogue, data, proofs, attached, four_eyes=four_eyes)
        on = store.work_tasks.today()
        files = pages.folder(content, title, on, version, letterhead.of(settings))
        store.audit.add("command line", "wrote", "trust page", content.sentence())
    finally:
        store.close()
    if as_zip:
        pages.write_file(pages.packed(files, on), folder)
    else:
        pages.write(files, folder)
    typer.echo(f"{content.sentence()} Written to {folder}.")


def projects() -> None:
    """Print every saved list with what is left, its deadline, and when it will be done."""
    from core.requirements.work import burn_down, project_board

    _, store = _opened()
    try:
        lists = store.requirement_sets.list("everybody")
        if not lists:
            typer.echo("No list is saved.")
        for saved in lists:
            plan = store.projects.get(saved.id).payload
            n_rows, changes = len(saved.payload.get("rows") or ()), store.row_changes.of_list(saved.id)
            calendar, deadline = project_board.calendar_of(plan), project_board.deadline_of(plan)
            left = burn_down.burn_down(n_rows, changes, store.work_tasks.today(), calendar, deadline)
            typer.echo(f"{saved.id} {saved.name}: {left.sentence()}")
    finally:
        store.close()


def _files(folder: Path | None) -> dict[str, bytes]:
    if folder is None:
        return {}
    try:
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
    except OSError as error:
        raise RequirementError(
            "The folder cannot be read.", str(folder), "Name one with the evidence files."
        ) from error


def _opened() -> tuple[Settings, Store]:
    from core.config import load
    from core.store import Store

    settings = load()
    return settings, Store.open(settings.database)
