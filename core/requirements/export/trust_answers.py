"""Which answers the public may read: approved, marked public, without names of customers, each with its evidence."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl

from core.access.redaction import FORMS, Redaction
from core.contracts import Dataset
from core.contracts.errors import RequirementError
from core.metrics.measure import counted
from core.requirements.catalogue.capabilities import Catalogue
from core.requirements.catalogue.effective_catalogue import links
from core.requirements.text.classification import CATEGORIES
from core.store.repositories import Saved

APPROVED, MASK = "approved", "a customer"
SHORTEST_NAME = 4
LARGEST_FILE, MOST_FILES = 50_000_000, 200
KINDS = (".pdf", ".png", ".jpg", ".jpeg", ".txt", ".csv", ".docx", ".xlsx", ".pptx", ".zip")


@dataclass(frozen=True)
class EvidenceFile:
    """A file that proves something.

    Attributes
    ----------
    name : str
    content : bytes
    capability_id : str
    """

    name: str
    content: bytes
    capability_id: str

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of its content, in hexadecimal digits."""
        return hashlib.sha256(self.content).hexdigest()


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
    """

    answers: tuple[PublicAnswer, ...]
    n_unapproved: int
    n_masked: int

    def sentence(self) -> str:
        """Say how many there are, and what was left out or replaced."""
        head = f"{counted(len(self.answers), 'approved answer is', 'approved answers are')} public"
        if not self.answers:
            head = "No answer is both approved and marked public"
        left = f"; {counted(self.n_unapproved, 'marked one is', 'marked ones are')} not approved and left out"
        names = f"; names of customers are replaced in {counted(self.n_masked, 'text')}: read those once more"
        return f"{head}{left if self.n_unapproved else ''}{names if self.n_masked else ''}."


def collect(
    lists: Iterable[tuple[Saved, pl.DataFrame]],
    catalogue: Catalogue,
    dataset: Dataset,
    files: Iterable[EvidenceFile] = (),
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
    four_eyes : bool
        Whether an approval by who wrote the answer counts for nothing.
    """
    evidence, proofs = _links(catalogue), _by_capability(files)
    names, left_out, masked = _names(dataset), 0, 0
    newest: dict[str, tuple[Any, PublicAnswer]] = {}
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
            entry = PublicAnswer(
                question,
                answer,
                row["category"] or "functional",
                at.date() if at is not None else None,
                evidence.get(capability, ()),
                proofs.get(capability, ()),
            )
            key = " ".join(question.casefold().split())
            if key not in newest or (at is not None and (newest[key][0] is None or at > newest[key][0])):
                newest[key] = (at, entry)
    order = {name: position for position, name in enumerate(CATEGORIES)}
    listed = sorted((entry for _, entry in newest.values()), key=lambda e: (order.get(e.category, 99), e.question))
    return PublicAnswers(tuple(listed), left_out, masked)


def evidence_files(named: Mapping[str, bytes], catalogue: Catalogue) -> tuple[EvidenceFile, ...]:
    """Return evidence files by the capability their name begins with, such as "SEC-01 ISO certificate.pdf".

    Raises
    ------
    RequirementError
        When a file is of a kind that could run something, too large, or names no capability.
    """
    ids = sorted((str(key) for key in catalogue.frame["capability_id"]), key=len, reverse=True)
    out = []
    for name, content in sorted(named.items()):
        bare = PurePosixPath(name.replace("\\", "/")).name
        capability = next((key for key in ids if bare.lower().startswith(key.lower())), "")
        if Path(bare).suffix.lower() not in KINDS or len(content) > LARGEST_FILE:
            raise RequirementError(
                "The file is not taken as evidence.", bare, f"Use {', '.join(KINDS)}, of 50 MB at most."
            )
        if not capability:
            raise RequirementError(
                "The file names no capability.", bare, "Begin its name with the capability's id, as in the catalogue."
            )
        out.append(EvidenceFile(bare, content, capability))
    if len(out) > MOST_FILES:
        raise RequirementError(f"A trust page takes at most {MOST_FILES} files.", mend="Leave some out.")
    return tuple(out)


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
