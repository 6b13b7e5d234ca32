"""Mails, meetings and calls as somebody may see them: matched to deals, cut to their rows, under the names they see."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import polars as pl

from core.access import masking
from core.artifacts import remembered
from core.config import Settings
from core.contracts import Dataset
from core.contracts.constants import NOT_KNOWN
from core.forecasts.calls import book as book_of
from core.interactions import address_book, sample_interactions
from core.interactions.address_book import THEM, US, AddressBook
from core.sources import sample_titles
from core.store import Store
from core.store.interaction_records import MAIL, SENDER, TURNS

HIDDEN = "Hidden"
MOMENT = pl.Datetime("us")
TOUCHES: dict[str, Any] = {
    "interaction_id": pl.Int64,
    "kind": pl.String,
    "at": MOMENT,
    "ended_at": MOMENT,
    "direction": pl.String,
    "thread": pl.String,
    "account_id": pl.String,
    "opportunity_id": pl.String,
    "contact_id": pl.String,
    "is_sender": pl.Boolean,
    "rep_id": pl.String,
    "answer": pl.String,
    "subject": pl.String,
    "is_cancelled": pl.Boolean,
}
CONTACTS: dict[str, Any] = dict.fromkeys(("contact_id", "contact_name", "title", "seniority", "account_id"), pl.String)
SPOKEN: dict[str, Any] = {
    "interaction_id": pl.Int64,
    "at": MOMENT,
    "account_id": pl.String,
    "opportunity_id": pl.String,
    "number": pl.Int64,
    "side": pl.String,
    "speaker": pl.String,
    "rep_id": pl.String,
    **{name: kind for name, kind in TURNS.items() if name not in ("interaction_id", "number", "speaker")},
}
UNMATCHED: dict[str, Any] = {"domain": pl.String, "n_people": pl.Int64, "n": pl.Int64, "last_at": MOMENT}
BOTH, IN, OUT = "both", "in", "out"
HIDES_PEOPLE = "contacts"


@dataclass(frozen=True)
class Interactions:
    """Mails, meetings and calls with customers.

    Attributes
    ----------
    touches : pl.DataFrame
        `TOUCHES`: one row for each mail, meeting or call, person of the customer, and deal. `at` is in the company's
        time; `direction` of a mail is "in" where a customer wrote it and "out" where one of us did, else "both".
        `opportunity_id` is null where the account had no open deal that day, `rep_id` where none of us is known.
    contacts : pl.DataFrame
        `CONTACTS`: the people of the touches.
    turns : pl.DataFrame
        `SPOKEN`: what was counted of transcripts, one row for each turn and deal.
    unmatched : pl.DataFrame
        `UNMATCHED`: domains that lead to no account. Empty for whoever sees a part of the company or no names.
    n_all : int
        Mails, meetings and calls that are kept, matched or not.
    is_invented : bool
        They came with the sample company.
    has_own_side : bool
        Whether it is known who is one of us.
    fingerprint : str
        The same for the same rows, settings and sight.
    """

    touches: pl.DataFrame
    contacts: pl.DataFrame
    turns: pl.DataFrame
    unmatched: pl.DataFrame
    n_all: int
    is_invented: bool
    has_own_side: bool
    fingerprint: str

    def __hash__(self) -> int:
        """Return the hash of the fingerprint, for results are remembered by it."""
        return hash(self.fingerprint)

    def __eq__(self, other: object) -> bool:
        """Say whether these are the same rows, seen alike."""
        return isinstance(other, Interactions) and self.fingerprint == other.fingerprint

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing of a customer to show."""
        return self.touches.is_empty() and self.turns.is_empty()


def of(data: Dataset, settings: Settings, store: Store, hides_people: bool = False) -> Interactions:
    """Return the mails, meetings and calls somebody may see.

    Parameters
    ----------
    data : Dataset
        Cut to their rows. Where names are hidden in it, people bear invented names, and subjects and words are hidden.
        Data uploaded for a session have none.
    settings : Settings
        `engagement` says who is one of us, and whether subjects and words are shown at all.
    store : Store
    hides_people : bool
        Whether the names of contacts are hidden from them, as a role's `hidden_fields` can say.

    Returns
    -------
    Interactions
    """
    whole = data.company
    if data.is_transient:
        return _none(data)
    book = book_of(whole)
    state = store.interactions.state(book)
    return _view(data, settings, _Kept(book, state, store), hides_people)


