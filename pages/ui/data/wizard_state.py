"""What the wizard of the Data page works with: the files, the map as it stands, and the files as read by it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import streamlit as st

from core.contracts.errors import QuarterdeckError, SourceError, failures_as
from core.localization import message
from core.sources import drafting, trial_read
from core.sources.draft_map import DraftMap
from core.sources.findings import Question
from core.sources.folder import Reading, reading_of_files
from core.sources.mapping import parse_map
from pages.ui.kit import cache, unsaved

MOST_BYTES, KEY, UPLOADS, STEP = 300_000_000, "wizard", "wizard_uploads", "wizard_step"


@dataclass
class Wizard:
    """The wizard of one session.

    Attributes
    ----------
    given : hashable
        Which files and which map it was begun with.
    files : mapping
        Name to content.
    draft : DraftMap
    drawn : dict
        Control -> how often what it shows has changed, and what it showed last.
    is_tried : bool
        Whether the files were read to the end in a process of their own, where they can do no harm.
    seen : str
        The map `reading` and `slip` belong to.
    reading : Reading, optional
        None where the files cannot be read by the map as it stands.
    slip : str
        Why not, in a sentence.
    asked : tuple of Question
        What recognising the columns left open; the map names them all, so that reading by it asks no more.
    of_map : str
        Why a map that was given could not be used.
    announced : str
        The slip that was called out last, besides standing above the step.
    work : str
        What the half-made map is kept as, by what the files contain.
    """

    given: tuple[Any, ...]
    files: Mapping[str, bytes]
    draft: DraftMap
    drawn: dict[str, tuple[int, str]] = field(default_factory=dict)
    is_tried: bool = False
    seen: str = ""
    reading: Reading | None = None
    slip: str = ""
    digest: str = field(default="", repr=False)
    asked: tuple[Question, ...] = ()
    of_map: str = ""
    announced: str = ""
    work: str = ""

    def change(self, draft: DraftMap) -> None:
        """Take another map in the place of the one there is, and keep it for when the server goes away."""
        self.draft = draft
        if self.work:
            asked = [asdict(question) for question in self.asked]
            unsaved.items(self.work).update(map=draft.to_dict(), asked=asked)
            unsaved.keep(self.work)

    def key(self, name: str, value: object) -> str:
        """Return the key of a control that shows a value of the map: another one whenever that has changed.

        So a control never shows what was chosen before, and those that nothing has happened to stay as they are.
        """
        number, before = self.drawn.get(name, (0, repr(value)))
        number += before != repr(value)
        self.drawn[name] = (number, repr(value))
        return f"wizard_{name}_{self.digest[:8]}_{number}"

    @property
    def mapping(self) -> dict[str, Any]:
        """Return the map as it stands."""
        return self.draft.as_map()

    @property
    def n_rows(self) -> int:
        """Return how many rows were read."""
        return sum(self.reading.dataset.row_counts.values()) if self.reading is not None else 0

    def read(self) -> Reading | None:
        """Return the files as read by the map as it stands; None where they cannot be, and `slip` says why."""
        mapping = self.mapping
        if self.seen != repr(mapping):
            self.reading, self.slip = None, ""
            try:
                self.reading = self._read(mapping)
            except QuarterdeckError as error:
                self.slip = str(error)
            self.seen = repr(mapping)
        return self.reading

    def _read(self, mapping: dict[str, Any]) -> Reading:
        if self.draft.is_empty:
            raise SourceError(
                "No file is taken for deals, accounts or anything else.",
                mend="Say in step 1 what each file holds, then match its columns in step 2.",
            )
        settings = cache.settings()
        if not self.is_tried:
            with st.spinner("Reading the files on trial"):
                slip = trial_read.attempt(self.files, mapping, settings)
            if slip is not None:
                raise slip
            self.is_tried = True
        failing = failures_as(SourceError, "The files cannot be used as they are.", ", ".join(self.files)[:200])
        with st.spinner("Reading the files"), failing:
            return reading_of_files(self.files, mapping, settings)


def current() -> Wizard | None:
    """Return the wizard of this session; None before files are dropped."""
    wizard: Wizard | None = st.session_state.get(KEY)
    return wizard


def begun(uploads: Sequence[Any], plan: Any) -> Wizard:
    """Return the wizard on uploaded files, begun anew where they are others than before.

    Parameters
    ----------
    uploads : sequence of uploaded files
    plan : uploaded file, optional
        A column map to begin with.

    Raises
    ------
    SourceError
        When the files are too large, or no map can help.
    """
    given = tuple((f.file_id, f.name, f.size) for f in (*uploads, *([plan] if plan else [])))
    wizard = current()
    if wizard is not None and wizard.given == given:
        return wizard
    st.session_state.pop(KEY, None)
    if sum(f.size for f in uploads) > MOST_BYTES:
        raise SourceError("The files are larger than 300 MB together.", mend="Load them from the data folder instead.")
    files = {f.name: f.getvalue() for f in uploads}
    digest = hashlib.blake2b(repr(given).encode(errors="replace"), digest_size=8).hexdigest()
    wizard = _gone_on(given, files, digest, plan) or _anew(given, files, digest, plan)
    wizard.work = _work(files, plan)
    st.session_state[KEY] = wizard
    return wizard


def _anew(given: tuple[Any, ...], files: Mapping[str, bytes], digest: str, plan: Any) -> Wizard:
    mapping = parse_map(plan.getvalue(), plan.name) if plan else None
    with st.spinner("Looking at the files"):
        slip = trial_read.attempt(files, mapping, cache.settings())
        with failures_as(SourceError, "The files cannot be used as they are.", ", ".join(files)[:200]):
            draft, of_map = _first_draft(files, mapping)
            asked = () if slip is not None or mapping else _asked(files)
    is_tried = slip is None and not of_map
    return Wizard(given, files, draft, is_tried=is_tried, digest=digest, asked=asked, of_map=of_map)


def _gone_on(given: tuple[Any, ...], files: Mapping[str, bytes], digest: str, plan: Any) -> Wizard | None:
    """Return the wizard with the half-made map of the same files, as after a change of server; None without one."""
    half = unsaved.items(_work(files, plan))
    if "map" not in half:
        return None
    asked = tuple(Question(**{**question, "options": tuple(question["options"])}) for question in half["asked"])
    return Wizard(given, files, DraftMap.from_dict(half["map"]), digest=digest, asked=asked)


def _work(files: Mapping[str, bytes], plan: Any) -> str:
    """Return what the map of files is kept as: other files, other work."""
    digest = hashlib.blake2b(digest_size=16)
    for name, content in (*sorted(files.items()), *([("", plan.getvalue())] if plan else [])):
        digest.update(f"{name} {len(content)} ".encode(errors="replace") + hashlib.blake2b(content).digest())
    return message("column map of files {hexdigest}", hexdigest=digest.hexdigest())


def _first_draft(files: Mapping[str, bytes], mapping: Mapping[str, Any] | None) -> tuple[DraftMap, str]:
    """Return the map to begin with, and why a given one could not be used."""
    if not mapping:
        return drafting.as_recognised(files), ""
    try:
        return drafting.by_map(files, mapping), ""
    except SourceError as error:
        return drafting.as_recognised(files), message(
            "The column map was not used: {error} What the files look like is shown.", error=error
        )


def _asked(files: Mapping[str, bytes]) -> tuple[Question, ...]:
    """Return what recognising the columns of files left open."""
    questions = reading_of_files(files, None, cache.settings()).questions
    return tuple(q for q in questions if q.key.split(".")[1:2] == ["columns"])


def changing(make: Callable[[Wizard, Any], DraftMap], key: str) -> Callable[[], None]:
    """Return a callback that takes what a control holds into the map; a slip in it is told by the next reading.

    Parameters
    ----------
    make : callable
        Takes the wizard and the control's value, and returns the map with it.
    key : str
        Of the control.
    """

    def taken() -> None:
        wizard = current()
        if wizard is not None:
            wizard.change(make(wizard, st.session_state.get(key)))

    return taken


def upload_key(name: str) -> str:
    """Return the key of an uploader: another one once its files were used, so that it stands empty again."""
    number = st.session_state.get(UPLOADS, 0)
    return f"{name}-{number}" if number else name


def leave() -> None:
    """Forget the files and the map."""
    wizard: Wizard | None = st.session_state.pop(KEY, None)
    if wizard is not None and wizard.work:
        unsaved.drop(wizard.work)


def done() -> None:
    """Forget the files and the map, empty the uploaders, and begin with the first step again."""
    leave()
    st.session_state[UPLOADS] = st.session_state.get(UPLOADS, 0) + 1
    st.session_state.pop(STEP, None)
