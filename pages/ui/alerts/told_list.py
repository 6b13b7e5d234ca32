"""What somebody was told, with snooze and acknowledge; and the log of messages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import polars as pl
import streamlit as st

from core.alerts import desk
from core.contracts.errors import QuarterdeckError
from core.localization import message
from core.metrics import counted
from core.store.alert_ledger import Entry
from pages.ui.kit import cache, notices
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page

OUTCOME = "alerts_outcome"
SNOOZES = {4: "4 hours", 24: "A day", 72: "3 days", 168: "A week"}
COLUMNS = {
    "told_at": st.column_config.DatetimeColumn("Told, UTC", format="D MMM, HH:mm", width=110),
    "sentence": st.column_config.TextColumn("What", width="large"),
    "link": st.column_config.LinkColumn("See", display_text="Open", width=70),
    "name": st.column_config.TextColumn("Alert", width="medium"),
    "state": st.column_config.TextColumn("State", width="small"),
}
SENT_COLUMNS = {
    "made_at": st.column_config.DatetimeColumn("Made, UTC", format="D MMM, HH:mm", width="small"),
    "about": st.column_config.TextColumn("About", width="medium"),
    "to": st.column_config.TextColumn("To", width="medium"),
    "way": st.column_config.TextColumn("Way", width="small"),
    "state": st.column_config.TextColumn("State", width="small"),
    "attempts": st.column_config.NumberColumn("Attempts", width="small"),
    "error": st.column_config.TextColumn("Why not", width="large"),
}
STATES = {"waiting": "waiting", "sent": "sent", "dead": "not delivered", "dropped": "not for the reader any more"}
MOST_SHOWN = 200


def now() -> datetime:
    """Return the present time in UTC."""
    return datetime.now(UTC)


def attempt(change: Callable[[], object], sentence: str) -> None:
    """Do something, and say on the next run what came of it."""
    try:
        change()
    except QuarterdeckError as error:
        st.session_state[OUTCOME] = (str(error), False)
    else:
        st.session_state[OUTCOME] = (sentence, True)


def outcome() -> None:
    """Say what came of the last change."""
    (words,) = notices.recent(OUTCOME)
    if words:
        (st.success if words[1] else st.error)(escaped(words[0]))


def show(page: Page, c: Cell) -> None:
    """List what the person was told, newest first, and let them take care of it or snooze it."""
    store = cache.store(page.settings.database)
    entries = desk.alerts(store, page.identity.user, page.view.is_masked, MOST_SHOWN)
    names = {rule.id: rule.name for rule in desk.rules(store, page.identity.user)}
    c.answer(_sentence(entries))
    if not entries:
        c.empty(
            "Make an alert below. The first look notes what is there; from the next one on you are told what is new."
        )
        return
    rows = [
        (e.told_at, e.sentence, e.link, names.get(e.rule_id, "An alert of somebody else"), _state(e)) for e in entries
    ]
    kinds = (pl.Datetime("us"), *[pl.String] * 4)
    plain = [(row[0].replace(tzinfo=None) if row[0] else None, *row[1:]) for row in rows]
    frame = pl.DataFrame(plain, schema=dict(zip(COLUMNS, kinds, strict=True)), orient="row")
    c.table(frame, column_config=COLUMNS)
    _buttons(page, entries)


def _sentence(entries: list[Entry]) -> str:
    if not entries:
        return "You were told nothing yet."
    n_open = sum(_state(entry) == "open" for entry in entries)
    verb = "is" if n_open == 1 else "are"
    return message(
        "You were told {things}; {n_open:,} {verb} still open.",
        things=counted(len(entries), "thing"),
        n_open=n_open,
        verb=verb,
    )


def _state(entry: Entry) -> str:
    if entry.recovered_at is not None:
        return "over"
    if entry.snoozed_until is not None and entry.snoozed_until > now():
        return message("snoozed until {snoozed_until:%d %b, %H:%M}", snoozed_until=entry.snoozed_until)
    if entry.acknowledged_at is not None:
        return "taken care of"
    return "passed on" if entry.escalated_at is not None else "open"


def _buttons(page: Page, entries: list[Entry]) -> None:
    active = {entry.id: entry for entry in entries if entry.recovered_at is None}
    if not active:
        return

    def words(number: int) -> str:
        return active[number].sentence

    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.selectbox("Alert", list(active), format_func=words, key="alert_chosen")
        hours = st.selectbox("Snooze for", list(SNOOZES), format_func=SNOOZES.__getitem__, key="alert_snooze_hours")
        st.button("Snooze", on_click=_snooze, args=(page, number, hours), key="alert_snooze", icon=":material/snooze:")
        st.button(
            "I take care of it", on_click=_acknowledge, args=(page, number), key="alert_take", icon=":material/check:"
        )


def _snooze(page: Page, number: int, hours: int) -> None:
    ledger = cache.store(page.settings.database).alert_ledger
    until = now() + timedelta(hours=hours)
    words = message("You are told nothing more of it for {snoozes}.", snoozes=SNOOZES[hours].lower())
    attempt(lambda: ledger.snooze(number, page.identity.user, until), words)


def _acknowledge(page: Page, number: int) -> None:
    ledger = cache.store(page.settings.database).alert_ledger
    attempt(lambda: ledger.acknowledge(number, page.identity.user), "Noted: nobody else is told of it.")


def sent(page: Page, c: Cell) -> None:
    """List the messages and what became of them, and let one be sent once more."""
    store = cache.store(page.settings.database)
    rows = desk.deliveries(store, page.identity.user, page.may("admin:write"), MOST_SHOWN)
    ways = {way.id: way.name for way in desk.ways(store, page.identity.user, page.may("admin:write"))}
    n_dead = sum(row.state == "dead" for row in rows)
    if not rows:
        c.answer("No message was sent yet.")
        return
    c.answer(
        message("{messages}; {n_dead:,} could not be delivered.", messages=counted(len(rows), "message"), n_dead=n_dead)
    )
    lines = [
        (
            row.made_at.replace(tzinfo=None),
            row.about,
            "" if page.view.is_masked else _to(row.reader),
            ways.get(row.way_id, "gone"),
            STATES[row.state],
            row.n_attempts,
            row.error,
        )
        for row in rows
    ]
    kinds = (pl.Datetime("us"), *[pl.String] * 4, pl.Int64, pl.String)
    c.table(
        pl.DataFrame(lines, schema=dict(zip(SENT_COLUMNS, kinds, strict=True)), orient="row"),
        column_config=SENT_COLUMNS,
    )
    dead = {row.id: f"{row.about}, {row.made_at:%d %b, %H:%M}" for row in rows if row.state == "dead"}
    if dead:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            number = st.selectbox("Message", list(dead), format_func=dead.__getitem__, key="alert_message")
            st.button("Send once more", on_click=_again, args=(page, number), key="alert_again", icon=":material/send:")


def _to(reader: str) -> str:
    return "the channel" if reader.startswith("#") or not reader else reader


def _again(page: Page, number: int) -> None:
    store = cache.store(page.settings.database)
    row = desk.delivery(store, page.identity.user, number, page.may("admin:write"))
    attempt(lambda: store.deliveries.again(row.id), "It is sent within the next minutes.")
