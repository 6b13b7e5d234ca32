"""Mails, meetings and transcripts of the sample company, invented as the files that mailboxes and calls would give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from core import yaml_text
from core.config.pseudonyms import people

OWN_DOMAIN = "harbourline.example"
SEED, DAYS, N_DEALS, N_QUIET, N_CALLS, N_CALLERS, N_UPSET = 41, 120, 150, 20, 40, 8, 8
FEWEST_DAYS, SILENT_DAYS, SECONDS_A_WORD = 8, (28, 40), 0.4
# Working hours until an answer: the middle and the spread of a lognormal; and how many are answered at all.
OURS, THEIRS = (3.0, 0.7, 0.92), (20.0, 0.9, 0.7)
# Of our first mails three in ten are never answered: so many more for each day on which one was.
UNANSWERED = 0.3 * 0.3 / 0.7
LISTENERS, TALKERS, N_TURNS = 0.45, 0.7, 60
UTC = ZoneInfo("UTC")


@dataclass
class Correspondence:
    """What was invented.

    Attributes
    ----------
    files : dict of str to bytes
        An mbox, a calendar and one WebVTT transcript for each call. Every one says that it is invented.
    contacts : pl.DataFrame
        [contact_id, account_id, contact_name, title, email].
    truth : dict
        "quiet": deals whose customer stopped writing; "upset": deals whose customer is upset in a call; "talkers":
        reps who talk more than others; "broken": deals to which an offer was promised and not sent.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    contacts: pl.DataFrame = field(default_factory=pl.DataFrame)
    truth: dict[str, Any] = field(default_factory=dict)


@dataclass
class _Deal:
    """A deal with its people: pairs of name and address, the first of which writes most."""

    deal_id: str
    owner_id: str
    rep: tuple[str, str]
    buyers: list[tuple[str, str]]
    first_on: date
    days: list[date]
    is_quiet: bool


def invented(accounts: pl.DataFrame, deals: pl.DataFrame, team: pl.DataFrame, as_of: date) -> Correspondence:
    """Invent the mails, meetings and calls of the largest open deals; the same rows give the same files.

    Parameters
    ----------
    accounts : pl.DataFrame
        With account_id and account_name.
    deals : pl.DataFrame
        With opportunity_id, account_id, owner_id, amount, created_on, is_closed.
    team : pl.DataFrame
        With rep_id and rep_name.
    as_of : date

    Returns
    -------
    Correspondence
        On each working day since a deal began a customer writes with the deal's own constant chance. Those of some
        deals stop 28 to 40 working days before the end.
    """
    rng = np.random.default_rng(SEED)
    out = Correspondence()
    chosen, contacts = _deals(accounts, deals, team, as_of, rng)
    out.contacts = pl.DataFrame(contacts, schema=dict.fromkeys(_CONTACT, pl.String), orient="row")
    calls = _calls(chosen)
    broken = {deal.deal_id: day for number, (deal, day) in enumerate(calls) if number % 4 == 2}
    mails = [part for deal in chosen for part in _mails(deal, as_of, broken.get(deal.deal_id), rng)]
    meetings = [part for deal in chosen for part in _meetings(deal, as_of, rng)]
    owners = sorted({deal.owner_id for deal, _ in calls})
    talkers = owners[::4]
    for number, (deal, day) in enumerate(calls):
        name, content, sent = _call(deal, day, number, TALKERS if deal.owner_id in talkers else LISTENERS, rng)
        out.files[name] = content
        mails += sent
    mails += _strangers(chosen, as_of)
    out.files["mailbox.mbox"] = b"".join(raw for _, raw in sorted(mails))
    out.files["calendar.ics"] = _calendar(meetings)
    out.truth = {
        "quiet": sorted(deal.deal_id for deal in chosen if deal.is_quiet),
        "upset": sorted({deal.deal_id for deal, _ in calls[:N_UPSET]}),
        "talkers": talkers,
        "broken": sorted(broken),
    }
    return out


