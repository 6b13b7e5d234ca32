"""Approved public answers and their evidence as a folder of static pages: no scripts, no foreign hosts, to be read."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from core.branding.letterhead import HOUSE, Letterhead
from core.contracts.errors import RequirementError
from core.localization import message
from core.metrics.measure import counted
from core.requirements.export.public_evidence import EvidenceFile
from core.requirements.export.trust_answers import PublicAnswer, PublicAnswers

ACCENT, ON_DARK = "#0a4f4d", "#7fd1cc"
STYLE = (
    ":root{color-scheme:light dark;--ink:#1d2b2b;--quiet:#4c5b5b;--paper:#fff;--line:#c9d3d6;--accent:#0a4f4d}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e6eeee;--quiet:#b3c1c1;--paper:#122020;--line:#3a4a4a;"
    "--accent:#7fd1cc}}"
    "*{box-sizing:border-box}body{font:17px/1.6 system-ui,sans-serif;margin:0;color:var(--ink);background:var(--paper)}"
    "header,main,footer,nav{max-width:52rem;margin:0 auto;padding:1rem 1.2rem}a{color:var(--accent)}"
    "a:focus-visible{outline:3px solid var(--accent);outline-offset:2px}.skip{position:absolute;left:-99rem}"
    ".skip:focus{left:1rem;top:1rem;background:var(--paper);padding:.5rem}h1{line-height:1.2;margin:.5rem 0}"
    "article{border-top:1px solid var(--line);padding:1rem 0}article h2{font-size:1.15rem;margin:0 0 .4rem}"
    "p{margin:.4rem 0;overflow-wrap:anywhere}.quiet,footer{color:var(--quiet);font-size:.9rem}"
    "code{overflow-wrap:anywhere;font-size:.8rem}nav ul{padding:0;list-style:none;display:flex;flex-wrap:wrap;"
    "gap:.4rem 1.2rem}dt{font-weight:600;margin-top:.6rem}dd{margin:0 0 0 1.2rem}"
    ".logo{height:2.2rem;max-width:100%;object-fit:contain;background:#fff;padding:.3rem;border-radius:.3rem}"
)
POLICY = "default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; form-action 'none'"
WORD = re.compile(r"[^\W\d_][\w-]{3,}|[A-Z]{2,}[\d-]*")
EVERYDAY = frozenset(
    "about above after again also another any available because been before being below between both cannot could "
    "customer does doing done down each either every from further have having here into itself just like made make "
    "many more most must need only other otherwise over please provide provided same shall should some such support "
    "supported supports than that their them then there these they this those through under until upon used using very "
    "want well what when where which while will with within without would your yours".split()
)
SHARE = 0.5
FEW = 6
MOST_EVIDENCE = 200_000_000
SAFE_NAME = re.compile(r"[^A-Za-z0-9._-]+")


def folder(
    content: PublicAnswers, title: str, on: date, version: str = "", head: Letterhead = HOUSE
) -> dict[str, bytes]:
    """Return the files of a trust page by their names.

    There is a first page with every question by section, a page for each section, one for the words that occur and
    one for the evidence, and a manifest with the SHA-256 of each file. No page runs or fetches anything.

    Parameters
    ----------
    content : PublicAnswers
    title : str
        Whose answers they are.
    on : date
        When they were put together.
    version : str
        Empty takes the first eight digits of the hash of the answers, so that the same answers have the same version.
    head : Letterhead
        Logo, colours and legal links of whose answers they are.

    Raises
    ------
    RequirementError
        When there is nothing to show, or the evidence has more than 200 MB.
    """
    if not content.answers:
        raise RequirementError(
            "No answer is both approved and marked public.", mend="Mark approved answers public on the Project page."
        )
    number = version.strip() or _hash_of(content)[:8]
    proofs = _proofs(content)
    if sum(file.size for file in proofs.values()) > MOST_EVIDENCE:
        raise RequirementError(
            message("The evidence has more than {most_evidence} MB.", most_evidence=MOST_EVIDENCE // 1000000),
            mend="Leave files out, or give links.",
        )
    sections = _sections(content.answers)
    foot = message(
        "Version {number}, as of {on:%d %B %Y}. {answers}, all approved.",
        number=number,
        on=on,
        answers=counted(len(content.answers), "answer"),
    )
    book = _Book(title, foot, sections, bool(proofs), head)
    out = {"index.html": book.page("All questions", _first_page(sections), ""), "words.html": _words_page(book)}
    for name, answers in sections.items():
        body = "".join(_answer(answer, position, proofs) for position, answer in enumerate(answers, 1))
        out[_file(name)] = book.page(name.capitalize(), body, name)
    if proofs:
        out["evidence.html"] = book.page("Evidence", _evidence_page(proofs), "evidence")
    pages = {name: text.encode() for name, text in out.items()}
    pages |= {f"evidence/{name}": file.read() for name, file in proofs.items()}
    return pages | {"manifest.json": _manifest(pages, title, number, on)}


def _hash_of(content: PublicAnswers) -> str:
    parts = [
        [a.question, a.answer, a.category, str(a.approved_on), a.links, [f.sha256 for f in a.files]]
        for a in content.answers
    ]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def _sections(answers: Sequence[PublicAnswer]) -> dict[str, list[PublicAnswer]]:
    out: dict[str, list[PublicAnswer]] = {}
    for answer in answers:
        out.setdefault(answer.category, []).append(answer)
    return out


def _proofs(content: PublicAnswers) -> dict[str, EvidenceFile]:
    """Return each evidence file once, under a name that is safe in a folder and in an address."""
    out: dict[str, EvidenceFile] = {}
    for file in sorted({file for answer in content.answers for file in answer.files}, key=lambda f: (f.name, f.sha256)):
        out[f"{file.sha256[:8]}-{SAFE_NAME.sub('-', file.name)[-80:]}"] = file
    return out


def _file(section: str) -> str:
    return f"section-{SAFE_NAME.sub('-', section.lower())}.html"


class _Book:
    """What all pages have in common."""

    def __init__(
        self, title: str, foot: str, sections: Mapping[str, list[PublicAnswer]], has_proofs: bool, head: Letterhead
    ) -> None:
        self.title, self.foot, self.sections, self.head = title, foot, sections, head
        self.style = STYLE.replace(ACCENT, head.accent or ACCENT).replace(ON_DARK, head.accent_dark or ON_DARK)
        digest = base64.b64encode(hashlib.sha256(self.style.encode()).digest()).decode()
        self.policy = POLICY.format(hash=digest)
        more = [("words.html", "Words", "words"), *([("evidence.html", "Evidence", "evidence")] if has_proofs else [])]
        self.links = [("index.html", "All questions", ""), *((_file(n), n.capitalize(), n) for n in sections), *more]

    def page(self, heading: str, body: str, current: str) -> str:
        """Return a page as HTML."""
        links = "".join(
            f'<li><a href="{target}"{" aria-current=" + chr(34) + "page" + chr(34) if key == current else ""}>'
            f"{html.escape(label)}</a></li>"
            for target, label, key in self.links
        )
        title = html.escape(self.title)
        return (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{self.policy}">'
            '<meta name="viewport" content="width=device-width"><meta name="referrer" content="no-referrer">'
            f"<title>{html.escape(heading)} · {title}</title><style>{self.style}</style></head><body>"
            f'<a class="skip" href="#content">Skip to the content</a><header>{self._logo()}<p>{title}</p></header>'
            f'<nav aria-label="Sections"><ul>{links}</ul></nav>'
            f'<main id="content"><h1>{html.escape(heading)}</h1>{body}</main>'
            f"<footer><p>{html.escape(self.foot)}</p>{self._legal()}</footer></body></html>"
        )

    def _logo(self) -> str:
        """Return the logo on a ground of its own, for it is drawn for light pages."""
        if not self.head.logo:
            return ""
        return f'<img class="logo" src="{self.head.source}" alt="{html.escape(self.head.name)}">'

    def _legal(self) -> str:
        links = " · ".join(
            f'<a href="{html.escape(address)}" rel="noopener noreferrer">{html.escape(label)}</a>'
            for label, address in self.head.links
        )
        return f"<p>{links}</p>" if links else ""


def _first_page(sections: Mapping[str, list[PublicAnswer]]) -> str:
    look_up = 'look it up under <a href="words.html">Words</a>.'
    parts = [f'<p class="quiet">Find a word on this page with your browser, or {look_up}</p>']
    for name, answers in sections.items():
        questions = "".join(
            f'<li><a href="{_file(name)}#a{position}">{html.escape(answer.question)}</a></li>'
            for position, answer in enumerate(answers, 1)
        )
        parts.append(f"<h2>{html.escape(name.capitalize())} ({len(answers):,})</h2><ul>{questions}</ul>")
    return "".join(parts)


def _answer(answer: PublicAnswer, position: int, proofs: Mapping[str, EvidenceFile]) -> str:
    text = "".join(f"<p>{html.escape(part)}</p>" for part in answer.answer.split("\n") if part.strip())
    when = (
        message("Approved on {approved_on:%d %B %Y}.", approved_on=answer.approved_on)
        if answer.approved_on
        else "Approved."
    )
    own = [(name, file) for name, file in proofs.items() if file in answer.files]
    items = [
        f'<li><a href="evidence/{name}">{html.escape(file.name)}</a> <code>SHA-256 {file.sha256}</code></li>'
        for name, file in own
    ]
    items += [
        f'<li><a href="{html.escape(link)}" rel="noopener noreferrer">{html.escape(link)}</a></li>'
        for link in answer.links
    ]
    evidence = f"<p>Evidence:</p><ul>{''.join(items)}</ul>" if items else ""
    return (
        f'<article id="a{position}"><h2>{html.escape(answer.question)}</h2>{text}{evidence}'
        f'<p class="quiet">{when}</p></article>'
    )


def _words_page(book: _Book) -> str:
    """Return the page that leads from each word of a question or an answer to where it stands."""
    n_answers = sum(map(len, book.sections.values()))
    where: dict[str, dict[str, str]] = {}
    for name, answers in book.sections.items():
        for position, answer in enumerate(answers, 1):
            for word in {w.lower() for w in WORD.findall(f"{answer.question} {answer.answer}")} - EVERYDAY:
                where.setdefault(word, {})[f"{_file(name)}#a{position}"] = answer.question
    most = max(SHARE * n_answers, FEW)
    entries = "".join(
        f"<dt>{html.escape(word)}</dt>"
        + "".join(f'<dd><a href="{target}">{html.escape(text)}</a></dd>' for target, text in places.items())
        for word, places in sorted(where.items())
        if len(places) <= most
    )
    return book.page("Words", f"<dl>{entries}</dl>", "words")


def _evidence_page(proofs: Mapping[str, EvidenceFile]) -> str:
    rows = "".join(
        f'<dt><a href="evidence/{name}">{html.escape(file.name)}</a></dt>'
        f"<dd>{file.size:,} bytes, <code>SHA-256 {file.sha256}</code></dd>"
        for name, file in proofs.items()
    )
    return f"<p>A file is what was approved if its SHA-256 is the one written here.</p><dl>{rows}</dl>"


def _manifest(pages: Mapping[str, bytes], title: str, version: str, on: date) -> bytes:
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(pages.items())}
    body = {"title": title, "version": version, "date": on.isoformat(), "sha256": hashes}
    return json.dumps(body, indent=1, ensure_ascii=False).encode()


def packed(files: Mapping[str, bytes], on: date) -> bytes:
    """Return the files as one ZIP, the same for the same files and day."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(f"trust/{name}", (on.year, on.month, on.day, 0, 0, 0))
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, content)
    return target.getvalue()


