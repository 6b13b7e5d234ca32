"""`quarterdeck library`: the answer library imported, exported, searched and taken back without a browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.contracts.errors import SourceError, StoreError

if TYPE_CHECKING:
    from core.config import Settings
    from core.store import Store

app = typer.Typer(no_args_is_help=True, help="The answer library: import, export, search.")
AUTHOR = "command line"
As = Annotated[str, typer.Option("--as", help="Who is written down as having done it.")]


@app.callback()
def group() -> None:
    """The answer library: import, export, search."""


@app.command("import")
def take_over(
    file: Annotated[
        Path, typer.Argument(help="Excel, CSV, Word, Markdown, HTML, a wiki's zip, a filled questionnaire.")
    ],
    dry: Annotated[bool, typer.Option("--dry-run", help="Say what it brings; save nothing.")] = False,
    similar: Annotated[bool, typer.Option(help="Also take questions that resemble one of ours.")] = True,
    author: As = AUTHOR,
) -> None:
    """Take an existing library over; what is left out is listed with why. Everything waits for approval."""
    from core.requirements.library import answer_edition, answer_search, library_files, library_import
    from core.requirements.library.library_files import BUYERS_LIST, NEITHER

    settings, store = _opened()
    try:
        library = answer_edition.load(store, settings.answers.stale_days)
        read_file = library_files.read(_content(file), file.name)
        index = answer_search.build(library.live, settings.home)
        preview = library_import.preview(library, read_file, author, index)
        typer.echo(preview.sentence())
        for where, text, why in preview.skipped.iter_rows():
            typer.echo(f"  left out: {where}: {why}: {text[:80]}")
        if read_file.kind in (BUYERS_LIST, NEITHER):
            raise typer.Exit(1)
        if not dry:
            met = store.library.save_all(answer_edition.BOOK, preview.chosen(with_similar=similar), author)
            if met:
                raise StoreError(f"{len(met):,} answers were changed by others meanwhile.", mend="Import it again.")
            typer.echo(f"Taken over. To take it back: quarterdeck library undo {preview.import_id}")
    finally:
        store.close()


@app.command("undo")
def undo(import_id: Annotated[str, typer.Argument(help="As the import told it.")], author: As = AUTHOR) -> None:
    """Take an import back; answers somebody has changed since stay, and are named."""
    from core.requirements.library import answer_edition, library_import

    _, store = _opened()
    try:
        edits, touched = library_import.taken_back(store, import_id, author)
        if not edits and not touched:
            raise StoreError("There is no import of this id.", import_id, "Use the id the import told.")
        store.library.save_all(answer_edition.BOOK, edits, author)
        typer.echo(library_import.took_back(len(edits), touched))
    finally:
        store.close()


@app.command("export")
def export(out: Annotated[Path, typer.Argument(help="A file ending in .xlsx or .csv.")]) -> None:
    """Write all answers that are not retired to a file that can be changed and imported again."""
    from core.branding import letterhead
    from core.requirements.library import answer_edition, library_export

    settings, store = _opened()
    try:
        rows = answer_edition.load(store, settings.answers.stale_days).live
    finally:
        store.close()
    if out.suffix.lower() not in (".xlsx", ".csv"):
        raise SourceError("Answers are written as .xlsx or .csv.", str(out), "Name such a file.")
    as_text = out.suffix.lower() == ".csv"
    if as_text:
        content = library_export.as_csv(rows).encode("utf-8-sig")
    else:
        content = library_export.as_workbook(rows, letterhead.of(settings))
    try:
        out.write_bytes(content)
    except OSError as error:
        raise SourceError("The file cannot be written.", str(out), "Choose a folder you may write to.") from error
    typer.echo(f"{rows.height:,} answers written to {out}.")


@app.command("search")
def search(
    query: Annotated[str, typer.Argument(help="In your own words.")],
    most: Annotated[int, typer.Option(help="How many answers at most.")] = 5,
) -> None:
    """Print the answers nearest to a query."""
    from core.requirements.library import answer_edition, answer_search

    settings, store = _opened()
    try:
        library = answer_edition.load(store, settings.answers.stale_days)
    finally:
        store.close()
    hits = answer_search.search(answer_search.build(library.live, settings.home), query, most)
    typer.echo(hits.sentence(library.live.height))
    for row in answer_search.shown(library.live, hits).iter_rows(named=True):
        typer.echo(f"{row['answer_id']} ({row['state']}) {row['question']}\n  {row['answer']}")


def _opened() -> tuple[Settings, Store]:
    from core.config import load
    from core.store import Store

    settings = load()
    return settings, Store.open(settings.database)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise SourceError("The file cannot be read.", str(file), "Check its name and rights.") from error