def _calls(deals: list[_Deal]) -> list[tuple[_Deal, date]]:
    """Return which deals are called on which days: those of the few people with the most deals, each some times."""
    fit = [deal for deal in deals if not deal.is_quiet and len(deal.days) >= FEWEST_DAYS]
    owners = sorted({deal.owner_id for deal in fit})
    most = sorted(owners, key=lambda owner: (-sum(deal.owner_id == owner for deal in fit), owner))[:N_CALLERS]
    pairs = [(deal, deal.days[-back]) for back in (4, 6, 8) for deal in fit if deal.owner_id in most]
    return pairs[:N_CALLS]


_CONTACT = ("contact_id", "account_id", "contact_name", "title", "email")


def _deals(
    accounts: pl.DataFrame, deals: pl.DataFrame, team: pl.DataFrame, as_of: date, rng: np.random.Generator
) -> tuple[list[_Deal], list[tuple[Any, ...]]]:
    names = dict(team.unique("rep_id", keep="last", maintain_order=True).select("rep_id", "rep_name").iter_rows())
    firms = dict(accounts.select("account_id", "account_name").iter_rows())
    rows = (
        deals.filter(
            ~pl.col("is_closed"), pl.col("owner_id").is_in(list(names)), pl.col("account_id").is_in(list(firms))
        )
        .filter(pl.col("created_on").is_not_null())
        .sort("amount", "opportunity_id", descending=[True, False], nulls_last=True)
        .unique("account_id", keep="first", maintain_order=True)
        .head(N_DEALS)
    )
    out, contacts = [], []
    titles = _lines()["titles"]
    for number, row in enumerate(rows.iter_rows(named=True)):
        n_buyers = 1 if number % 5 == 0 else int(rng.integers(2, 6))
        domain = f"{row['account_id'].lower()}.example"
        buyers = [(name, f"{_local(name)}@{domain}") for name in people(rng, n_buyers)]
        contacts += [
            (f"K{row['account_id']}-{at}", row["account_id"], name, titles[int(rng.integers(len(titles)))], mail)
            for at, (name, mail) in enumerate(buyers)
        ]
        rep = names[row["owner_id"]]
        first_on = max(row["created_on"], as_of - timedelta(days=int(DAYS * 7 / 5)))
        working = [first_on + timedelta(days=n) for n in range((as_of - first_on).days + 1)]
        working = [day for day in working if day.weekday() < 5]
        chance = float(rng.uniform(0.2, 0.5))
        silence = int(rng.integers(*SILENT_DAYS))
        is_quiet = number % 7 == 3 and len(working) > silence + 20
        days = [day for day in working[: len(working) - silence * is_quiet] if rng.random() < chance]
        mail = f"{_local(rep)}@{OWN_DOMAIN}"
        out.append(_Deal(row["opportunity_id"], row["owner_id"], (rep, mail), buyers, first_on, days, is_quiet))
    n_quiet = 0
    for deal in out:
        n_quiet += deal.is_quiet
        if n_quiet > N_QUIET:
            deal.is_quiet = False
    return out, contacts


