"""Connected systems on the Data page: how current each is, a sync at once, another system, and the sign-in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import polars as pl
import streamlit as st
import yaml

from core.artifacts.listing import age_text
from core.contracts.errors import AccessError, QuarterdeckError, SourceError
from core.localization import message
from core.sealing.secret_values import Secrets
from core.sources.connectors import connector_files, consent, declaration, sync_request, sync_run
from core.sources.connectors.sync_run import Freshness
from pages.ui.kit import cache, notices
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page

QUESTION = "Connected systems"
DONE, FAILED = "connector_done", "connector_failed"
DATABASE, OTHER = "A database", "Any other REST API"
DEAL_COLUMNS = ("stage", "amount", "close_on", "owner_id", "forecast_category")
TITLES = {
    "dynamics": "Dynamics 365",
    "hubspot": "HubSpot",
    "pipedrive": "Pipedrive",
    "salesforce": "Salesforce",
    "zoho": "Zoho CRM",
}
COLUMNS = {
    "name": st.column_config.TextColumn("Connector", width="small"),
    "system": st.column_config.TextColumn("System", width="small"),
    "state": st.column_config.TextColumn("State", width="medium"),
    "synced_at": st.column_config.DatetimeColumn("Last sync, UTC", format="D MMM YYYY, HH:mm", width="small"),
    "n_changed": st.column_config.NumberColumn("Changed", format="localized", width="small"),
    "n_deleted": st.column_config.NumberColumn("Deleted", format="localized", width="small"),
    "due_at": st.column_config.DatetimeColumn("Due, UTC", format="D MMM YYYY, HH:mm", width="small"),
}


def now() -> datetime:
    """Return the present time in UTC."""
    return datetime.now(UTC)


def panel(page: Page, c: Cell) -> None:
    """List the connectors, and let them be synced, added and signed in to."""
    _answered(page)
    entries = sync_run.freshness(cache.settings(), now)
    c.answer(_sentence(entries))
    notices.tell(DONE, FAILED)
    if entries:
        _watched(page, c, entries)
    if page.may("data:write"):
        with st.expander("Connect a system", key="connect_system"):
            _form(page)
    else:
        st.caption("Systems are connected and synced by whoever holds the right data:write.")


def _sentence(entries: list[Freshness]) -> str:
    if not entries:
        return "No system is connected yet: exports are read as files, or a system is asked for what has changed."
    number = "One system is" if len(entries) == 1 else message("{n_entries} systems are", n_entries=len(entries))
    last = max((e.last.started_at for e in entries if e.last), default=None)
    synced = (
        message("the last sync was {ago}", ago=age_text(last.isoformat(), now())) if last else "none was synced yet"
    )
    failing = [e.name for e in entries if e.last and e.last.message]
    return message("{number} connected; {synced}.", number=number, synced=synced) + (
        message(" The last sync of {failing} failed.", failing=", ".join(failing)) if failing else ""
    )


def _watched(page: Page, c: Cell, entries: list[Freshness]) -> None:
    """Show the connectors, and look again every few seconds while one is being synced."""
    is_busy = any(_is_busy(page, entry) for entry in entries)

    @st.fragment(run_every=2 if is_busy else None)
    def watch() -> None:
        current = sync_run.freshness(cache.settings(), now)
        if is_busy and not any(_is_busy(page, entry) for entry in current):
            st.rerun(scope="app")
        c.table(_frame(page, current), column_config=COLUMNS, height=min(38 + 36 * len(current), 260))

    watch()
    if page.may("data:write"):
        _buttons(page, entries)  # Outside: pressed in there, a button would run this part alone, as it was set up.


def _is_busy(page: Page, entry: Freshness) -> bool:
    """Say whether a sync runs, or waits for a worker."""
    return entry.running or cache.store(page.settings.database).jobs.active(sync_request.KIND, entry.name) is not None


def _frame(page: Page, entries: list[Freshness]) -> pl.DataFrame:
    rows = []
    for entry in entries:
        last = entry.last
        begun = last.started_at.replace(tzinfo=None) if last else None
        due = entry.due_at.replace(tzinfo=None) if entry.due_at else None
        counts = (last.n_changed, last.n_deleted) if last else (None, None)
        rows.append((entry.name, TITLES.get(entry.vendor, entry.vendor), _state(page, entry), begun, *counts, due))
    moment = pl.Datetime("us")
    kinds = (pl.String, pl.String, pl.String, moment, pl.Int64, pl.Int64, moment)
    return pl.DataFrame(rows, schema=dict(zip(COLUMNS, kinds, strict=True)), orient="row")


def _state(page: Page, entry: Freshness) -> str:
    if _is_busy(page, entry):
        return "syncing"
    if entry.last is None:
        return "never synced"
    return entry.last.message or "up to date"


def _buttons(page: Page, entries: list[Freshness]) -> None:
    by_name = {entry.name: entry for entry in entries}
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        name = st.selectbox("Connector", list(by_name), key="connector_chosen")
        st.button(
            "Sync now",
            on_click=_start,
            args=(page, name),
            key="connector_sync",
            icon=":material/sync:",
            disabled=_is_busy(page, by_name[name]),
        )
        auth = connector_files.connector(cache.settings(), name).auth
        if auth.kind == "oauth" and auth.grant == "refresh_token":
            st.button("Sign in there", on_click=_ask, args=(page, name), key="connector_ask", icon=":material/key:")
    if address := st.session_state.pop("connector_address", ""):
        st.link_button(message("Agree that {name} is read", name=name), address, icon=":material/open_in_new:")


def _form(page: Page) -> None:
    """Ask which system, where it is, and say which secrets it needs."""
    vendor = st.selectbox(
        "System",
        [*declaration.vendors(), DATABASE, OTHER],
        format_func=lambda v: TITLES.get(v, v),
        key="connect_vendor",
    )
    asked = {OTHER: _described, DATABASE: _database}
    content = asked[vendor]() if vendor in asked else {"vendor": vendor, **_by_consent(vendor)}
    if not content:
        return
    name = st.text_input("Name", TITLES.get(vendor, ""), key=f"connect_name-{vendor}")
    try:
        parsed = declaration.parse(yaml.safe_dump(content), name or "new")
    except SourceError as error:
        st.error(escaped(error), icon=":material/error:")
        return
    values = {
        key: st.text_input(key.capitalize(), key=f"connect-{vendor}-{key}")
        for key in declaration.missing_values(parsed)
    }
    keys = Secrets(connector_files.folder_of(cache.settings()))
    states = [
        f"{secret} ({'set' if keys.has(secret) else 'missing'})" for secret in sorted(declaration.secret_names(parsed))
    ]
    if states:
        st.caption(
            escaped(
                message(
                    "Its secrets come from the environment, secrets.yaml or the keyring: {states}.",
                    states=", ".join(states),
                )
            )
        )
    whole = {**content, "values": {**content.get("values", {}), **values}}
    st.button(
        "Connect",
        on_click=_connect,
        args=(page, name, whole),
        key="connect_add",
        icon=":material/add_link:",
        disabled=not name or not all(values.values()),
    )


def _by_consent(vendor: str) -> dict[str, object]:
    """Ask how the system is signed in to, where it can be done in two ways."""
    auth = declaration.parse(f"vendor: {vendor}", vendor).auth
    if not auth.authorize_url:
        return {}
    ways = {
        "By keys of the system": {},
        "By somebody's consent in the browser": {"kind": "oauth", "grant": "refresh_token"},
    }
    usual = 1 if auth.grant == "refresh_token" and auth.kind == "oauth" else 0
    way = st.radio("Sign-in", list(ways)[usual:], key=f"connect_way-{vendor}", horizontal=True)
    return {"auth": ways[way]} if ways[way] else {}


def _database() -> dict[str, object]:
    """Ask for a connection URL, and which tables or queries are read."""
    url = st.text_input(
        "Connection URL",
        placeholder="postgresql://reader:${CRM_PASSWORD}@host/crm",
        key="connect_url",
        help="PostgreSQL, MySQL, DuckDB, Snowflake, BigQuery, Redshift, Databricks. The password is a secret's name.",
    )
    deals = st.text_input("Deals: a table or a query", placeholder="crm.deals", key="connect_deals")
    left, right = st.columns(2)
    key = left.text_input("Column of the deal's id", "id", key="connect_id")
    modified = right.text_input("Column that says when it was changed; empty for none", key="connect_modified")
    others = st.text_area(
        "Other tables, one a line",
        placeholder="accounts = crm.accounts",
        key="connect_others",
        help="name = table or query",
    )
    if not url or not deals or not key:
        return {}
    tables: dict[str, object] = {
        "opportunities": {
            "table": "opportunities",
            "query": deals,
            "id": key,
            "modified": modified,
            "track": {column: column for column in DEAL_COLUMNS},
        }
    }
    for line in others.splitlines():
        name, sign, query = line.partition("=")
        if sign and name.strip() and query.strip():
            tables[name.strip()] = {"table": name.strip(), "query": query.strip(), "id": "id"}
    return {"database": url, "tables": tables}


def _described() -> dict[str, object]:
    upload = st.file_uploader("Its description (YAML)", type=["yaml", "yml"], key="connect_file")
    if upload is None:
        return {}
    try:
        content = yaml.safe_load(upload.getvalue())
    except (yaml.YAMLError, UnicodeDecodeError):
        content = None
    if not isinstance(content, dict):
        st.error("The description is not valid YAML.", icon=":material/error:")
        return {}
    return content


def _done(page: Page, action: Callable[[], str]) -> None:
    try:
        if not page.may("data:write"):
            raise AccessError("Your role reads data and changes nothing there.", mend="Ask an administrator.")
        st.session_state[DONE] = action()
    except QuarterdeckError as error:
        st.session_state[FAILED] = str(error)


def _audited(page: Page, action: str, name: str) -> None:
    cache.store(page.settings.database).audit.add(page.identity.user, action, f"connector {name}")


def _start(page: Page, name: str) -> None:
    def started() -> str:
        sync_request.ask(cache.settings(), name, page.identity.user)
        _audited(page, "sync", name)
        return message("{name} is being synced.", name=name)

    _done(page, started)


def _connect(page: Page, name: str, content: dict[str, object]) -> None:
    def connected() -> str:
        if name in connector_files.names(cache.settings()):
            raise SourceError(
                message("There is a connector called {name!r} already.", name=name), mend="Choose another name."
            )
        connector_files.add(cache.settings(), name, content)
        _audited(page, "connect", name)
        return message("{name} is connected. Sync it to see what it holds.", name=name)

    _done(page, connected)


def _ask(page: Page, name: str) -> None:
    def asked() -> str:
        address = consent.ask(cache.settings(), name, page.identity.user, _redirect(), now)
        st.session_state["connector_address"] = address
        return "Follow the link; the system leads back to this page."

    _done(page, asked)


def _redirect() -> str:
    """Return the address of this page without what follows its path."""
    return str(st.context.url or "").partition("?")[0]


def _answered(page: Page) -> None:
    """Take over what a system led back with after somebody agreed there."""
    code, state = st.query_params.get("code", ""), st.query_params.get("state", "")
    if not code or not state:
        return
    for key in ("code", "state"):
        st.query_params.pop(key, None)

    def agreed() -> str:
        name = consent.finish(cache.settings(), state, code, page.identity.user, now)
        _audited(page, "consent", name)
        return message("{name} may be read from now on.", name=name)

    _done(page, agreed)
