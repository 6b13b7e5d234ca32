"""Whose an address is: one of us, a contact of an account, or somebody of an account by the domain."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from core.config.settings import EngagementSettings
from core.contracts import Dataset
from core.contracts.constants import NOT_KNOWN

US, THEM = "us", "them"
# Anybody may have an address there: the domain leads to no company.
FREE_MAIL = frozenset(
    "gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com yahoo.co.uk icloud.com me.com aol.com "
    "gmx.de gmx.net gmx.com web.de t-online.de proton.me protonmail.com mail.com orange.fr free.fr laposte.net".split()
)
LEGAL_FORMS = re.compile(
    r"\b(?:llc|inc|incorporated|corp|corporation|ltd|limited|plc|gmbh|ag|se|kg|co|company|sa|sas|sarl|spa|srl|bv|nv|ab|oy|"
    r"as|aps|pty|group|holding)\b\.?"
)
SHORTEST_NAME = 4
SECOND_LEVEL = ("co", "com", "org", "net", "ac", "gov")
EXECUTIVE, DIRECTOR, MANAGER, STAFF = "Executive", "Director", "Manager", "Specialist"
RANKS = {EXECUTIVE: 4, DIRECTOR: 3, MANAGER: 2, STAFF: 1, NOT_KNOWN: 0}
TITLES = (
    (
        EXECUTIVE,
        re.compile(r"\bc[a-z]{1,2}o\b|\bchief\b|president|founder|owner|managing director|\bvp\b|\bevp\b|\bsvp\b"),
    ),
    (DIRECTOR, re.compile(r"\bdirector\b|\bhead\b")),
    (MANAGER, re.compile(r"\bmanager\b|\blead\b|\bleader\b|supervisor")),
)


@dataclass(frozen=True)
class AddressBook:
    """Who is who.

    Attributes
    ----------
    own_domains : frozenset of str
    reps : mapping of str to str
        Address, or name in small letters, of one of us to the id in the sales team; empty for one who is not in it.
    contacts : mapping of str to tuple
        Address to account id, name and title as the CRM has them.
    domains : mapping of str to str
        Domain to the one account whose contacts have it.
    labels : mapping of str to str
        Name of an account as it would stand in a domain, to its id.
    """

    own_domains: frozenset[str]
    reps: Mapping[str, str]
    contacts: Mapping[str, tuple[str, str | None, str | None]]
    domains: Mapping[str, str]
    labels: Mapping[str, str]

    def side(self, address: str) -> str:
        """Return "us" or "them"; whoever is neither of our domains nor in our team is a customer."""
        domain = address.rpartition("@")[2]
        is_ours = domain in self.own_domains or any(domain.endswith(f".{own}") for own in self.own_domains)
        return US if is_ours or address in self.reps else THEM

    def account(self, address: str) -> str | None:
        """Return the account somebody is of: the contact's, else that of the domain or one above it."""
        if address in self.contacts:
            return self.contacts[address][0]
        domain = address.rpartition("@")[2] if "@" in address else ""
        if domain in FREE_MAIL:
            return None
        above = domain
        while "." in above:
            if above in self.domains:
                return self.domains[above]
            above = above.partition(".")[2]
        return self.labels.get(label_of(domain))


