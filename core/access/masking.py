"""Hides who is who: companies, people and deals under invented names, the same ones every time."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import polars as pl

from core import contracts
from core.config import Settings
from core.config.pseudonyms import N_COMPANIES, N_PEOPLE, company, person
from core.contracts import RAW_FRAMES, Dataset
from core.contracts.amount_visibility import HIDDEN
from core.contracts.schemas import ALL_SCHEMAS

ACCOUNT, PERSON, DEAL = "account", "person", "deal"
IDS = {
    "account_id": ACCOUNT,
    "parent_account_id": ACCOUNT,
    "owner_id": PERSON,
    "rep_id": PERSON,
    "manager_id": PERSON,
    "opportunity_id": DEAL,
}
LETTERS = {ACCOUNT: "A", PERSON: "P", DEAL: "D"}
LINES = {
    "transaction_id": "T",
    "subscription_id": "S",
    "activity_id": "V",
    "lead_id": "L",
    "contact_id": "C",
    "touch_id": "M",
    "completion_id": "K",
    "course_id": "Q",
    "use_id": "U",
    "content_id": "N",
}
FREE_TEXT = ("next_step", "outcome", "lost_reason", "title", "status", "campaign_name", "content_kind")
MARKETING = ("leads", "campaigns", "campaign_touches")
LEARNING = {"course_completions": ("course_name", "Course"), "content_uses": ("content_name", "Document")}
MOST_KINDS_OF_TEXT = 20
KEPT_DIGITS = 2
MARK_DIGITS = 12
INVENTED = re.compile(rf"\b[APD]-[0-9a-f]{{{MARK_DIGITS}}}\b")
LEAST, MOST = 0.6, 1.6
SCALED, ROUNDED = "scaled", "rounded"
AMOUNTS = ("", ROUNDED, SCALED, HIDDEN)
DIGITS = 2


def amounts_of(settings: Settings, wanted: str = "") -> str:
    """Return what happens to money where names are hidden: what the settings say, else what a person chose.

    Parameters
    ----------
    settings : Settings
        `access.mask_amounts`: false, true (scaled), "scaled", "rounded" or "hidden".
    wanted : str
        "", "rounded", "scaled" or "hidden".

    Returns
    -------
    str
        "" for money as it is.
    """
    ruled = settings.access.mask_amounts
    return (SCALED if ruled is True else str(ruled)) if ruled else wanted


def mask(dataset: Dataset, settings: Settings, amounts: str = "") -> Dataset:
    """Return the same company with its names hidden.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
        `access.mask_key` decides who gets which name; empty: the data itself does. `access.mask_amounts` decides
        about money before `amounts` does.
    amounts : str
        "scaled": all money is multiplied by one hidden factor between 0.6 and 1.6; "rounded": every amount keeps two
        digits; "hidden": money stays here, and `view` takes it away; "" : money stays as it is.

    Returns
    -------
    Dataset
        Companies and people bear invented names and ids, none of which is a name in the data, deals the name of
        their company; free text is replaced where it says more than twenty different things, or names somebody;
        columns of your own that hold text are left out; head counts keep two digits; rejected rows are left out, for
        they are raw. Null stays null, every other number, date, stage, region and product is as it was.
    """
    key = _key(dataset, settings)
    real = _names(dataset)
    tables = [*(name for name in contracts.SCHEMAS if name not in RAW_FRAMES), *MARKETING, *LEARNING]
    frames = {name: _without_names(_plain(name, dataset.frame(name), key), real) for name in tables}
    accounts, team = frames["accounts"], frames["sales_team"]
    called = _called(accounts["account_id"], company, N_COMPANIES, real)
    frames["accounts"] = accounts.with_columns(
        account_name=pl.col("account_id").replace_strict(called, default=None, return_dtype=pl.String),
        employee_count=pl.col("employee_count").round_sig_figs(KEPT_DIGITS),
    )
    people = _called(team["rep_id"].unique(), person, N_PEOPLE, real)
    frames["sales_team"] = team.with_columns(
        rep_name=pl.col("rep_id").replace_strict(people, default=None, return_dtype=pl.String)
    )
    deals = frames["opportunities"]
    name = pl.col("account_id").replace_strict(called, default="A deal", return_dtype=pl.String)
    frames["opportunities"] = deals.with_columns(
        opportunity_name=pl.when(pl.col("opportunity_name").is_not_null())
        .then(name.fill_null("A deal") + pl.lit(" · ") + pl.col("opportunity_type"))
        .otherwise(None)
    )
    frames |= {n: _labelled(frames[n], column, word, key, real) for n, (column, word) in LEARNING.items()}
    frames["course_completions"] = _labelled(frames["course_completions"], "module_name", "Module", key, real)
    way = amounts_of(settings, amounts)
    factor = LEAST + (MOST - LEAST) * _number("money", key) / 2**64 if way == SCALED else 1.0
    money = (factor, way == ROUNDED)
    frames = {n: _changed(f, *money) for n, f in frames.items()}
    raw = {name: dataset.later(name, partial(_hidden, name, (key, real), money)) for name in RAW_FRAMES}
    leads = _renamed(frames.pop("leads"), called, real)
    out = dataset.with_frames(**frames, **raw).without_people().with_frames(leads=leads)
    mark = hashlib.blake2b(f"{key}{way}".encode(), digest_size=6).hexdigest()
    return replace(
        out,
        source=f"{dataset.source}, names masked",
        known_fingerprint=f"{dataset.fingerprint}-masked-{mark}",
        unmasked=dataset,
    )


def _renamed(leads: pl.DataFrame, accounts: dict[str, str], real: frozenset[str]) -> pl.DataFrame:
    """Return leads under invented names; one that became an account is of the company this is called."""
    people = _called(leads["lead_id"], person, N_PEOPLE, real)
    of_account = pl.col("account_id").replace_strict(accounts, default=None, return_dtype=pl.String)
    own = pl.format("Company of {}", pl.col("lead_id"))
    return leads.with_columns(
        lead_name=pl.col("lead_id").replace_strict(people, default=None, return_dtype=pl.String),
        company=pl.when(pl.col("company").is_not_null()).then(pl.coalesce(of_account, own)),
        employee_count=pl.col("employee_count").round_sig_figs(KEPT_DIGITS),
    )


def _labelled(frame: pl.DataFrame, column: str, word: str, key: str, real: frozenset[str]) -> pl.DataFrame:
    """Return courses or documents under a label of their own, where names say more than twenty things or name somebody.

    Each keeps apart from the others, for what is told of it is told one by one.
    """
    names = frame[column].unique().drop_nulls().to_list()
    is_wordy = len(names) > MOST_KINDS_OF_TEXT
    hidden = [name for name in names if is_wordy or any(person_or_firm in name.lower() for person_or_firm in real)]
    labels = [f"{word} {_number(f'{word}{name}', key) >> 40:06x}" for name in hidden]
    return frame.with_columns(pl.col(column).replace(hidden, labels)) if hidden else frame


def person_id(rep_id: str, dataset: Dataset, settings: Settings) -> str:
    """Return the invented id of a person.

    Parameters
    ----------
    rep_id : str
    dataset : Dataset
        The one that is masked.
    settings : Settings
    """
    return str(_pseudonym(pl.Series([rep_id]), LETTERS[PERSON], _key(dataset, settings))[0])


def shown_ids(ids: pl.Series, kind: str, dataset: Dataset, settings: Settings) -> pl.Series:
    """Return the invented ids of deals, accounts or people.

    Parameters
    ----------
    ids : pl.Series
    kind : str
        `ACCOUNT`, `PERSON` or `DEAL`.
    dataset : Dataset
        The one that is masked.
    settings : Settings
    """
    return _pseudonym(ids, LETTERS[kind], _key(dataset, settings))


def invented_people(ids: pl.Series, dataset: Dataset, settings: Settings) -> dict[str, tuple[str, str]]:
    """Return the invented id and name of people who stand in no table of the data, as who wrote mails.

    Parameters
    ----------
    ids : pl.Series
        What they are known by, such as mail addresses; no nulls.
    dataset : Dataset
        The one that is masked.
    settings : Settings

    Returns
    -------
    dict
        Each to an id and a name that is nobody's of the company.
    """
    shown = _pseudonym(ids.unique(), LETTERS[PERSON], _key(dataset, settings))
    names = _called(shown, person, N_PEOPLE, _names(dataset))
    return {plain: (other, names[other]) for plain, other in zip(ids.unique(), shown, strict=True)}


def plain_text(text: str, company_data: Dataset, settings: Settings) -> str:
    """Return a value of an address with the invented ids in it replaced by the true ones.

    Parameters
    ----------
    text : str
    company_data : Dataset
        Under its true names.
    settings : Settings
    """
    asked = set(INVENTED.findall(text))
    if not asked:
        return text
    key = _key(company_data, settings)
    true_ids = (
        (LETTERS[ACCOUNT], company_data.accounts["account_id"]),
        (LETTERS[PERSON], company_data.sales_team["rep_id"]),
        (LETTERS[DEAL], company_data.opportunities["opportunity_id"]),
    )
    for letter, ids in true_ids:
        if any(name.startswith(letter) for name in asked):
            different = ids.unique().drop_nulls().to_list()
            for invented, plain_id in zip(_invented(different, letter, key), different, strict=True):
                text = text.replace(invented, plain_id)
    return text


def _key(dataset: Dataset, settings: Settings) -> str:
    return settings.access.mask_key or dataset.fingerprint


def _changed(frame: pl.DataFrame, factor: float, is_rounded: bool) -> pl.DataFrame:
    money = [c for c in frame.columns if c == "amount" or c.endswith("_amount")]
    if is_rounded:
        return frame.with_columns(pl.col(money).cast(pl.Float64).round_sig_figs(DIGITS))
    return frame if factor == 1 else frame.with_columns(pl.col(money) * factor)


def _hidden(
    entity: str, secret: tuple[str, frozenset[str]], money: tuple[float, bool], rows: pl.LazyFrame
) -> pl.LazyFrame:
    key, real = secret
    return _changed(_without_names(_plain(entity, rows.collect(), key), real), *money).lazy()


def _names(dataset: Dataset) -> frozenset[str]:
    """Return every name of a company or a person in the data, in lower case."""
    columns = (dataset.accounts["account_name"], dataset.sales_team["rep_name"])
    return frozenset(name for column in columns for name in column.drop_nulls().str.to_lowercase().unique())


def _plain(entity: str, frame: pl.DataFrame, key: str) -> pl.DataFrame:
    """Replace ids and free text, and leave out text columns the contract does not know."""
    contract_columns = set(ALL_SCHEMAS[entity].column_names())
    own = [c for c in frame.columns if c not in contract_columns and not frame.schema[c].is_numeric()]
    out = frame.drop(own)
    ids = {c: LETTERS[IDS[c]] for c in out.columns if c in IDS} | {c: LINES[c] for c in out.columns if c in LINES}
    changes = [_pseudonym(out[c], letter, key).alias(c) for c, letter in ids.items()]
    wordy = [c for c in FREE_TEXT if c in out.columns and out[c].n_unique() > MOST_KINDS_OF_TEXT]
    hidden = [pl.when(pl.col(c).is_not_null()).then(pl.lit("Hidden")).alias(c) for c in wordy]
    return out.with_columns(*changes, *hidden)


def _without_names(frame: pl.DataFrame, real: frozenset[str]) -> pl.DataFrame:
    """Replace what free text of few kinds says where it names a company or a person of the data."""
    out = frame
    for column in (name for name in FREE_TEXT if name in frame.columns):
        kinds = frame[column].drop_nulls().unique()
        naming = kinds.filter(pl.Series([any(n in kind.lower() for n in real) for kind in kinds], dtype=pl.Boolean))
        if len(naming):
            hidden = pl.when(pl.col(column).is_in(naming.implode())).then(pl.lit("Hidden")).otherwise(pl.col(column))
            out = out.with_columns(hidden.alias(column))
    return out


def _pseudonym(ids: pl.Series, letter: str, key: str) -> pl.Series:
    """Replace ids by twelve hexadecimal digits that only the key leads to."""
    different = ids.unique().drop_nulls()
    new = _invented(different.to_list(), letter, key)
    return ids.replace_strict(different, new, return_dtype=pl.String) if new else ids


def _invented(plain_ids: Sequence[str], letter: str, key: str) -> list[str]:
    """Return an invented id for each; what the key and the letter do to a hash is worked out once for all."""
    begun, start = _begun(key), f"{letter}-"
    begun.update(letter.encode())
    out = []
    for plain_id in plain_ids:
        mark = begun.copy()
        mark.update(plain_id.encode())
        out.append(start + mark.hexdigest()[:MARK_DIGITS])
    return out


def _number(text: str, key: str) -> int:
    mark = _begun(key)
    mark.update(text.encode())
    return int.from_bytes(mark.digest(), "big")


def _begun(key: str) -> hashlib.blake2b:
    seed = hashlib.blake2b(key.encode(), digest_size=32).digest()
    return hashlib.blake2b(key=seed, digest_size=8)


def _called(ids: pl.Series, name: Callable[[int], str], stock: int, real: frozenset[str]) -> dict[str, str]:
    """Give each id a name of its own, its hash's or the next free one; none of a real company or person."""
    names: list[str] = []
    n_free = 0
    while not names or n_free < 2 * len(ids):
        more = [name(slot) for slot in range(len(names), len(names) + stock)]
        n_free += sum(invented.lower() not in real for invented in more)
        names += more
    room = len(names)
    taken: set[int] = set()
    out = {}
    for plain_id in sorted(ids.drop_nulls().to_list()):
        slot = int(plain_id.rpartition("-")[2], 16) % room
        while slot in taken or names[slot].lower() in real:
            slot = (slot + 1) % room
        taken.add(slot)
        out[plain_id] = names[slot]
    return out
