"""When somebody is told, and by which ways: quiet hours, a rhythm, mail servers, channels and webhooks."""

from __future__ import annotations

from zoneinfo import available_timezones

import polars as pl
import streamlit as st

from core.alerts import delivering, desk
from core.alerts.quiet_hours import AT_ONCE, DAILY, WEEKLY, Habits
from core.alerts.sending.mail import mail_head
from core.alerts.ways import APPRISE, COMPANY, EVENTS, KINDS, MAIL, SLACK, TEAMS, WEBHOOK, Way
from core.contracts.errors import AccessError, ConfigError
from core.localization import message
from core.metrics import counted
from pages.ui.alerts import told_list
from pages.ui.kit import cache
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page

RHYTHMS = {AT_ONCE: "At once", DAILY: "Once a day, together", WEEKLY: "Once a week, on Monday, together"}
COLUMNS = {
    "name": st.column_config.TextColumn("Way", width="medium"),
    "kind": st.column_config.TextColumn("Kind", width="small"),
    "where": st.column_config.TextColumn("To", width="medium"),
    "whose": st.column_config.TextColumn("Whose", width="small"),
    "names": st.column_config.TextColumn("Names", width="small"),
}
TARGETS = {MAIL: "Server, as host:587", SLACK: "Channel, for a bot's token alone", WEBHOOK: "Address"}
SECRETS = {
    MAIL: "Password",
    SLACK: "Address of the incoming webhook, or a bot's token",
    TEAMS: "Address of the workflow",
    WEBHOOK: "Signing secret; empty for a new one",
    APPRISE: "Address as Apprise writes it",
}
SHOWN_ONCE = "alert_way_secret"


def habits(page: Page, c: Cell) -> None:
    """Ask for quiet hours, time zone and rhythm, and save them."""
    store = cache.store(page.settings.database)
    own = desk.habits(store, page.identity.user)
    zone = own.zone or page.settings.time_zone
    rhythm = RHYTHMS[own.rhythm].lower()
    c.answer(
        message(
            "Messages come {rhythm}; nothing arrives from {quiet_from}:00 to {quiet_to}:00, {zone}.",
            rhythm=rhythm,
            quiet_from=own.quiet_from,
            quiet_to=own.quiet_to,
            zone=zone,
        )
    )
    with st.form("alert_habits", border=False):
        zones = sorted(available_timezones())
        given = {
            "zone": st.selectbox("Time zone", zones, index=zones.index(zone) if zone in zones else 0),
            "rhythm": st.selectbox(
                "Messages come", list(RHYTHMS), list(RHYTHMS).index(own.rhythm), RHYTHMS.__getitem__
            ),
        }
        left, middle, right = st.columns(3)
        given |= {
            "quiet_from": left.number_input("Quiet from, hour", 0, 23, own.quiet_from),
            "quiet_to": middle.number_input("Quiet until, hour", 0, 23, own.quiet_to),
            "hour": right.number_input("Together at, hour", 0, 23, own.hour),
            "is_weekend_quiet": st.checkbox("Nothing on weekends", own.is_weekend_quiet),
            "wants_summary": st.checkbox("The weekly summary by mail, on Monday", own.wants_summary),
            "is_mail_off": st.checkbox("No mail from alerts", own.is_mail_off),
        }
        if st.form_submit_button("Save", icon=":material/save:"):
            user = page.identity.user
            told_list.attempt(lambda: desk.save_habits(store, user, Habits(**given)), "Saved.")
            st.rerun()


def show(page: Page, c: Cell) -> None:
    """List the ways, try one out, and let one be set up and deleted."""
    store, is_admin = cache.store(page.settings.database), page.may("admin:write")
    ways = desk.ways(store, page.identity.user, is_admin)
    c.answer(
        message("Messages can go {ways}.", ways=counted(len(ways), "way"))
        if ways
        else "No way is set up: alerts are shown on this page alone."
    )
    if secret := st.session_state.pop(SHOWN_ONCE, ""):
        st.success("Copy the signing secret now; it is not shown again.", icon=":material/key:")
        st.code(secret, language=None)
    if ways:
        rows = [
            (
                w.name,
                KINDS[w.kind],
                w.where,
                "everybody's" if w.owner == COMPANY else "yours",
                "hidden" if w.is_masked else "shown",
            )
            for w in ways
        ]
        c.table(pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String), orient="row"), column_config=COLUMNS)
        _buttons(page, ways, is_admin)
    if page.view.is_masked:
        return
    with st.expander("Set up a way", icon=":material/add_link:"):
        _form(page, is_admin)
    if is_admin:
        _site(page)