def of(company: Dataset, settings: EngagementSettings, more: pl.DataFrame | None = None) -> AddressBook:
    """Return who is who in a company.

    Parameters
    ----------
    company : Dataset
        Under its true names.
    settings : EngagementSettings
        Names the own domains; the domains of the CRM's users are own ones besides.
    more : pl.DataFrame, optional
        Contacts beside those of the data.

    Returns
    -------
    AddressBook
        A domain leads to an account where all contacts with it are of that account, or where it bears the account's
        name and no other account is called so; those of free mail lead to none.
    """
    contacts = _contacts(pl.concat([frame for frame in (company.contacts, more) if frame is not None], how="diagonal"))
    users = company.users.select("user_id", "user_name", pl.col("email").str.to_lowercase())
    team = set(company.sales_team["rep_id"])
    reps = {mail: str(user) if user in team else "" for user, _, mail in users.iter_rows() if mail}
    names = company.sales_team.unique("rep_id", keep="last").select("rep_name", "rep_id").rows()
    reps |= {name.lower(): rep for name, rep in names if [n for n, _ in names].count(name) == 1}
    own = {mail.rpartition("@")[2] for mail in reps if "@" in mail} - FREE_MAIL
    own |= set(settings.own_domains)
    for name, rep in list(reps.items()):
        if "@" not in name:
            local = ".".join(re.findall(r"\w+", name))
            reps |= {f"{local}@{domain}": rep for domain in own if f"{local}@{domain}" not in reps}
    domains = {domain: account for domain, account in _by_contacts(contacts).items() if domain not in FREE_MAIL | own}
    return AddressBook(frozenset(own), reps, contacts, domains, _by_name(company.accounts))


def _contacts(frame: pl.DataFrame) -> dict[str, tuple[str, str | None, str | None]]:
    rows = frame.filter(pl.col("email").is_not_null(), pl.col("account_id").is_not_null())
    columns = rows.select(pl.col("email").str.strip_chars().str.to_lowercase(), "account_id", "contact_name", "title")
    return {mail: (account, name, title) for mail, account, name, title in columns.iter_rows()}


def _by_contacts(contacts: Mapping[str, tuple[str, str | None, str | None]]) -> dict[str, str]:
    accounts: defaultdict[str, set[str]] = defaultdict(set)
    for mail, (account, _, _) in contacts.items():
        accounts[mail.rpartition("@")[2]].add(account)
    return {domain: next(iter(ids)) for domain, ids in accounts.items() if len(ids) == 1}


def _by_name(accounts: pl.DataFrame) -> dict[str, str]:
    by_label: defaultdict[str, set[str]] = defaultdict(set)
    for account, name in accounts.select("account_id", "account_name").iter_rows():
        label = folded(name or "")
        if len(label) >= SHORTEST_NAME:
            by_label[label].add(account)
    return {label: next(iter(ids)) for label, ids in by_label.items() if len(ids) == 1}


def label_of(domain: str) -> str:
    """Return the word of a domain that names a company.

    Examples
    --------
    >>> label_of("mail.sierra-capital.com"), label_of("dhow.co.uk"), label_of("localhost")
    ('sierracapital', 'dhow', '')
    """
    parts = domain.split(".")
    if len(parts) > 2 and parts[-2] in SECOND_LEVEL:
        parts = parts[:-1]
    return re.sub(r"[^a-z0-9]", "", parts[-2]) if len(parts) > 1 else ""


def folded(name: str) -> str:
    """Return a company's name as it would stand in a domain.

    Examples
    --------
    >>> folded("Sierra Capital LLC"), folded("Dhow & Sons GmbH")
    ('sierracapital', 'dhowsons')
    """
    return re.sub(r"[^a-z0-9]", "", LEGAL_FORMS.sub("", name.lower()))


def seniority(title: str | None) -> str:
    """Return how high somebody stands, by the words of their title.

    Examples
    --------
    >>> seniority("CFO"), seniority("Head of IT"), seniority("Project manager"), seniority("Analyst"), seniority(None)
    ('Executive', 'Director', 'Manager', 'Specialist', 'Not known')
    """
    if not title:
        return NOT_KNOWN
    lowered = title.lower()
    return next((rank for rank, pattern in TITLES if pattern.search(lowered)), STAFF)


def names_in_sight(addresses: Iterable[str], book: AddressBook) -> pl.DataFrame:
    """Return everybody who took part: [address, side, account_id, rep_id, contact_name, title]."""
    rows = []
    for address in addresses:
        side = book.side(address)
        account, name, title = book.contacts.get(address, (None, None, None))
        account = None if side == US else account or book.account(address)
        rows.append((address, side, account, book.reps.get(address) or None, name, title))
    shape = ["address", "side", "account_id", "rep_id", "contact_name", "title"]
    return pl.DataFrame(rows, schema=dict.fromkeys(shape, pl.String), orient="row")
