"""Transcripts of calls: WebVTT as Zoom, Meet and Teams write it, and plain text with a speaker before each line."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, tzinfo

from core.contracts.errors import SourceError
from core.interactions.read_interaction import (
    ReadFile,
    ReadInteraction,
    SpokenTurn,
    hashed,
    in_utc,
    person,
    without_controls,
)
from core.localization import joined
from core.store.interaction_records import CALL, NewPerson

LARGEST_BYTES, MOST_TURNS, LONGEST_TURN = 10 * 2**20, 5_000, 20_000
TIMING = re.compile(r"^(?:(\d{1,3}):)?(\d{2}):(\d{2})[.,](\d{3})\s+-->\s+(?:(\d{1,3}):)?(\d{2}):(\d{2})[.,](\d{3})")
VOICE = re.compile(r"^<v(?:\.[\w.]+)?\s+([^>]{1,200})>")
TAG = re.compile(r"<[^<>]{0,300}>")
# A name ends at the first colon; one of more than six words, or with a full stop before a space, is a sentence.
NAMED = re.compile(r"^\s*([^\s:][^:\n]{0,79}?)\s*:\s+(\S.*)$")
STAMPED = re.compile(r"^\s*[\[(]?(\d{1,2}):(\d{2})(?::(\d{2}))?[\])]?\s*[-–]?\s*")
PERSON = re.compile(r"^\s*(?:NOTE\s+)?(?:participant|speaker)\s*:\s*(.{1,200}?)\s*<([^<>\s]+@[^<>\s]+)>", re.IGNORECASE)
DATED = re.compile(
    r"^\s*(?:NOTE\s+)?(?:date|start(?:ed)?(?: at)?)\s*:\s*(\d{4}-\d{2}-\d{2}[^\s]*(?:[T ]\S+)?)", re.IGNORECASE
)
DEAL = re.compile(r"^\s*(?:NOTE\s+)?deal\s*:\s*(\S{1,200})\s*$", re.IGNORECASE)
IN_NAME = re.compile(r"(20\d\d)-?(\d\d)-?(\d\d)(?:[T_\- ]?(\d\d)[-:.]?(\d\d)(?:[-:.]?(\d\d))?(?!\d))?")
UNDATED = "transcripts without a date in their name or first lines"
SILENT = "transcripts in which nobody speaks"
NOBODY = "Unknown speaker"


def transcript(
    content: bytes, title: str, zone: tzinfo, occurred_at: datetime | None = None, opportunity_id: str = ""
) -> ReadFile:
    """Return the call of a transcript.

    Parameters
    ----------
    content : bytes
        WebVTT, or text with `Name: …` lines, stamped or not. Lines `participant: Ana Berg <ana@example.com>`, `date:
        2026-05-04T10:00` and `deal: O000123` before the first words, in WebVTT as NOTE, are read.
    title : str
        The file's name; a date in it counts where no line gives one.
    zone : tzinfo
        Of dates without a zone.
    occurred_at : datetime, optional
        When the call was, where somebody says so.
    opportunity_id : str
        The deal it is about, where somebody says so.

    Raises
    ------
    SourceError
        When the file is larger than 10 MB or no text.
    """
    if len(content) > LARGEST_BYTES or b"\0" in content[:4_000]:
        raise SourceError("The transcript is no text, or larger than 10 MB.", title)
    lines = content.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    is_webvtt = bool(lines) and lines[0].startswith("WEBVTT")
    turns = _joined(_cues(lines) if is_webvtt else _spoken_lines(lines))
    out = ReadFile()
    started_at = occurred_at or _dated(lines, title, zone)
    if started_at is None or not turns:
        out.leave_out(UNDATED if turns else SILENT)
        return out
    deal = next((match[1] for line in lines[:60] if (match := DEAL.match(line))), "")
    out.interactions.append(
        ReadInteraction(
            CALL,
            f"{started_at.isoformat()} {hashed(' '.join(turn.text for turn in turns[:50]))}",
            started_at,
            _people(lines, turns),
            opportunity_id=opportunity_id or deal,
            turns=tuple(turns),
            size_bytes=len(content),
        )
    )
    return out


def _cues(lines: list[str]) -> list[SpokenTurn]:
    """Read WebVTT: a timing line, then text until a blank line; the speaker in a voice tag or before a colon."""
    out: list[SpokenTurn] = []
    number = 0
    while number < len(lines):
        match = TIMING.match(lines[number].strip())
        number += 1
        if match is None:
            continue
        begin, end = _seconds(match.groups()[:4]), _seconds(match.groups()[4:])
        body: list[str] = []
        while number < len(lines) and lines[number].strip() and not TIMING.match(lines[number].strip()):
            body.append(lines[number].strip())
            number += 1
        speaker, text = _voiced(" ".join(body)[:LONGEST_TURN])
        if text and len(out) < 4 * MOST_TURNS:
            out.append(SpokenTurn(speaker, text, begin, max(begin, end)))
    return out


def _voiced(text: str) -> tuple[str, str]:
    voice = VOICE.match(text)
    plain = without_controls(html.unescape(TAG.sub(" ", text)), LONGEST_TURN)
    if voice is not None:
        return without_controls(html.unescape(voice[1]), 200), plain
    named = NAMED.match(plain)
    return (named[1], named[2]) if named is not None and _is_name(named[1]) else ("", plain)


def _spoken_lines(lines: list[str]) -> list[SpokenTurn]:
    """Read plain text: `Name: words` or `[00:01:05] Name: words`; a line without a name goes on with the one before."""
    out: list[SpokenTurn] = []
    for line in lines:
        if PERSON.match(line) or DATED.match(line) or DEAL.match(line):
            continue
        stamp = STAMPED.match(line)
        begin = None if stamp is None else _stamp(stamp.groups())
        rest = line[stamp.end() :] if stamp else line
        named = NAMED.match(rest[:LONGEST_TURN])
        if named is not None and _is_name(named[1]) and len(out) < 4 * MOST_TURNS:
            out.append(SpokenTurn(without_controls(named[1], 200), without_controls(named[2], LONGEST_TURN), begin))
        elif rest.strip() and out:
            last = out[-1]
            out[-1] = SpokenTurn(last.speaker, f"{last.text} {without_controls(rest, LONGEST_TURN)}", last.started_s)
    return out


def _is_name(words: str) -> bool:
    return len(words.split()) <= 6 and not re.search(r"[?!]|\.\s|\d{2}", words)


def _joined(turns: list[SpokenTurn]) -> list[SpokenTurn]:
    """Join what one person said in a row; a cue without a speaker is the last one's."""
    out: list[SpokenTurn] = []
    for turn in turns:
        speaker = turn.speaker or (out[-1].speaker if out else NOBODY)
        if out and out[-1].speaker == speaker and len(out[-1].text) < LONGEST_TURN:
            last = out[-1]
            out[-1] = SpokenTurn(speaker, joined(last.text, turn.text)[:LONGEST_TURN], last.started_s, turn.ended_s)
        else:
            out.append(SpokenTurn(speaker, turn.text, turn.started_s, turn.ended_s))
    return out[:MOST_TURNS]


