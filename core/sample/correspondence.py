"""Mails, meetings and transcripts of the sample company, invented as the files that mailboxes and calls would give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import yaml

from core.config.pseudonyms import people

OWN_DOMAIN = "harbourline.example"
SEED, DAYS, N_DEALS, N_QUIET, N_CALLS, N_UPSET = 41, 120, 150, 20, 30, 8
FEWEST_DAYS, SILENT_DAYS = 8, (28, 40)
# Working hours until an answer: the middle and the spread of a lognormal; and how many are answered at all.
OURS, THEIRS = (3.0, 0.7, 0.92), (20.0, 0.9, 0.7)
LISTENERS, TALKERS = 0.45, 0.75
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
        "quiet": deals whose customer stopped writing; "upset": deals whose customer is upset in the call; "talkers":
        reps who talk more than others; "done": how many promised offers were sent in time, and "promised".
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
    mails: list[tuple[datetime, bytes]] = []
    for deal in chosen:
        mails += _mails(deal, as_of, rng)
    meetings = [part for deal in chosen for part in _meetings(deal, as_of, rng)]
    called = [deal for deal in chosen if not deal.is_quiet and len(deal.days) >= FEWEST_DAYS][:N_CALLS]
    talkers = {rep for number, rep in enumerate(sorted({deal.owner_id for deal in called})) if number % 3 == 0}
    n_promised = n_done = 0
    for number, deal in enumerate(called):
        talk = TALKERS if deal.owner_id in talkers else LISTENERS
        name, content, sent = _call(deal, number, talk, as_of, rng)
        out.files[name] = content
        n_promised += number % 2 == 0
        n_done += sent is not None
        mails += [sent] if sent else []
    out.files["mailbox.mbox"] = b"".join(raw for _, raw in sorted(mails))
    out.files["calendar.ics"] = _calendar(meetings)
    out.truth = {
        "quiet": sorted(deal.deal_id for deal in chosen if deal.is_quiet),
        "upset": sorted(deal.deal_id for deal in called[:N_UPSET]),
        "talkers": sorted(talkers),
        "promised": n_promised,
        "done": n_done,
    }
    return out


_CONTACT = ("contact_id", "account_id", "contact_name", "title", "email")


def _deals(
    accounts: pl.DataFrame, deals: pl.DataFrame, team: pl.DataFrame, as_of: date, rng: np.random.Generator
) -> tuple[list[_Deal], list[tuple[str, ...]]]:
    names = dict(team.unique("rep_id", keep="last", maintain_order=True).select("rep_id", "rep_name").iter_rows())
    firms = dict(accounts.select("account_id", "account_name").iter_rows())
    rows = (
        deals.filter(~pl.col("is_closed"), pl.col("owner_id").is_in(list(names)), pl.col("account_id").is_in(list(firms)))
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


def _mails(deal: _Deal, as_of: date, rng: np.random.Generator) -> list[tuple[datetime, bytes]]:
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
    # We go on writing where they have stopped, and some of what we begin is never answered.
    for day in (deal.days[-1:] or [deal.first_on]) * (2 if deal.is_quiet else 1):
        at = datetime.combine(day, time(16), UTC) + timedelta(days=7 + 7 * len(out) % 3, minutes=len(out))
        out.append(_mail(at, deal.rep, deal.buyers[0], "Following up", f"<f{len(out)}.{deal.deal_id}@{OWN_DOMAIN}>", ""))
    return [(at, raw) for at, raw in out if at <= end]


def _hours(answer: tuple[float, float, float], rng: np.random.Generator) -> float:
    return float(np.clip(rng.lognormal(np.log(answer[0]), answer[1]), 0.1, 24 * 14))


def _mail(
    at: datetime, sender: tuple[str, str], receiver: tuple[str, str], subject: str, own: str, answers: str
) -> tuple[datetime, bytes]:
    mail = EmailMessage()
    mail["From"], mail["To"] = f"{sender[0]} <{sender[1]}>", f"{receiver[0]} <{receiver[1]}>"
    mail["Date"], mail["Subject"], mail["Message-ID"] = format_datetime(at), subject, own
    if answers:
        mail["In-Reply-To"] = mail["References"] = answers
    mail["X-Invented"] = "with the sample company"
    mail.set_content("Invented with the sample company.\n")
    return at, f"From {sender[1]} {at:%a %b %d %H:%M:%S %Y}\n".encode() + mail.as_bytes() + b"\n"


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
    deal: _Deal, number: int, talk: float, as_of: date, rng: np.random.Generator
) -> tuple[str, bytes, tuple[datetime, bytes] | None]:
    """Return a transcript, and the mail with what was promised in it where it was sent."""
    lines = _lines()
    day = deal.days[-4]
    at = datetime.combine(day, time(13), UTC)
    buyer = deal.buyers[0]
    mood = "upset" if number < N_UPSET else "pleased" if number % 3 == 0 else "theirs"
    turns: list[tuple[str, str]] = []
    n_ours = n_theirs = 0
    for turn in range(26):
        is_ours = turn % 2 == 0
        bank = lines["ours"] if is_ours else lines[mood] if turn % 4 == 1 else lines["theirs"]
        text = bank[int(rng.integers(len(bank)))]
        # Whoever has talked less than planned goes on.
        while is_ours and n_ours + len(text.split()) < talk / (1 - talk) * max(n_theirs, 12):
            text = f"{text} {lines['ours'][int(rng.integers(len(lines['ours'])))]}"
        while not is_ours and n_theirs + len(text.split()) < (1 - talk) / talk * n_ours:
            text = f"{text} {lines['theirs'][int(rng.integers(len(lines['theirs'])))]}"
        n_ours, n_theirs = n_ours + is_ours * len(text.split()), n_theirs + (not is_ours) * len(text.split())
        turns.append((deal.rep[0] if is_ours else buyer[0], text))
    sent = None
    if number % 2 == 0:
        due = day + timedelta(days=5)
        turns.append((deal.rep[0], lines["steps"]["send"].format(day=f"{due:%B} {due.day}")))
        if number % 4 == 0:
            sent_at = datetime.combine(day + timedelta(days=1), time(9), UTC)
            own = f"<offer.{deal.deal_id}@{OWN_DOMAIN}>"
            sent = _mail(sent_at, deal.rep, buyer, "The revised offer", own, "")
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
        end = clock + 0.4 * len(text.split())
        cues += [f"{_stamp(clock)} --> {_stamp(end)}", f"<v {speaker}>{text}", ""]
        clock = end + 0.5
    return f"call {deal.deal_id} {day}.vtt", "\n".join([*head, *cues]).encode(), sent


def _stamp(seconds: float) -> str:
    whole, thousandths = divmod(round(seconds * 1_000), 1_000)
    return f"{whole // 3_600:02}:{whole // 60 % 60:02}:{whole % 60:02}.{thousandths:03}"


def _local(name: str) -> str:
    return ".".join(part.lower() for part in name.split())


@cache
def _lines() -> Mapping[str, Any]:
    lines: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_name("call_lines.yaml").read_text(encoding="utf-8"))
    return lines
