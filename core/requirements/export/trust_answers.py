"""Which answers the public may read: approved, marked public, without names of customers, each with its evidence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from core.access.redaction import FORMS, Redaction
from core.contracts import Dataset
from core.metrics.measure import counted
from core.requirements.catalogue.capabilities import Catalogue
from core.requirements.catalogue.effective_catalogue import links
from core.requirements.export.public_evidence import EvidenceFile, LibraryEvidence
from core.requirements.text.classification import CATEGORIES
from core.store.repositories import Saved

APPROVED, MASK = "approved", "a customer"
SHORTEST_NAME = 4


@dataclass(frozen=True)
class PublicAnswer:
    """One answer anybody may read.

    Attributes
    ----------
    question, answer : str
        Without names of customers.
    category : str
    approved_on : date or None
    links : tuple of str
        Of the capability's evidence in the catalogue.
    files : tuple of EvidenceFile
    """

    question: str
    answer: str
    category: str
    approved_on: date | None
    links: tuple[str, ...] = ()
    files: tuple[EvidenceFile, ...] = ()


@dataclass(frozen=True)
class PublicAnswers:
    """All answers anybody may read.

    Attributes
    ----------
    answers : tuple of PublicAnswer
        By category, in the order of the categories, then by question.
    n_unapproved : int
        Marked public and not approved, or by who wrote them where four eyes are asked for: they are left out.
    n_masked : int
        Answers or questions in which a customer's name was replaced.
    n_private_files : int
        Files attached to these answers in the library that are not marked public: they are left out.
    """

    answers: tuple[PublicAnswer, ...]
    n_unapproved: int
    n_masked: int
    n_private_files: int = 0

    def sentence(self) -> str:
        """Say how many there are, and what was left out or replaced."""
        head = f"{counted(len(self.answers), 'approved answer is', 'approved answers are')} public"
        if not self.answers:
            head = "No answer is both approved and marked public"
        left = f"; {counted(self.n_unapproved, 'marked one is', 'marked ones are')} not approved and left out"
        names = f"; names of customers are replaced in {counted(self.n_masked, 'text')}: read those once more"
        n_files = len({file for answer in self.answers for file in answer.files})
        files = f", with {counted(n_files, 'file')} of evidence" if n_files else ""
        stay = counted(self.n_private_files, "attached file is", "attached files are")
        private = f"; {stay} not marked public in the library and left out" if self.n_private_files else ""
        left, names = left if self.n_unapproved else "", names if self.n_masked else ""
        return f"{head}{files}{left}{private}{names}."


def collect(
    lists: Iterable[tuple[Saved, pl.DataFrame]],
    catalogue: Catalogue,
    dataset: Dataset,
    files: Iterable[EvidenceFile] = (),
    attached: LibraryEvidence | None = None,
    *,
    four_eyes: bool = False,
) -> PublicAnswers:
    """Return the answers of lists that are approved and marked public; of one question the newest approval counts.

    Parameters
    ----------
    lists : iterable of (Saved, pl.DataFrame)
        Saved lists, each with its rows as `project_board.rows` gives them.
    catalogue : Catalogue
        Its evidence links stand beside the answers.
    dataset : Dataset
        The whole company, for the names of its customers.
    files : iterable of EvidenceFile
        Of capabilities.
    attached : LibraryEvidence, optional
        What is attached to the library's answers: the public files of the one a row uses stand beside it.
    four_eyes : bool
        Whether an approval by who wrote the answer counts for nothing.
    """
    evidence, proofs = _links(catalogue), _by_capability(files)
    names, left_out, masked = _names(dataset), 0, 0
    newest: dict[str, tuple[Any, PublicAnswer, frozenset[int]]] = {}
    for saved, rows in lists:
        own = names.list_words("", str(saved.payload.get("opportunity_id") or ""))
        for row in rows.filter(pl.col("is_public").fill_null(value=False)).iter_rows(named=True):
            is_own = four_eyes and row["answered_by"] is not None and row["answered_by"] == row["approved_by"]
            if row["state"] != APPROVED or not row["answer"] or is_own:
                left_out += 1
                continue
            question, answer = (names.text(row[name], own) for name in ("text", "answer"))
            masked += (question, answer) != (row["text"], row["answer"])
            at, capability = row["approved_at"], str(row["capability_id"] or "")
            own_files, private = attached.of(row["text"], row["answer"]) if attached else ((), frozenset())
            entry = PublicAnswer(
                question,
                answer,
                row["category"] or "functional",
                at.date() if at is not None else None,
                evidence.get(capability, ()),
                tuple(dict.fromkeys((*proofs.get(capability, ()), *own_files))),
            )
            key = " ".join(question.casefold().split())
            if key not in newest or (at is not None and (newest[key][0] is None or at > newest[key][0])):
                newest[key] = (at, entry, private)
    order = {name: position for position, name in enumerate(CATEGORIES)}
    listed = sorted((entry for _, entry, _ in newest.values()), key=lambda e: (order.get(e.category, 99), e.question))
    return PublicAnswers(
        tuple(listed), left_out, masked, len(frozenset[int]().union(*(ids for _, _, ids in newest.values())))
    )


def _links(catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
    rows = catalogue.frame.select("capability_id", "evidence").iter_rows()
    return {str(key): tuple(link for link in links(text) if link.startswith("https://")) for key, text in rows}


def _by_capability(files: Iterable[EvidenceFile]) -> dict[str, tuple[EvidenceFile, ...]]:
    out: dict[str, tuple[EvidenceFile, ...]] = {}
    for file in files:
        out[file.capability_id] = (*out.get(file.capability_id, ()), file)
    return out


def _names(dataset: Dataset) -> Redaction:
    """Return what replaces the names of customers, with and without the form of the company."""
    company = dataset.company
    full = dict(company.accounts.select("account_id", "account_name").iter_rows())
    words = {name for name in full.values() if name}
    words |= {FORMS.sub("", name) for name in words}
    of_deal = company.opportunities.select("opportunity_id", "account_id").iter_rows()
    buyers = {deal: (full.get(account) or "", MASK) for deal, account in of_deal}
    return Redaction({}, buyers, {word.lower(): MASK for word in words if len(word) >= SHORTEST_NAME})
