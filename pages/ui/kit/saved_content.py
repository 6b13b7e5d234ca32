"""The only door of the pages to what people saved: every read is cut by scope and masking, as `page.data` is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from core.access import masking, redaction
from core.access import saved_content as seen
from core.access.redaction import Redaction
from core.access.saved_content import EVERYBODY, Reader
from core.forecasts import calls as forecast_calls
from core.localization import message
from core.requirements.library import answer_edition, answer_uses, recalled_answers
from core.requirements.library.answer_edition import Library
from core.requirements.library.answer_uses import AnsweredRows
from core.requirements.match.answer_library import Memory
from core.requirements.work import saved_lists
from core.sources import source_registry
from core.sources.source_registry import Listed
from core.store import Store
from core.store.branches import Branch
from core.store.repositories import Saved
from pages.ui.kit import cache
from pages.ui.kit.shell import Page

if TYPE_CHECKING:
    from core.requirements.read.requirement_list import RequirementList
    from core.store.source_versions import SourceVersion


def reader(page: Page) -> Reader:
    """Return who reads, and which rows they may see, whatever they look at now."""
    return Reader.of(page.identity, page.visible or page.data)


def lists(page: Page) -> list[Saved]:
    """Return the requirement lists this person may see, newest first."""
    return seen.shared_lists(reader(page), _store(page).requirement_sets)


def list_file(page: Page, saved: Saved) -> tuple[str, bytes] | None:
    """Return the buyer's file of a list that `lists` gave, for reading it; None where none was kept.

    Where names are hidden it is called as the list is; what is read from it goes through `list_read`.
    """
    file = _store(page).requirement_sets.file(saved)
    if file is None or not reader(page).is_masked:
        return file
    return f"{saved.name}{Path(file[0]).suffix}", file[1]


def list_read(page: Page, source: RequirementList) -> RequirementList:
    """Return a list as it was read from its file, with the names in its texts hidden where names are."""
    if not reader(page).is_masked:
        return source
    wanted = saved_lists.key(source.content)
    raw = [entry for entry in _store(page).requirement_sets.list(EVERYBODY) if entry.payload.get("file_key") == wanted]
    saved = raw[0] if raw else Saved(0, EVERYBODY, "", {}, 1, datetime.min.replace(tzinfo=UTC))
    return replace(source, frame=seen.list_texts(reader(page), saved, source.frame), notes=())


BUYERS_FILE = "shown to a buyer"


def buyer_file(page: Page) -> tuple[str, bytes] | None:
    """Return the file this person shows to a buyer: kept for them alone, so that a reload has it again."""
    sets, owner = _store(page).requirement_sets, _buyers_owner(page)
    saved = next((entry for entry in sets.list(owner) if entry.name == BUYERS_FILE), None)
    return sets.file(saved) if saved is not None else None


def keep_buyer_file(page: Page, name: str, content: bytes) -> None:
    """Keep a file this person shows to a buyer, in place of the one before; it hangs on no deal and in no list."""
    if buyer_file(page) == (name, content):
        return
    forget_buyer_file(page)
    _store(page).requirement_sets.save_with_file(BUYERS_FILE, _buyers_owner(page), {}, (name, content))


def forget_buyer_file(page: Page) -> None:
    """Delete the file this person showed to a buyer."""
    _store(page).requirement_sets.delete(BUYERS_FILE, _buyers_owner(page))


def _buyers_owner(page: Page) -> str:
    return message("{user}, shown to a buyer", user=page.identity.user)


def list_called(page: Page, name: str) -> str:
    """Return what a list is called on this page; the name itself where it is no other's."""
    if not reader(page).is_masked:
        return name
    raw = [entry for entry in _store(page).requirement_sets.list(EVERYBODY) if entry.name == name]
    shown = {entry.id: entry.name for entry in lists(page)}
    return shown.get(raw[0].id, "") if raw else name


def list_rows(page: Page, saved: Saved) -> pl.DataFrame:
    """Return what people did with the rows of a list that `lists` gave."""
    rows = _store(page).reviews.rows(saved.id)
    if not reader(page).is_masked:
        return rows
    raw = next(entry for entry in _store(page).requirement_sets.list(EVERYBODY) if entry.id == saved.id)
    return seen.worked_rows(reader(page), raw, rows)