@dataclass(frozen=True)
class _Kept:
    """The rows of a book in one state; equal ones are of the same state."""

    book: str
    state: str
    store: Store

    def __hash__(self) -> int:
        return hash((self.book, self.state, str(self.store.engine.url)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Kept) and hash(self) == hash(other)

    def frames(self) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        records = self.store.interactions
        return records.interactions(self.book), records.people(self.book), records.turns(self.book)


@remembered(8)
def _view(data: Dataset, settings: Settings, kept_rows: _Kept, hides_people: bool) -> Interactions:
    every = _matched(data.company, settings, kept_rows)
    touches, contacts, turns = every.touches, every.contacts, every.turns
    if data.is_masked or hides_people:
        contacts, touches, turns = _nameless(contacts, touches, turns, data.company, settings)
    if data.is_masked:
        touches, contacts, turns = _masked(touches, contacts, turns, data, settings)
    if settings.engagement.texts == "none":
        touches = touches.with_columns(subject=pl.lit(""))
    if settings.engagement.texts != "texts":
        turns = turns.with_columns(text=pl.lit(""))
    accounts, deals = data.accounts["account_id"].implode(), data.opportunities["opportunity_id"].implode()
    is_theirs = pl.col("account_id").is_in(accounts)
    is_theirs &= pl.col("opportunity_id").is_null() | pl.col("opportunity_id").is_in(deals)
    touches, turns = touches.filter(is_theirs), turns.filter(is_theirs)
    is_whole = data.whole is None and not data.is_masked and not hides_people
    mark = f"{every.fingerprint} {data.fingerprint} {hides_people} {settings.engagement.model_dump_json()}"
    return Interactions(
        touches,
        contacts.filter(pl.col("contact_id").is_in(touches["contact_id"].unique().implode())),
        turns,
        every.unmatched if is_whole else every.unmatched.clear(),
        every.n_all,
        every.is_invented,
        every.has_own_side,
        hashlib.blake2b(mark.encode(), digest_size=12).hexdigest(),
    )


def _none(data: Dataset) -> Interactions:
    touches, contacts, turns, unmatched = (
        pl.DataFrame(schema=shape) for shape in (TOUCHES, CONTACTS, SPOKEN, UNMATCHED)
    )
    return Interactions(touches, contacts, turns, unmatched, 0, False, True, f"none {data.fingerprint}")


@remembered(2)
def _matched(company: Dataset, settings: Settings, kept_rows: _Kept) -> Interactions:
    """Match all that is kept of a company to its accounts and deals, under true names."""
    interactions, people, turns = kept_rows.frames()
    is_sample = sample_titles.is_sample(company.source)
    more, rules = None, settings.engagement
    if is_sample:
        invented = sample_interactions.of(company, settings)
        interactions = pl.concat([invented.interactions, interactions])
        people, turns = pl.concat([invented.people, people]), pl.concat([invented.turns, turns])
        more, own = invented.contacts, (*rules.own_domains, invented.own_domain)
        rules = rules.model_copy(update={"own_domains": own})
    who = address_book.of(company, rules, more)
    return matched(company, settings, who, interactions, people, turns, is_sample)


def matched(
    company: Dataset,
    settings: Settings,
    who: AddressBook,
    interactions: pl.DataFrame,
    people: pl.DataFrame,
    turns: pl.DataFrame,
    is_invented: bool = False,
) -> Interactions:
    """Match rows of the store to accounts and deals.

    Parameters
    ----------
    company : Dataset
        Under its true names.
    settings : Settings
        For the time zone.
    who : AddressBook
    interactions, people, turns : pl.DataFrame
        As `store.interaction_records` gives them.
    is_invented : bool

    Returns
    -------
    Interactions
        A mail, meeting or call belongs to the deal it was put to, else to the deals of the account that were open that
        day and whose owner took part; where no owner did, to all open ones.
    """
    local = pl.col("occurred_at", "ended_at").dt.convert_time_zone(settings.time_zone).dt.replace_time_zone(None)
    rows = interactions.with_columns(local).rename({"occurred_at": "at", "id": "interaction_id"})
    seen = address_book.names_in_sight(people["address"].unique(maintain_order=True), who)
    parts = people.join(seen, on="address", how="left", maintain_order="left")
    outside = parts.filter(pl.col("side") == THEM)
    ours = parts.filter(pl.col("side") == US)
    with_us = ours.select("interaction_id").unique()
    # A transcript names who spoke; of us, perhaps, only by a first name. It is a call with a customer all the same.
    of_deal = rows.filter(pl.col("opportunity_id") != "").select("interaction_id", put_to="opportunity_id")
    both = outside.join(rows.select("interaction_id", "kind"), on="interaction_id").join(
        with_us.with_columns(has_us=True), on="interaction_id", how="left"
    )
    outside = both.filter(pl.col("has_us") | (pl.col("kind") != MAIL)).drop("kind", "has_us")
    outside = _put_to_deals(outside, of_deal, company.opportunities)
    accounts = outside.filter(pl.col("account_id").is_not_null())
    pairs = accounts.select("interaction_id", "account_id").unique(maintain_order=True)
    deals = _deals(pairs, rows, ours, of_deal, company.opportunities)
    reps = ours.filter(pl.col("rep_id").is_not_null()).group_by("interaction_id").agg(pl.col("rep_id").first())
    sender = parts.filter(pl.col("role") == SENDER).group_by("interaction_id").agg(from_side=pl.col("side").first())
    direction = (
        pl.when(pl.col("kind") != MAIL).then(pl.lit(BOTH)).when(pl.col("from_side") == US).then(pl.lit(OUT))
    ).otherwise(pl.lit(IN))
    touches = (
        accounts.rename({"address": "contact_id"})
        .with_columns(is_sender=pl.col("role") == SENDER)
        .join(rows.drop("opportunity_id"), on="interaction_id", maintain_order="left")
        .join(deals, on=["interaction_id", "account_id"], how="left", maintain_order="left")
        .drop("rep_id")
        .join(reps, on="interaction_id", how="left", maintain_order="left")
        .join(sender, on="interaction_id", how="left", maintain_order="left")
        .with_columns(direction=direction)
        .select(*TOUCHES)
    )
    names = accounts.group_by("address", maintain_order=True).agg(
        written=pl.col("name").filter(pl.col("name") != "").first(), **{c: pl.col(c).first() for c in _OWN}
    )
    contacts = names.select(
        contact_id="address",
        contact_name=pl.coalesce("contact_name", "written", "address"),
        title="title",
        seniority=pl.col("title").map_elements(address_book.seniority, pl.String, skip_nulls=False),
        account_id="account_id",
    )
    spoken = _spoken(turns, rows, seen, parts, deals)
    mark = f"{interactions.height} {interactions.hash_rows(seed=7).sum()} {people.hash_rows(seed=7).sum()}"
    return Interactions(
        touches,
        contacts,
        spoken,
        _unmatched(outside, rows),
        interactions.height,
        is_invented,
        bool(who.own_domains or who.reps),
        hashlib.blake2b(f"{company.fingerprint} {mark} {turns.height}".encode(), digest_size=12).hexdigest(),
    )


_OWN = ("contact_name", "title", "account_id")


def _put_to_deals(outside: pl.DataFrame, of_deal: pl.DataFrame, deals: pl.DataFrame) -> pl.DataFrame:
    """Give people whose account is not known that of the deal a call was put to by hand."""
    accounts = of_deal.join(deals.select(put_to="opportunity_id", deal_account="account_id"), on="put_to").select(
        "interaction_id", "deal_account"
    )
    joined = outside.join(accounts, on="interaction_id", how="left", maintain_order="left")
    return joined.with_columns(account_id=pl.coalesce("account_id", "deal_account")).drop("deal_account")


def _deals(
    pairs: pl.DataFrame, rows: pl.DataFrame, ours: pl.DataFrame, of_deal: pl.DataFrame, deals: pl.DataFrame
) -> pl.DataFrame:
    """Return [interaction_id, account_id, opportunity_id]: the deals each mail, meeting or call is about."""
    days = rows.select("interaction_id", on=pl.col("at").dt.date())
    reps = ours.select("interaction_id", owner_id="rep_id", took_part=pl.lit(value=True)).unique()
    columns = ("opportunity_id", "account_id", "owner_id", "created_on", "close_on", "is_closed")
    candidates = (
        pairs.join(days, on="interaction_id")
        .join(deals.select(columns), on="account_id")
        .join(reps, on=["interaction_id", "owner_id"], how="left")
        .join(of_deal, on="interaction_id", how="left")
    )
    is_put = pl.col("put_to") == pl.col("opportunity_id")
    has_begun = pl.col("created_on").is_null() | (pl.col("created_on") <= pl.col("on"))
    is_open = has_begun & (~pl.col("is_closed") | (pl.col("close_on") >= pl.col("on")))
    chosen = candidates.with_columns(
        is_put=is_put.fill_null(value=False),
        is_open=is_open.fill_null(value=False),
        took_part=pl.col("took_part").fill_null(value=False),
    )
    group = ["interaction_id", "account_id"]
    owners = (pl.col("is_open") & pl.col("took_part")).any().over(group)
    by_people = pl.col("is_open") & (pl.col("took_part") | ~owners)
    is_wanted = pl.when(pl.col("is_put").any().over(group)).then("is_put").otherwise(by_people)
    return chosen.filter(is_wanted).select(*group, "opportunity_id").unique(maintain_order=True)


def _spoken(
    turns: pl.DataFrame, rows: pl.DataFrame, seen: pl.DataFrame, parts: pl.DataFrame, deals: pl.DataFrame
) -> pl.DataFrame:
    called = parts.group_by("address").agg(called=pl.col("name").filter(pl.col("name") != "").first())
    accounts = deals.group_by("interaction_id", "opportunity_id").agg(pl.col("account_id").first())
    speakers = seen.select("address", "side", "rep_id", "contact_name")
    return (
        turns.join(rows.select("interaction_id", "at"), on="interaction_id", maintain_order="left")
        .join(speakers, left_on="speaker", right_on="address", how="left", maintain_order="left")
        .join(called, left_on="speaker", right_on="address", how="left", maintain_order="left")
        .join(accounts, on="interaction_id", maintain_order="left")
        .with_columns(side=pl.col("side").fill_null(THEM), speaker=pl.coalesce("contact_name", "called", "speaker"))
        .select(*SPOKEN)
    )


def _unmatched(outside: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    strangers = outside.filter(pl.col("account_id").is_null()).join(
        rows.select("interaction_id", "at"), on="interaction_id"
    )
    domain = pl.col("address").str.split("@").list.last()
    return (
        strangers.with_columns(domain=pl.when(pl.col("address").str.contains("@", literal=True)).then(domain))
        .with_columns(pl.col("domain").fill_null("no address"))
        .group_by("domain")
        .agg(
            n_people=pl.col("address").n_unique().cast(pl.Int64),
            n=pl.col("interaction_id").n_unique().cast(pl.Int64),
            last_at=pl.col("at").max(),
        )
        .sort("n", "domain", descending=[True, False])
        .select(*UNMATCHED)
    )


def _nameless(
    contacts: pl.DataFrame, touches: pl.DataFrame, turns: pl.DataFrame, company: Dataset, settings: Settings
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Give contacts, and customers who spoke, invented ids and names; subjects and words are hidden."""
    of_them = turns.filter(pl.col("side") == THEM)["speaker"].drop_nulls()
    plain = pl.concat([contacts["contact_id"], of_them]).unique(maintain_order=True)
    invented = masking.invented_people(plain, company, settings) if len(plain) else {}
    ids = {name: other for name, (other, _) in invented.items()}
    names = {name: called for name, (_, called) in invented.items()}
    shown_id = pl.col("contact_id").replace_strict(ids, default=None, return_dtype=pl.String)
    shown_name = pl.col("contact_id").replace_strict(names, default=None, return_dtype=pl.String)
    # A person of the contacts who speaks bears one name in both: the one of their address.
    by_name = {name: names[key] for key, name in contacts.select("contact_id", "contact_name").iter_rows()}
    speaker = pl.col("speaker").replace_strict({**names, **by_name}, default=HIDDEN, return_dtype=pl.String)
    hidden = pl.when(pl.col("text") != "").then(pl.lit(HIDDEN)).otherwise(pl.lit(""))
    subject = pl.when(pl.col("subject") != "").then(pl.lit(HIDDEN)).otherwise(pl.lit(""))
    return (
        contacts.with_columns(
            contact_id=shown_id,
            contact_name=shown_name,
            title=pl.when(pl.col("title").is_not_null()).then(pl.lit(HIDDEN)),
        ),
        touches.with_columns(contact_id=shown_id, subject=subject),
        turns.with_columns(speaker=pl.when(pl.col("side") == THEM).then(speaker).otherwise("speaker"), text=hidden),
    )


def _masked(
    touches: pl.DataFrame, contacts: pl.DataFrame, turns: pl.DataFrame, data: Dataset, settings: Settings
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Replace the ids of accounts, deals and people of ours by the invented ones of the data."""
    kinds = {"account_id": masking.ACCOUNT, "opportunity_id": masking.DEAL, "rep_id": masking.PERSON}

    def shown(frame: pl.DataFrame) -> pl.DataFrame:
        columns = [name for name in kinds if name in frame.columns]
        return frame.with_columns(
            masking.shown_ids(frame[name], kinds[name], data.company, settings).alias(name) for name in columns
        )

    team = dict(data.sales_team.unique("rep_id", keep="last").select("rep_id", "rep_name").iter_rows())
    spoken = shown(turns)
    ours = pl.col("rep_id").replace_strict(team, default=NOT_KNOWN, return_dtype=pl.String).fill_null(NOT_KNOWN)
    spoken = spoken.with_columns(speaker=pl.when(pl.col("side") == US).then(ours).otherwise("speaker"))
    return shown(touches), shown(contacts), spoken