def _mails(deal: _Deal, as_of: date, broken_on: date | None, rng: np.random.Generator) -> list[tuple[datetime, bytes]]:
    out: list[tuple[datetime, bytes]] = []
    end = datetime.combine(as_of, time(23, 59), UTC)
    subjects = _lines()["subjects"]
    for number, day in enumerate(deal.days):
        at = datetime.combine(day, time(int(rng.integers(8, 17)), int(rng.integers(60))), UTC)
        # Whoever writes first writes more often.
        buyer = deal.buyers[min(int(rng.exponential(1.2)), len(deal.buyers) - 1)]
        subject = subjects[int(rng.integers(len(subjects)))]
        thread = f"<{deal.deal_id}.{number}@{OWN_DOMAIN}>"
        if rng.random() < 0.3:
            asked = at - timedelta(hours=_hours(THEIRS, rng))
            out.append(_mail(asked, deal.rep, buyer, subject, thread, ""))
            out.append(_mail(at, buyer, deal.rep, f"Re: {subject}", f"<r{thread[1:]}", thread))
            continue
        out.append(_mail(at, buyer, deal.rep, subject, thread, ""))
        if rng.random() < OURS[2]:
            answered = at + timedelta(hours=_hours(OURS, rng))
            out.append(_mail(answered, deal.rep, buyer, f"Re: {subject}", f"<r{thread[1:]}", thread))
    for number, day in enumerate(deal.days):
        if rng.random() < UNANSWERED:
            at = datetime.combine(day, time(17, number % 60), UTC)
            out.append(
                _mail(at, deal.rep, deal.buyers[0], "A question", f"<q{number}.{deal.deal_id}@{OWN_DOMAIN}>", "")
            )
    # We go on writing where they have stopped, and some of what we begin is never answered.
    for day in (deal.days[-1:] or [deal.first_on]) * (2 if deal.is_quiet else 1):
        at = datetime.combine(day, time(16), UTC) + timedelta(days=7 + 7 * len(out) % 3, minutes=len(out))
        out.append(
            _mail(at, deal.rep, deal.buyers[0], "Following up", f"<f{len(out)}.{deal.deal_id}@{OWN_DOMAIN}>", "")
        )
    silent_from = datetime.combine(broken_on or as_of + timedelta(days=30), time(13), UTC)
    own = f"From {deal.rep[1]} ".encode()
    return [(at, raw) for at, raw in out if at <= end and not (at >= silent_from and raw.startswith(own))]


def _strangers(deals: list[_Deal], as_of: date) -> list[tuple[datetime, bytes]]:
    """Return mails of people who are at none of the accounts: an agency, and a private address."""
    out = []
    for number, deal in enumerate(deals[:12]):
        at = datetime.combine(as_of - timedelta(days=3 + 5 * number), time(10, number), UTC)
        stranger = ("Events desk", "desk@fair-agency.example") if number % 3 else ("A reader", "reader@gmail.com")
        out.append(_mail(at, stranger, deal.rep, "Your stand", f"<x{number}@fair-agency.example>", ""))
    return out


def _hours(answer: tuple[float, float, float], rng: np.random.Generator) -> float:
    return float(np.clip(rng.lognormal(np.log(answer[0]), answer[1]), 0.1, 24 * 14))


def _mail(
    at: datetime, sender: tuple[str, str], receiver: tuple[str, str], subject: str, own: str, answers: str
) -> tuple[datetime, bytes]:
    # Written out: the names are plain letters, and the library's composer takes a millisecond for each of thousands.
    headers = {
        "From": f"{sender[0]} <{sender[1]}>",
        "To": f"{receiver[0]} <{receiver[1]}>",
        "Date": format_datetime(at),
        "Subject": subject,
        "Message-ID": own,
        **({"In-Reply-To": answers, "References": answers} if answers else {}),
        "X-Invented": "with the sample company",
    }
    head = "\n".join(f"{name}: {value}" for name, value in headers.items())
    begin = f"From {sender[1]} {at:%a %b %d %H:%M:%S %Y}"
    return at, f"{begin}\n{head}\n\nInvented with the sample company.\n\n".encode()


def _meetings(deal: _Deal, as_of: date, rng: np.random.Generator) -> list[str]:
    days = [day for day in deal.days if rng.random() < 0.12]
    if not deal.is_quiet and rng.random() < 0.55:
        ahead = as_of + timedelta(days=int(rng.integers(1, 15)))
        days.append(ahead + timedelta(days=(7 - ahead.weekday()) % 7 if ahead.weekday() > 4 else 0))
    out = []
    for number, day in enumerate(days):
        is_off = rng.random() < 0.1
        answers = ["ACCEPTED", "TENTATIVE", "NEEDS-ACTION"]
        guests = [
            f"ATTENDEE;CN={name};PARTSTAT={answers[int(rng.choice(3, p=[0.75, 0.1, 0.15]))]}:mailto:{mail}"
            for name, mail in deal.buyers[: 1 + int(rng.integers(len(deal.buyers)))]
        ]
        hour = int(rng.integers(8, 16))
        lines = [
            "BEGIN:VEVENT",
            f"UID:{deal.deal_id}-{number}@{OWN_DOMAIN}",
            f"DTSTAMP:{as_of:%Y%m%d}T000000Z",
            f"DTSTART:{day:%Y%m%d}T{hour:02}0000Z",
            f"DTEND:{day:%Y%m%d}T{hour:02}4500Z",
            "SUMMARY:Review of the project (invented)",
            f"ORGANIZER;CN={deal.rep[0]}:mailto:{deal.rep[1]}",
            *guests,
            f"STATUS:{'CANCELLED' if is_off else 'CONFIRMED'}",
            "END:VEVENT",
        ]
        out.append("\r\n".join(lines))
    return out


