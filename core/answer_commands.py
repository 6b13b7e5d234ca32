"""`quarterdeck ask` and `quarterdeck verify`: a question answered in words, and a signed answer checked."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from core.contracts.errors import ContractError, SourceError

if TYPE_CHECKING:
    from core.access.row_view import View
    from core.config import Settings
    from core.contracts import Dataset
    from core.questions.answering import Desk, Refusal

T = TypeVar("T")
LARGEST_BYTES = 1_000_000


def ask(
    question: Annotated[str, typer.Argument(help="Such as: win rate in EMEA last quarter")],
    out: Annotated[Path | None, typer.Option("--signed", help="Also write the answer signed to a file.")] = None,
) -> None:
    """Answer a question in words, for the whole company."""
    from core.access.row_view import WHOLE
    from core.questions import answering, signed_answers, signing_key

    settings, data = _company()
    own = desk(data, settings, WHOLE)
    answer = answering.ask(question, own)
    typer.echo(answer.sentence)
    if isinstance(answer, answering.Refusal):
        raise typer.Exit(1)
    if out is not None:
        key = signing_key.private_key(settings.home)
        document = signed_answers.signed(signed_answers.content(answer, WHOLE, own), key)
        _write(out, json.dumps(document, indent=1, ensure_ascii=False))


def verify(file: Annotated[Path, typer.Argument(help="A signed answer, as it was downloaded.")]) -> None:
    """Check a signed answer and work it out again: the same, changed because…, or forged; exit 0, 1, 2."""
    from core.questions import signed_answers, signing_key

    document = signed_answers.parsed(_read(file))
    settings, data = _company()
    public = signing_key.public_text(signing_key.private_key(settings.home).public_key())
    verdict = signed_answers.verify(document, public, worked_again(data, settings))
    typer.echo(verdict.sentence())
    raise typer.Exit({"same": 0, "changed": 1}.get(verdict.state, 2))


def worked_again(data: Dataset, settings: Settings) -> Callable[[Mapping[str, Any]], dict[str, Any] | Refusal]:
    """Return what works a signed answer out anew, for the rows its asker saw."""
    from core.questions import answering, signed_answers
    from core.scope import Scope

    def work(body: Mapping[str, Any]) -> dict[str, Any] | Refusal:
        seen = signed_answers.view_of(body)
        own = desk(data, settings, seen)
        answer = answering.ask(str(body["question"]), own, Scope.from_address(dict(body["scope"])))
        return answer if isinstance(answer, answering.Refusal) else signed_answers.content(answer, seen, own)

    return work


def desk(data: Dataset, settings: Settings, seen: View) -> Desk:
    """Return what questions are answered from on the command line."""
    from core.access.row_view import WHOLE, view
    from core.config.stages import fitted
    from core.forecasts import backtest_archive, calls
    from core.interactions import interaction_view
    from core.interactions.interaction_view import Interactions
    from core.models import registry
    from core.models.bundle import Bundle
    from core.models.customers import account_outlook
    from core.questions.answering import Desk
    from core.store import Store

    def bundle(rows: Dataset, config: Settings) -> Bundle:
        return backtest_archive.with_record(rows, config, registry.load_or_train(rows, config))

    def work(function: Callable[..., Any], rows: Dataset, config: Settings, *more: Any) -> Any:
        named = list(inspect.signature(function).parameters)
        models: list[Any] = [bundle(rows, config)] if {"bundle", "customers"} & set(named) else []
        if "customers" in named:
            customers = account_outlook.load_or_build(rows, config, models[0])
            models = [*models, customers] if "bundle" in named else [customers]
        return function(rows, config, *models, *more)

    def stored(read: Callable[[Store], T]) -> T:
        store = Store.open(settings.database)
        try:
            return read(store)
        finally:
            store.close()

    def kept() -> Any:
        return stored(lambda store: (calls.kept(mine, store), calls.reviewed(mine, store)))

    def interactions(rows: Dataset, config: Settings) -> Interactions:
        return stored(
            lambda store: interaction_view.of(rows, config, store, interaction_view.HIDES_PEOPLE in seen.hidden)
        )

    mine = data if seen == WHOLE else view(data, settings, *seen.fields)
    return Desk(mine, fitted(settings, mine), lambda _: True, work, bundle, kept, interactions)


def _company() -> tuple[Settings, Dataset]:
    from core.config import load
    from core.sources import load_data

    settings = load()
    return settings, load_data(settings)


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > LARGEST_BYTES:
            raise ContractError("The file is too large for a signed answer.", str(file))
        return file.read_bytes()
    except OSError as error:
        raise SourceError("The file cannot be read.", str(file), "Name a signed answer.") from error


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SourceError("The file cannot be written.", str(file), "Choose a folder you may write to.") from error