def write(files: Mapping[str, bytes], target: Path) -> None:
    """Write the files into a folder, which is empty or holds an earlier trust page.

    Raises
    ------
    RequirementError
        When the folder holds other things, or cannot be written to.
    """
    try:
        if target.exists() and any(target.iterdir()) and not (target / "manifest.json").is_file():
            raise RequirementError("The folder holds other things.", str(target), "Name an empty folder, or a new one.")
        for name in _earlier(target):
            (target / name).unlink(missing_ok=True)
        for name, content in files.items():
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    except OSError as error:
        raise RequirementError("The folder cannot be written to.", str(target), "Name one you may write to.") from error


def write_file(content: bytes, target: Path) -> None:
    """Write the ZIP.

    Raises
    ------
    RequirementError
        When it cannot be written there.
    """
    try:
        target.write_bytes(content)
    except OSError as error:
        raise RequirementError("The file cannot be written.", str(target), "Name a folder that is there.") from error


def _earlier(target: Path) -> list[str]:
    """Return the files an earlier trust page in the folder names as its own; none outside the folder."""
    manifest = target / "manifest.json"
    if not manifest.is_file():
        return []
    try:
        names = list(json.loads(manifest.read_bytes())["sha256"])
    except (ValueError, KeyError, TypeError):
        raise RequirementError("The folder's manifest is damaged.", str(manifest), "Name an empty folder.") from None
    return [name for name in names if (target / name).resolve().is_relative_to(target.resolve())]