def answers(page: Page) -> tuple[int, pl.DataFrame]:
    """Return the library of answers as this person may see it, and a number that rises with every decision."""
    store = _store(page)
    every = store.requirement_sets.list()
    files = store.requirement_sets.file_names()
    mine = {saved.id for saved in seen.lists(reader(page), every)}
    names: dict[bool, set[str]] = {True: set(), False: set()}
    for saved in every:
        names[saved.id in mine] |= {saved.name, files.get(saved.id, saved.name)}
    return store.answers.stamp(), seen.answers(reader(page), store.answers.frame(), names[True] - names[False])


def library(page: Page, sample: pl.DataFrame) -> Library:
    """Return the answer library as this person may see it.

    Parameters
    ----------
    page : Page
    sample : pl.DataFrame
        The sample company's answers.
    """
    whole = answer_edition.load(_store(page), page.settings.answers.stale_days, sample)
    return replace(whole, frame=seen.library(reader(page), whole.frame, hidden_sources(page)))


def approved_answers(page: Page) -> Memory:
    """Return the approved answers of the library as what was answered before; none where names are hidden."""
    if reader(page).is_masked:
        return Memory()
    return recalled_answers.memory(library(page, answer_edition.nothing()), _store(page).library.today())


def library_row(page: Page, answer_id: str, sample: pl.DataFrame) -> dict[str, Any] | None:
    """Return an answer this person may see as it stands in the store, for writing over it; None where there is none."""
    return answer_edition.load(_store(page), page.settings.answers.stale_days, sample).row(answer_id)


def library_history(page: Page, answer_ids: list[str] | None, sample: pl.DataFrame, most: int = 500) -> pl.DataFrame:
    """Return who changed what in the library, of some answers or of all this person may see, newest first."""
    answers_kept = _store(page).library
    if answer_ids is not None:
        versions = answers_kept.versions_of(answer_edition.BOOK, answer_ids)
    else:
        versions = answers_kept.latest(answer_edition.BOOK, most)
    rows = answer_edition.history(versions, sample).head(most)
    named = versions.select("answer_id", "version", "source", "written_by")
    rows = rows.join(named, on=["answer_id", "version"], how="left", maintain_order="left")
    return seen.library(reader(page), rows, hidden_sources(page)).sort("at", "version", descending=True)


def library_versions(page: Page, answer_id: str) -> pl.DataFrame:
    """Return every version of an answer, newest first; none where names are hidden, for they name people and buyers."""
    if reader(page).is_masked:
        return _store(page).library.versions_of(answer_edition.BOOK, [""])
    rows = _store(page).library.versions_of(answer_edition.BOOK, [answer_id])
    return rows.sort("version", descending=True)


def library_files(page: Page, answer_ids: list[str]) -> pl.DataFrame:
    """Return the files of some answers; none where names are hidden, for nobody has read what stands in them."""
    return _store(page).library_files.frame([] if reader(page).is_masked else answer_ids)


def answered_rows(page: Page) -> list[AnsweredRows]:
    """Return the answered rows of the lists this person may see."""
    return [answer_uses.of_saved(saved.name, saved.payload, list_rows(page, saved)) for saved in lists(page)]


def hidden_sources(page: Page) -> set[str]:
    """Return the names of lists and files this person may not see, and of no others."""
    if not reader(page).is_bound:
        return set()
    every, files = _store(page).requirement_sets.list(), _store(page).requirement_sets.file_names()
    mine = {saved.id for saved in seen.lists(reader(page), every)}
    names: dict[bool, set[str]] = {True: set(), False: set()}
    for saved in every:
        names[saved.id in mine] |= {saved.name, files.get(saved.id, saved.name)}
    return names[False] - names[True]


def record(page: Page, name: str) -> tuple[dict[str, Any], int]:
    """Return a record of enablement by its name, and its version; nothing and 0 where there is none."""
    entries = [entry for entry in _store(page).enablement.list(EVERYBODY) if entry.name == name]
    return (dict(entries[0].payload), entries[0].version) if entries else ({}, 0)


def people(page: Page, names: list[str]) -> dict[str, str]:
    """Return the people of a record this person may see: the name saved to the name shown."""
    return seen.people(reader(page), names, page.settings)


def calls(page: Page) -> pl.DataFrame:
    """Return every forecast call this person may see."""
    return seen.calls(reader(page), forecast_calls.kept(page.data, _store(page)))


