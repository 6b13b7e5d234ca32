"""How a system is asked, as YAML says it: signing in, pages, records, what has changed, what was deleted, histories."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from core.contracts.errors import SourceError, closest
from core.contracts.yaml_text import shipped_yaml
from core.sealing.secret_values import SECRET

VENDORS = Path(__file__).with_name("vendors")
PASSWORD = re.compile(r"[^:/]+://[^:/@]*:(.*)@")
VALUE = re.compile(r"(?<!\$)\{(\w+)(?::\w+)?\}")
Kind = Literal["text", "number", "boolean"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Auth(_Part):
    """How requests are signed. Every secret is the name of one, `${NAME}`, never the secret itself.

    Attributes
    ----------
    kind : str
        "token" puts `token` into a header, "basic" sends user and password, "oauth" fetches a token that expires.
    header, prefix : str
        Where a token goes: `Authorization: Bearer …` unless said otherwise.
    grant : str
        Of OAuth 2.0: "client_credentials", or "refresh_token" for what a person has agreed to in the browser.
    """

    kind: Literal["none", "token", "basic", "oauth"] = "none"
    token: str = ""
    header: str = "Authorization"
    prefix: str = "Bearer "
    user: str = ""
    password: str = ""
    grant: Literal["client_credentials", "refresh_token"] = "client_credentials"
    token_url: str = ""
    authorize_url: str = ""
    client_id: str = ""
    client_secret: str = ""
    refresh_token: str = ""
    scope: str = ""

    @field_validator("token", "password", "client_secret", "refresh_token")
    @classmethod
    def _named(cls, value: str) -> str:
        if value and not SECRET.fullmatch(value):
            # The value itself may be a secret, so the message does not repeat it.
            raise ValueError("must name a secret as ${NAME}: secrets do not stand in this file")
        return value


class Pages(_Part):
    """How the next page is asked for.

    Attributes
    ----------
    kind : str
        "single": there is none. "link": `at` holds the address of the next. "header": the Link header does. "cursor":
        `at` holds a value for `param`. "number" and "offset" count pages or rows of `size`.
    at : str
        Path in the answer.
    more : str
        Path of a flag that says whether another page follows; without one, a page shorter than `size` is the last.
    is_in_body : bool
        Whether `param` belongs into the body.
    delta : str
        Path of a link that, asked later, gives what has changed since; stands on the last page.
    """

    kind: Literal["single", "link", "header", "cursor", "number", "offset"] = "single"
    at: str = ""
    param: str = ""
    more: str = ""
    start: int = 0
    size: int = 0
    is_in_body: bool = False
    delta: str = ""


class Request(_Part):
    """One request and its pages.

    Attributes
    ----------
    path : str
        Below `base`, or a whole address. Here and below, {since}, {fields} and the connector's values are filled in.
    records : str
        Path of the list of records in the answer; empty where the answer is the list.
    is_ordered : bool
        Whether records come by rising stamp, so that what a page brought need not be asked for again.
    is_restarted : bool
        Whether a new window begins at the last stamp after each page: for systems that page by position, where a row
        changed meanwhile would push another one out of sight, or that end a list after so many rows.
    """

    method: Literal["GET", "POST"] = "GET"
    path: str
    query: dict[str, Any] = Field(default_factory=dict)
    body: dict[str, Any] | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    records: str = ""
    pages: Pages = Pages()
    is_ordered: bool = False
    is_restarted: bool = False


class Changes(_Part):
    """Where a record, or a list of records beside it, tells what a deal's fields were.

    Attributes
    ----------
    of : str
        Path of the deal's id; empty where the record is the deal.
    lists : str
        Path of a mapping of field name to list of values with their times.
    field, value, old : str
        Paths, where each record is one changed field.
    states : bool
        Whether each record holds the tracked fields as they were after a change.
    time : str
        Path of the time it counts from.
    pattern : str
        What a value must look like, as a regular expression; others are passed over.
    """

    of: str = ""
    lists: str = ""
    field: str = ""
    value: str = "value"
    old: str = ""
    states: bool = False
    time: str = "timestamp"
    pattern: str = ""


class Detail(Request):
    """What is asked for the rows of a page, by their ids: associations, values of earlier days.

    Attributes
    ----------
    batch : int
        So many ids in one request.
    id : str
        Path of the row's id in a record of the answer; empty where one row is asked for at a time.
    columns : mapping
        Column of the row -> path in that record.
    """

    batch: int = Field(default=1, ge=1)
    id: str = ""
    columns: dict[str, str] = Field(default_factory=dict)
    changes: Changes | None = None
    only_changed: bool = False


class Spread(_Part):
    """Where the rows lie in a list inside each record; `columns` puts values of the record beside them."""

    records: str
    columns: dict[str, str] = Field(default_factory=dict)


class Readable(Request):
    """Where the system lists the fields this sign-in may read: only those are asked for."""

    name: str = "name"
    type: str = "type"
    custom: str = ""


class Deletes(Request):
    """Where deleted rows are listed."""

    id: str = "id"
    at: str = ""


class Table(_Part):
    """One kind of record of a system.

    Attributes
    ----------
    table : str
        Name of the file its rows are put into; empty where they only tell a history.
    id, modified, created : str
        Paths in a record; without `modified` the whole list is read every time, and what is gone counts as deleted.
    take : str
        Path of the part of a record that holds its columns; empty for the whole record.
    columns : mapping
        Column -> path; empty where everything is taken as it comes, so that new fields become new columns.
    fields : sequence of str
        Names for {fields}.
    kinds : mapping
        Column -> "number" or "boolean", where the system writes them as text.
    deleted_when, open_when : mapping
        Column -> value that says so.
    removed, removed_id : str
        In an answer of changes: the path that only a deleted record has, and that of its id.
    bulk : str
        The query for the first reading of a table with very many rows, in Salesforce's Bulk API 2.0.
    track : mapping
        Column -> stage, amount, close_on, owner_id or forecast_category: what is kept as history.
    history_of : str
        The table whose history these records tell.
    query : str
        Of a database: schema.table, or a query that begins with select.
    """

    table: str = ""
    id: str = "id"
    modified: str = ""
    created: str = ""
    take: str = ""
    columns: dict[str, str] = Field(default_factory=dict)
    fields: tuple[str, ...] = ()
    kinds: dict[str, Kind] = Field(default_factory=dict)
    readable: Readable | None = None
    request: Request = Request(path="")
    query: str = ""
    spread: Spread | None = None
    changed: Request | None = None
    bulk: str = ""
    deletes: tuple[Deletes, ...] = ()
    details: tuple[Detail, ...] = ()
    deleted_when: dict[str, Any] = Field(default_factory=dict)
    removed: str = ""
    removed_id: str = ""
    open_when: dict[str, Any] = Field(default_factory=dict)
    track: dict[str, str] = Field(default_factory=dict)
    changes: Changes | None = None
    history_of: str = ""
    is_optional: bool = False


class WriteRequest(_Part):
    """How new values are sent."""

    method: Literal["PATCH", "PUT", "POST"] = "PATCH"
    path: str


class Writes(_Part):
    """What may be written back to a deal, and how.

    Attributes
    ----------
    request : Request
        Sends new values; {id} is the deal's.
    within : str
        The key of the body that holds them; empty where the body does.
    read : Request
        Gives a deal's present values.
    take : str
        Path of the part of that answer that holds them.
    columns : mapping
        next_step, close_on, forecast_category, amount -> the system's name of it.
    words : mapping
        Of the forecast category: our word -> the system's.
    is_text : bool
        Whether every value is a text, and a date a time of day too.
    """

    request: WriteRequest
    within: str = ""
    read: Request
    take: str = ""
    columns: dict[str, str]
    words: dict[str, str] = Field(default_factory=dict)
    is_text: bool = False


class Connector(_Part):
    """A system and how it is asked.

    Attributes
    ----------
    vendor : str
        The shipped description this one builds on; empty for a system described here.
    base : str
        The address paths lie below.
    database : str
        The connection URL of a database instead, its password as the name of a secret.
    stamps : str
        "time", or "number" for systems that count their changes.
    overlap : float
        So many minutes (or counts) before the last stamp are read again: what was saved late is not missed.
    every_minutes : int
        How often `sync --due` asks; 0 for never.
    patience_seconds : float
        The longest wait a system may ask for before the run ends and says so.
    writes : Writes, optional
        What may be written back to a deal.
    """

    name: str
    vendor: str = ""
    base: str = ""
    database: str = ""
    auth: Auth = Auth()
    values: dict[str, str] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict)
    stamps: Literal["time", "number"] = "time"
    overlap: float = Field(default=10, ge=0)
    every_minutes: int = Field(default=60, ge=0)
    patience_seconds: float = Field(default=300, ge=0)
    attempts: int = Field(default=6, ge=1)
    tables: dict[str, Table]
    writes: Writes | None = None

    @model_validator(mode="after")
    def _addressed(self) -> Connector:
        if bool(self.base) == bool(self.database):
            raise ValueError("needs either base or database")
        for name, entry in self.tables.items():
            if not (entry.query if self.database else entry.request.path):
                raise ValueError(f"the table {name} needs {'a query' if self.database else 'a request with a path'}")
        return self

    @field_validator("database")
    @classmethod
    def _without_password(cls, value: str) -> str:
        password = PASSWORD.match(value)
        if password and not SECRET.fullmatch(password[1]):
            raise ValueError("must name its password as ${NAME}: secrets do not stand in this file")
        return value


def parse(text: str | bytes, name: str, where: str = "") -> Connector:
    """Return a connector from its YAML.

    Parameters
    ----------
    text : str or bytes
        With `vendor`, only what differs from the shipped description: `values`, `auth`, tables.
    name : str
        What it is to be called.
    where : str
        The file, for messages.

    Raises
    ------
    SourceError
        When the YAML is none, a name in it is misspelt, or a secret stands in it.
    """
    content = _mapping(text, where)
    vendor = str(content.get("vendor", ""))
    if vendor:
        content = merged(_shipped(vendor, where), content)
    try:
        return Connector(**{**content, "name": name})
    except ValidationError as error:
        slip = _sentence(error)
    # Raised out here, so that the values, one of which may be a secret, do not follow as its context.
    raise SourceError(slip, where or name, "See docs/connectors.md for what can stand there.")


def vendors() -> list[str]:
    """Return the names of the systems whose description is shipped."""
    return sorted(path.stem for path in VENDORS.glob("*.yaml"))


def secret_names(connector: Connector) -> set[str]:
    """Return the names of the secrets a connector needs."""
    auth = connector.auth
    used = {
        "none": (),
        "token": (auth.token,),
        "basic": (auth.user, auth.password),
        "oauth": (
            auth.client_id,
            auth.client_secret,
            *((auth.refresh_token,) if auth.grant == "refresh_token" else ()),
        ),
    }
    return {match[2:-1] for text in (*used[auth.kind], connector.database) for match in SECRET.findall(text)}


def missing_values(connector: Connector) -> list[str]:
    """Return the names of values that addresses need and nobody set: a domain, for example."""
    auth = connector.auth
    addresses = [connector.base]
    if auth.kind == "oauth":
        addresses += [auth.token_url, auth.authorize_url, auth.scope]
    names = [name for text in addresses for name in VALUE.findall(text)]
    return [name for name in dict.fromkeys(names) if not connector.values.get(name)]


def merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mapping with another's values put over it, mapping by mapping; a null takes an entry out.

    Examples
    --------
    >>> merged({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"c": 5}, "d": None})
    {'a': {'b': 1, 'c': 5}}
    """
    out = dict(base)
    for key, value in own.items():
        if value is None:
            out.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(out.get(key), Mapping):
            out[key] = merged(out[key], value)
        else:
            out[key] = value
    return out


def _mapping(text: str | bytes, where: str) -> dict[str, Any]:
    try:
        content = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise SourceError("The connector is not valid YAML.", where, "Check its indents and quotes.") from error
    if not isinstance(content, dict):
        raise SourceError("A connector must hold names and values.", where, "Write vendor: hubspot, for example.")
    return content


def _shipped(vendor: str, where: str) -> dict[str, Any]:
    path = VENDORS / f"{vendor}.yaml"
    if vendor not in vendors():
        near = closest(vendor, vendors())
        mend = f"Did you mean {near!r}?" if near else f"There are: {', '.join(vendors())}."
        raise SourceError(f"There is no description of {vendor!r}.", where, mend)
    content: dict[str, Any] = shipped_yaml(path)
    return content


def _sentence(error: ValidationError) -> str:
    """Say what is wrong without repeating any value, for a value may be a secret."""
    slips = [
        f"{'.'.join(map(str, slip['loc']))}: {slip['msg'].removeprefix('Value error, ')}" for slip in error.errors()
    ]
    return f"The connector cannot be used: {'; '.join(slips[:3])}."