def _people(lines: list[str], turns: list[SpokenTurn]) -> tuple[NewPerson, ...]:
    """Return who spoke: under the mail address a line at the head gives, else under the name alone."""
    addresses = {
        without_controls(match[1], 200).lower(): entry
        for line in lines[:200]
        if (match := PERSON.match(line)) and (entry := person(match[2], match[1], "speaker"))
    }
    out = dict.fromkeys(addresses.values())
    for name in dict.fromkeys(turn.speaker for turn in turns):
        if name.lower() not in addresses:
            out[NewPerson(name.lower()[:320], name[:200], "speaker")] = None
    return tuple(out)


def _dated(lines: list[str], title: str, zone: tzinfo) -> datetime | None:
    for line in lines[:60]:
        if match := DATED.match(line):
            try:
                moment = datetime.fromisoformat(match[1].strip())
            except ValueError:
                continue
            return in_utc(moment if moment.tzinfo is not None else moment.replace(tzinfo=zone))
    match = IN_NAME.search(title)
    if match is None:
        return None
    try:
        # Zoom writes GMT before the stamp of its files.
        own = UTC if "GMT" in title[: match.start()] else zone
        return in_utc(datetime(*(int(part or 0) for part in match.groups()), tzinfo=own))  # type: ignore[misc,arg-type]
    except ValueError:
        return None


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, thousandths = (int(part or 0) for part in parts)
    return 3_600 * hours + 60 * minutes + seconds + thousandths / 1_000


def _stamp(parts: tuple[str | None, ...]) -> float:
    first, second, third = parts
    if third is None:
        return 60.0 * int(first or 0) + int(second or 0)
    return 3_600.0 * int(first or 0) + 60 * int(second or 0) + int(third)
