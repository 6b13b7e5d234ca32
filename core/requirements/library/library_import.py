"""An existing library held against ours before anything is taken over, and taken back afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from core.contracts.errors import RequirementError
from core.localization import joined, message, message_plural
from core.metrics.measure import counted
from core.requirements.library import answer_edition, library_files
from core.requirements.library.answer_edition import FIELDS, Library
from core.requirements.library.answer_search import Index, search
from core.requirements.library.library_files import LibraryEntry, LibraryFile
from core.requirements.library.similar_answers import may_be_one
from core.requirements.text import answer_text, language
from core.requirements.text.classification import CATEGORIES
from core.store import Store
from core.store.library_answers import LONGEST, LibraryEdit

NEW, CHANGED, SIMILAR, BACK = "new", "changed", "new, but like one of ours", "brought back"
# From this likeness on, a new question is shown beside the one it resembles.
ALIKE, MOST_COMPARED = 0.72, 2_000
BROUGHT = {
    "kind": pl.String,
    "question": pl.String,
    "what": pl.String,
    "answer_id": pl.String,
    "where": pl.String,
}
SKIPPED = {"where": pl.String, "text": pl.String, "why": pl.String}


@dataclass(frozen=True)
class LibraryPreview:
    """What a file would change.

    Attributes
    ----------
    file : LibraryFile
    frame : pl.DataFrame
        [kind, question, what, answer_id, where]: kind is new, changed, brought back or "new, but like one of ours".
    edits : tuple of LibraryEdit
        One for each row of `frame`.
    skipped : pl.DataFrame
        [where, text, why], of everything that is not taken.
    n_same : int
        How many are in the library already, word for word.
    import_id : str
        By which the import can be taken back.
    """

    file: LibraryFile
    frame: pl.DataFrame
    edits: tuple[LibraryEdit, ...]
    skipped: pl.DataFrame
    n_same: int
    import_id: str

    def sentence(self) -> str:
        """Say what the file is, what it brings and what is left out."""
        counts = dict(self.frame["kind"].value_counts().iter_rows())
        parts = [f"{counts[kind]:,} {kind}" for kind in (NEW, SIMILAR, CHANGED, BACK) if counts.get(kind)]
        text = joined(self.file.sentence(), joined(*parts, by="; ") if parts else message("Nothing new"))
        text += message(", {n_same:,} as they stand.", n_same=self.n_same) if self.n_same else "."
        n = self.skipped.height
        return text + (message(" {rows} left out, as said below.", rows=counted(n, "row is", "rows are")) if n else "")

    def chosen(self, *, with_similar: bool = True) -> list[LibraryEdit]:
        """Return the edits, on request without the questions that resemble one of ours."""
        kinds = self.frame["kind"].to_list()
        return [e for e, kind in zip(self.edits, kinds, strict=True) if with_similar or kind != SIMILAR]


def preview(library: Library, file: LibraryFile, user: str, index: Index | None = None) -> LibraryPreview:
    """Work out what taking a file over would change; nothing is changed yet.

    A question that is there word for word (case and spaces apart) is the same answer: what the file says of it goes
    over ours, what it does not say stays. What people approved and the file words anew waits for approval again.

    Parameters
    ----------
    library : Library
    file : LibraryFile
    user : str
        Who takes it over.
    index : Index, optional
        Of the library, to show which new questions resemble one of ours; of more than 2,000 none is compared.
    """
    standing = _standing(library)
    import_id = hashlib.blake2b(repr((file.name, file.entries, len(library.frame))).encode(), digest_size=8).hexdigest()
    rows: list[tuple[str, ...]] = []
    edits: list[LibraryEdit] = []
    skipped = list(file.skipped)
    seen: dict[str, tuple[str, str]] = {}
    same = 0
    compared = index if index is not None and len(file.entries) <= MOST_COMPARED else None
    for entry in file.entries:
        try:
            values = _values(entry, file.name)
            base = standing.get(_key(values)) or standing.get(_key({**values, "product": None, "language": None}))
            key = _key(values) if base is None else str(base["answer_id"])
            if key in seen:
                skipped.append((entry.where, values["question"], _again(seen[key], values["answer"])))
                continue
            seen[key] = (entry.where, values["answer"])
            if base is not None and not _changes(base, values):
                same += 1
                continue
            edit = _edit(base, values, user, import_id)
        except RequirementError as error:
            skipped.append((entry.where, entry.values.get("question", ""), str(error)))
            continue
        kind, what = _described(base, edit, library, compared)
        edits.append(edit)
        rows.append((kind, values["question"], what, edit.answer_id, entry.where))
    return LibraryPreview(
        file,
        pl.DataFrame(rows, schema=BROUGHT, orient="row"),
        tuple(edits),
        pl.DataFrame(skipped, schema=SKIPPED, orient="row"),
        same,
        import_id,
    )


def _standing(library: Library) -> dict[str, dict[str, Any]]:
    """Return the answers by the id their question would have now, and by their own."""
    out: dict[str, dict[str, Any]] = {}
    for row in library.frame.iter_rows(named=True):
        if row["merged_into"] is None:
            out.setdefault(row["answer_id"], row)
            out[_key(row)] = row
            out.setdefault(_key({**row, "product": None, "language": None}), row)
    return out


def _key(values: Mapping[str, Any]) -> str:
    return answer_edition.new_id(str(values["question"]), values.get("product"), values.get("language"))


def _values(entry: LibraryEntry, file_name: str) -> dict[str, Any]:
    """Return what an entry says, as it is kept; only fields it says something of.

    Raises
    ------
    RequirementError
        When a text is too long or a day cannot be read.
    """
    values: dict[str, Any] = {k: answer_text.clean(v) for k, v in entry.values.items() if k in FIELDS and v.strip()}
    values.setdefault("source", file_name[: LONGEST["source"]])
    if "reviewed_on" in values:
        day = library_files.day_of(values["reviewed_on"])
        if day is None:
            raise RequirementError(
                message("{reviewed_on!r} is no day of a review.", reviewed_on=values["reviewed_on"]),
                mend="Write it like 2026-03-31.",
            )
        values["reviewed_on"] = day
    if "category" in values and values["category"].lower() not in CATEGORIES:
        values["tags"] = "; ".join(filter(None, [values.get("tags"), values.pop("category")]))
    elif "category" in values:
        values["category"] = values["category"].lower()
    for name, most in LONGEST.items():
        if isinstance(values.get(name), str) and len(values[name]) > most:
            raise RequirementError(
                message("The {name} has more than {most:,} letters.", name=name, most=most), mend="Shorten it."
            )
    return values


def _again(first: tuple[str, str], answer: str) -> str:
    where, before = first
    if answer_text.plain(before) == answer_text.plain(answer):
        return message("the same question and answer stand in {where}", where=where)
    return message("the same question stands in {where} with another answer, which was taken", where=where)


def _changes(base: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    if base["state"] == answer_edition.RETIRED:
        return True
    checked = answer_edition.checked({**{name: base[name] for name in FIELDS}, **values})
    return any(checked[name] != base[name] for name in FIELDS if name != "source")


def _edit(base: Mapping[str, Any] | None, values: Mapping[str, Any], user: str, import_id: str) -> LibraryEdit:
    if base is None:
        tongue = values.get("language") or language.of_line(f"{values['question']} {values['answer']}")
        start = {"answer_id": _key(values), "version": 0}
        return answer_edition.changed(start, user, import_id, **{**values, "language": tongue})
    over = {name: value for name, value in values.items() if name != "source"}
    row = dict(base)
    if row["state"] == answer_edition.RETIRED:
        row |= {"state": answer_edition.DRAFT, "approved_by": None, "approved_on": None}
    return answer_edition.changed(row, user, import_id, **over)


def _described(
    base: Mapping[str, Any] | None, edit: LibraryEdit, library: Library, index: Index | None
) -> tuple[str, str]:
    if base is not None:
        what = "; ".join(answer_edition.differences(base, edit.values))
        return (BACK if base["state"] == answer_edition.RETIRED else CHANGED), what
    if index is not None:
        hits = search(index, edit.values["question"], 1).frame
        if hits.height and hits["score"][0] >= ALIKE:
            near = library.row(hits["answer_id"][0])
            if near is not None and may_be_one(near, edit.values):
                return SIMILAR, f"{near['answer_id']}: {near['question']}"
    return NEW, str(edit.values["answer"])


def taken_back(store: Store, import_id: str, user: str) -> tuple[list[LibraryEdit], list[str]]:
    """Return the edits that take an import back, and the ids of the answers somebody has changed since, which stay.

    What the import added is retired; what it changed gets the words and the approval it had.

    Parameters
    ----------
    store : Store
    import_id : str
    user : str
    """
    edits, touched = [], []
    ids = store.library.of_import(answer_edition.BOOK, import_id)
    versions = store.library.versions_of(answer_edition.BOOK, ids)
    for key, rows in versions.group_by("answer_id", maintain_order=True):
        newest = rows.sort("version").tail(2).to_dicts()
        last = newest[-1]
        if last["import_id"] != import_id:
            touched.append(str(key[0]))
        elif len(newest) == 1:
            edits.append(answer_edition.retired(last))
        else:
            names = (*FIELDS, *answer_edition.SIGNED)
            values = {**{name: newest[0][name] for name in names}, "import_id": None}
            edits.append(LibraryEdit(str(key[0]), int(last["version"]), values))
    return edits, touched


def took_back(n: int, touched: list[str]) -> str:
    """Say what taking an import back did."""
    text = message("{answers} as before the import.", answers=counted(n, "answer is", "answers are"))
    return text + (
        message_plural(
            " {were} changed since and stays: {touched}.",
            " {were} changed since and stay: {touched}.",
            len(touched),
            were=counted(len(touched), "was", "were"),
            touched=", ".join(touched[:5]),
        )
        if touched
        else ""
    )
