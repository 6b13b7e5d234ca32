"""The files that prove public answers: attached in the library and marked public, or named by a capability."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath

import polars as pl

from core.contracts.errors import RequirementError
from core.requirements.catalogue.capabilities import Catalogue
from core.requirements.library import answer_uses
from core.requirements.library.answer_edition import APPROVED, Library
from core.store.library_answers import LibraryFiles

LARGEST_FILE, MOST_FILES = 50_000_000, 200
KINDS = (".pdf", ".png", ".jpg", ".jpeg", ".txt", ".csv", ".docx", ".xlsx", ".pptx", ".zip")


@dataclass(frozen=True)
class EvidenceFile:
    """A file that proves something; it is read when it is written out.

    Attributes
    ----------
    name : str
    sha256 : str
        Of its content, in hexadecimal digits.
    size : int
        In bytes.
    read : callable
        Returns its content.
    capability_id : str
        What it proves, where its name says so.
    """

    name: str
    sha256: str
    size: int
    read: Callable[[], bytes] = field(compare=False, repr=False)
    capability_id: str = field(default="", compare=False)


@dataclass(frozen=True)
class LibraryEvidence:
    """What is attached to the approved answers of the library.

    Attributes
    ----------
    answer_used : callable
        As `answer_uses.recognizer` gives it.
    public : mapping of str to tuple of EvidenceFile
        The files marked public, by the answer's id.
    private : mapping of str to set of int
        The ids of an answer's files that are not marked public.
    """

    answer_used: Callable[[str, str], str | None]
    public: Mapping[str, tuple[EvidenceFile, ...]]
    private: Mapping[str, frozenset[int]]

    def of(self, question: str, answer: str) -> tuple[tuple[EvidenceFile, ...], frozenset[int]]:
        """Return the public files of the library's answer that a row uses, and the ids of those that are not public."""
        key = self.answer_used(question, answer) or ""
        return self.public.get(key, ()), self.private.get(key, frozenset())


def attached(library: Library, files: LibraryFiles) -> LibraryEvidence:
    """Return the files attached to approved answers, those of answers merged into them too.

    Parameters
    ----------
    library : Library
    files : LibraryFiles
    """
    approved = set(library.frame.filter(pl.col("state") == APPROVED)["answer_id"])
    aliases = library.aliases
    public: dict[str, tuple[EvidenceFile, ...]] = {}
    private: dict[str, frozenset[int]] = {}
    columns = ("file_id", "answer_id", "file_name", "sha256", "size", "is_public")
    for number, answer_id, name, digest, size, is_public in files.frame().select(columns).iter_rows():
        key = aliases.get(answer_id, answer_id)
        if key not in approved:
            continue
        if not is_public:
            private[key] = private.get(key, frozenset()) | {number}
            continue
        file = EvidenceFile(name, digest, size, partial(files.content, number))
        public[key] = (*public.get(key, ()), file)
    return LibraryEvidence(answer_uses.recognizer(library), public, private)


def named_files(named: Mapping[str, bytes], catalogue: Catalogue) -> tuple[EvidenceFile, ...]:
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
        digest = hashlib.sha256(content).hexdigest()
        out.append(EvidenceFile(bare, digest, len(content), partial(bytes, content), capability))
    if len(out) > MOST_FILES:
        raise RequirementError(f"A trust page takes at most {MOST_FILES} files.", mend="Leave some out.")
    return tuple(out)