def call_approvals(page: Page) -> pl.DataFrame:
    """Return the newest decision on each forecast call this person may see."""
    rows = _store(page).call_approvals.newest(forecast_calls.book(page.data))
    return seen.calls(reader(page), rows)


def deal_edits(page: Page) -> pl.DataFrame:
    """Return what reviews say of the deals this person sees."""
    rows = _store(page).deal_edits.newest(forecast_calls.book(page.data))
    return seen.deal_edits(reader(page), rows)


def scenarios(page: Page) -> list[Branch]:
    """Return one's own scenarios and those that others share; where names are hidden, each is called by its number."""
    branches = _store(page).scenarios.visible(page.identity.user)
    if not reader(page).is_masked:
        return branches
    names = redaction.of(page.data)
    keys = {b.key: f"{b.owner}/{seen.scenario_name(reader(page), b.id, b.name)}" for b in branches}
    return [
        replace(
            b,
            name=seen.scenario_name(reader(page), b.id, b.name),
            description="",
            parent=keys.get(b.parent, ""),
            payload=_hidden_plan(names, b),
        )
        for b in branches
    ]


def _hidden_plan(names: Redaction, b: Branch) -> dict[str, Any]:
    """Return a scenario as it was saved, with the ids of the deals and capabilities it names as they are shown."""
    plan: dict[str, Any] = _addresses(
        names, {**b.payload, "name": message("Scenario {id}", id=b.id), "description": ""}
    )
    return plan


def _addresses(names: Redaction, content: Any) -> Any:
    if isinstance(content, str):
        return names.address(content)
    if isinstance(content, dict):
        return {key: _addresses(names, value) for key, value in content.items()}
    return [_addresses(names, value) for value in content] if isinstance(content, list) else content


def true_plan(page: Page, content: Any) -> Any:
    """Return a scenario to be saved with the true ids of the deals it names, whatever ids the page shows."""
    if isinstance(content, str):
        return masking.plain_text(content, page.data.company, page.settings) if reader(page).is_masked else content
    if isinstance(content, dict):
        return {key: true_plan(page, value) for key, value in content.items()}
    return [true_plan(page, value) for value in content] if isinstance(content, list) else content


def scenario_key(page: Page, key: str) -> str:
    """Return the key under which the store has a scenario that `scenarios` gave."""
    shown = zip(scenarios(page), _store(page).scenarios.visible(page.identity.user), strict=True)
    return next((raw.key for b, raw in shown if b.key == key), key)


def author(page: Page, user: str) -> str:
    """Return who saved something, as this person may see it."""
    return seen.author(reader(page), user)


def trail(page: Page, most: int = 1_000) -> pl.DataFrame:
    """Return the newest rows of the audit log, as this person may see them beside what they are about."""
    return seen.trail(reader(page), _store(page).audit.newest(most))


def audit_log(page: Page, most: int | None, **asked: Any) -> pl.DataFrame:
    """Return the newest rows of the audit log that fit; whoever is bound sees their own. `asked` as `Audit.newest`."""
    return seen.log(reader(page), _store(page).audit.newest(most, **asked))


def trail_words(page: Page) -> tuple[list[str], list[str]]:
    """Return the people and the actions of the audit log; no people for whom sees but a part of it."""
    users, actions = _store(page).audit.words()
    return ([] if reader(page).key else users), actions


def trail_about(page: Page, target: str) -> pl.DataFrame:
    """Return the audit log's rows about something, oldest first, as this person may see them."""
    return seen.trail(reader(page), _store(page).audit.about(target))


def sources(page: Page) -> list[Listed]:
    """Return every source of the workspace, with who kept it as this person may see it."""
    entries = source_registry.listed(cache.settings(), _store(page))
    return [replace(entry, author=author(page, entry.author) if entry.author else "") for entry in entries]


def source_versions(page: Page, name: str) -> list[SourceVersion]:
    """Return the versions of a source one can go back to, newest first, likewise."""
    versions = source_registry.returnable(_store(page), name)
    return [replace(entry, author=author(page, entry.author)) for entry in versions]


def newest_source_version(page: Page, name: str) -> int:
    """Return the newest version of a source, removed ones too; 0 where the name is free."""
    versions = _store(page).sources.versions(name.strip())
    return versions[0].version if versions else 0


def _store(page: Page) -> Store:
    return cache.store(page.settings.database)