def _buttons(page: Page, ways: list[Way], is_admin: bool) -> None:
    by_id = {way.id: way for way in ways}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.selectbox("One of the ways", list(by_id), format_func=lambda n: by_id[n].name, key="alert_way")
        st.button("Test", on_click=_test, args=(page, number, is_admin), key="alert_way_test", icon=":material/send:")
        if is_admin or by_id[number].owner != COMPANY:
            args = (page, by_id[number], is_admin)
            st.button("Delete way", on_click=_delete, args=args, key="alert_way_delete", icon=":material/delete:")


def _test(page: Page, number: int, is_admin: bool) -> None:
    store, user = cache.store(page.settings.database), page.identity.user

    def tried() -> None:
        row = desk.try_out(store, user, number, told_list.now(), is_admin, mail_head(page.settings))
        if row.state != "sent":
            raise AccessError("The test message did not arrive.", mend=row.error)

    told_list.attempt(tried, "The test message was sent.")


def _delete(page: Page, way: Way, is_admin: bool) -> None:
    store, user = cache.store(page.settings.database), page.identity.user
    told_list.attempt(
        lambda: desk.delete_way(store, user, way.id, is_admin), message("{name} is deleted.", name=way.name)
    )


def _form(page: Page, is_admin: bool) -> None:
    kinds = [kind for kind in KINDS if is_admin or kind != MAIL]
    left, right = st.columns(2)
    kind = left.selectbox("Kind", kinds, format_func=KINDS.__getitem__, key="alert_way_kind")
    right.text_input("Name of the way", key="alert_way_name", max_chars=120)
    if kind in TARGETS:
        st.text_input(TARGETS[kind], key=f"alert_way_target_{kind}")
    st.text_input(SECRETS[kind], type="password", key=f"alert_way_secret_{kind}")
    if kind == MAIL:
        left, right = st.columns(2)
        left.text_input("Signs in as", key="alert_way_user")
        right.text_input("Mail comes from", key="alert_way_sender")
        st.checkbox("The connection must be encrypted", value=True, key="alert_way_encrypted")
    if kind == WEBHOOK and is_admin:
        label = "Events of the whole company"
        st.multiselect(label, list(EVENTS), format_func=EVENTS.__getitem__, key="alert_way_events")
    st.checkbox("Names are left out of what goes this way", key="alert_way_masked")
    if is_admin and kind != MAIL:
        st.checkbox("Everybody may use it", key="alert_way_shared")
    st.button(
        "Set it up", on_click=_make, args=(page, kind, is_admin), key="alert_way_make", icon=":material/add_link:"
    )


def _make(page: Page, kind: str, is_admin: bool) -> None:
    state, store = st.session_state, cache.store(page.settings.database)
    events = tuple(state.get("alert_way_events") or ()) if kind == WEBHOOK else ()
    is_shared = kind == MAIL or bool(events) or bool(state.get("alert_way_shared"))
    way = Way(
        COMPANY if is_shared and is_admin else page.identity.user,
        str(state.get("alert_way_name") or "").strip() or KINDS[kind],
        kind,
        str(state.get(f"alert_way_target_{kind}") or "").strip(),
        str(state.get(f"alert_way_secret_{kind}") or "").strip(),
        str(state.get("alert_way_user") or "").strip() if kind == MAIL else "",
        str(state.get("alert_way_sender") or "").strip() if kind == MAIL else "",
        bool(state.get("alert_way_encrypted", True)),
        events,
        bool(state.get("alert_way_masked")),
    )

    def change() -> None:
        made = desk.save_way(store, way, is_admin)
        if kind == WEBHOOK and not way.secret:
            state[SHOWN_ONCE] = made.secret

    told_list.attempt(change, message("{name} is set up. Test it before you rely on it.", name=way.name))


def _site(page: Page) -> None:
    store = cache.store(page.settings.database)
    site = delivering.site_of(store)
    with st.form("alert_site", border=False):
        given = st.text_input("Address of this app in messages", site, placeholder="https://sales.example.com")
        if st.form_submit_button("Save the address") and given.strip() != site:
            told_list.attempt(lambda: _keep_site(page, given.strip().rstrip("/")), "Links in messages begin with it.")
            st.rerun()
    if not site:
        st.caption(escaped("Until it is set, messages come without links."))


def _keep_site(page: Page, address: str) -> None:
    if not address.startswith(("https://", "http://")):
        raise ConfigError("This is no address.", mend="Write it like https://sales.example.com.")
    store = cache.store(page.settings.database)
    store.alert_ledger.set_bookmarks({delivering.SITE: address})
    page.note("set the address of links", address)