def _calendar(meetings: list[str]) -> bytes:
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Quarterdeck//Invented with the sample company//EN"]
    return "\r\n".join([*head, *meetings, "END:VCALENDAR", ""]).encode()


def _call(
    deal: _Deal, day: date, number: int, talk: float, rng: np.random.Generator
) -> tuple[str, bytes, list[tuple[datetime, bytes]]]:
    """Return a transcript, and the mail with what was promised in it where it was sent."""
    lines = _lines()
    at = datetime.combine(day, time(13), UTC)
    buyer = deal.buyers[0]
    banks = {"ours": _some(lines["ours"], 7, rng), "theirs": _some(lines["theirs"], 5, rng)}
    mood = lines["upset"] if number < N_UPSET else lines["pleased"] if number % 3 == 0 else banks["theirs"]
    words = {"ours": 0, "theirs": 0}
    turns = []
    for turn in range(N_TURNS):
        side = "ours" if turn % 2 == 0 else "theirs"
        text = _one_of(mood if turn % 6 == 1 else banks[side], rng)
        wanted = talk if side == "ours" else 1 - talk
        # Whoever has talked less than planned goes on.
        while words[side] + len(text.split()) < wanted * (sum(words.values()) + len(text.split())):
            text = f"{text} {_one_of(banks[side], rng)}"
        words[side] += len(text.split())
        turns.append((deal.rep[0] if side == "ours" else buyer[0], text))
    sent = []
    if number % 2 == 0:
        due = day + timedelta(days=5)
        turns.append((deal.rep[0], lines["steps"]["send"].format(day=f"{due:%B} {due.day}")))
        if number % 4 == 0:
            sent_at = datetime.combine(day + timedelta(days=1), time(9), UTC)
            own = f"<offer.{number}.{deal.deal_id}@{OWN_DOMAIN}>"
            sent.append(_mail(sent_at, deal.rep, buyer, "The revised offer", own, ""))
    head = [
        "WEBVTT",
        "",
        "NOTE Invented with the sample company",
        "",
        f"NOTE date: {at:%Y-%m-%dT%H:%M:%S+00:00}",
        f"NOTE participant: {deal.rep[0]} <{deal.rep[1]}>",
        f"NOTE participant: {buyer[0]} <{buyer[1]}>",
        f"NOTE deal: {deal.deal_id}",
        "",
    ]
    clock, cues = 0.0, []
    for speaker, text in turns:
        end = clock + SECONDS_A_WORD * len(text.split())
        cues += [f"{_stamp(clock)} --> {_stamp(end)}", f"<v {speaker}>{text}", ""]
        clock = end + 0.5
    return f"call {deal.deal_id} {day}.vtt", "\n".join([*head, *cues]).encode(), sent


def _some(lines: list[str], n: int, rng: np.random.Generator) -> list[str]:
    return [lines[at] for at in rng.choice(len(lines), n, replace=False)]


def _one_of(lines: list[str], rng: np.random.Generator) -> str:
    return lines[int(rng.integers(len(lines)))]


def _stamp(seconds: float) -> str:
    whole, thousandths = divmod(round(seconds * 1_000), 1_000)
    return f"{whole // 3_600:02}:{whole // 60 % 60:02}:{whole % 60:02}.{thousandths:03}"


def _local(name: str) -> str:
    return ".".join(part.lower() for part in name.split())


@cache
def _lines() -> Mapping[str, Any]:
    lines: Mapping[str, Any] = yaml_text.parsed(Path(__file__).with_name("call_lines.yaml").read_text(encoding="utf-8"))
    return lines
