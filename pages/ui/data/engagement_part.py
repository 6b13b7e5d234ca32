"""Mails, meetings and calls on the Data page: what is kept, files taken in, a mailbox fetched, people forgotten."""

from __future__ import annotations

from datetime import datetime, time

import streamlit as st

from core.contracts.errors import QuarterdeckError
from core.interactions import intake
from core.interactions.interaction_files import ENDINGS
from core.jobs import mailbox_job
from core.localization import message
from core.metrics.measure import counted
from pages.ui.kit import cache, engagement_data, notices
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page

QUESTION = "Mails, meetings and calls"
OUTCOME, MOST_MB = "engagement_outcome", 200
KEPT = {
    "none": "who, when and how much, and nothing of what was written or said",
    "subjects": "who, when, how much, and subjects",
    "texts": "who, when, how much, subjects, and what was written and said",
}
UNMATCHED = {
    "domain": st.column_config.TextColumn("Domain that leads to no account", width="medium"),
    "n_people": st.column_config.NumberColumn("People", format="localized"),
    "n": st.column_config.NumberColumn("Mails, meetings and calls", format="localized"),
    "last_at": st.column_config.DateColumn("Last"),
}


def panel(page: Page, c: Cell) -> None:
    """Say what is kept and of whom, show what leads to no account, and let data people take in and forget."""
    interactions = engagement_data.interactions(page)
    rules = page.settings.engagement
    until = (
        message("for {retention_days:,} days", retention_days=rules.retention_days)
        if rules.retention_days
        else "for good"
    )
    nobody = message(
        " Nothing is kept of {addresses}.",
        addresses=counted(len(rules.no_consent), "address or domain", "addresses or domains"),
    )
    c.answer(
        message(
            "{mails} kept, {until}: {kept}.{nobody}",
            mails=counted(interactions.n_all, "mail, meeting or call is", "mails, meetings and calls are"),
            until=until,
            kept=KEPT[rules.texts],
            nobody=nobody if rules.no_consent else "",
        )
    )
    if interactions.is_invented:
        st.caption(escaped(engagement_data.INVENTED))
    if not interactions.has_own_side:
        st.caption("Who is one of you is not known yet: name your mail domains under engagement.own_domains.")
    if not interactions.unmatched.is_empty():
        c.table(interactions.unmatched, column_config=UNMATCHED, column_order=list(UNMATCHED), height=200)
    (lines,) = notices.recent(OUTCOME)
    for line in lines or ():
        st.caption(escaped(line))
    if not page.may("data:write"):
        return
    if page.data.is_masked or page.data.whole is not None or page.data.is_transient:
        st.caption("Files are taken in for the whole company, under true names, from the data that serve everybody.")
        return
    left, right = st.columns(2)
    with left:
        _files(page)
    with right:
        _mailbox(page)
        _forget(page)


def _files(page: Page) -> None:
    uploads = st.file_uploader(
        "Mailboxes, calendars, lists and transcripts",
        type=[ending[1:] for ending in ENDINGS],
        accept_multiple_files=True,
        key="engagement_files",
        max_upload_size=MOST_MB,
    )
    with st.expander("A transcript that says neither its day nor its deal"):
        day = st.date_input("Day of the call", value=None, key="engagement_day")
        hour = st.time_input("Time", value=time(9), key="engagement_time")
        deal = st.text_input("Id of the deal", key="engagement_deal", max_chars=200).strip()
    if st.button("Take in", disabled=not uploads, key="engagement_take", icon=":material/add:"):
        at = datetime.combine(day, hour) if day else None
        _take(page, [(upload.name, upload.getvalue()) for upload in uploads], at, deal)


def _take(page: Page, files: list[tuple[str, bytes]], at: datetime | None, deal: str) -> None:
    store = cache.store(page.settings.database)
    try:
        outcome = intake.take_files(files, page.data, page.settings, store, page.identity.user, at, deal)
    except QuarterdeckError as error:
        st.warning(escaped(error), icon=":material/warning:")
        return
    st.session_state[OUTCOME] = (outcome.sentence(), *outcome.left_out)
    st.rerun()


def _mailbox(page: Page) -> None:
    mailbox = page.settings.engagement.imap
    if not mailbox.host:
        st.caption("A mailbox is fetched where `engagement.imap` in quarterdeck.yaml names one.")
        return
    queue = cache.store(page.settings.database).jobs
    last = queue.last(mailbox_job.KIND, mailbox_job.MAILBOX)
    st.caption(
        escaped(
            message(
                "{user} at {host}. {message}",
                user=mailbox.user,
                host=mailbox.host,
                message=last.message if last else message("It was not fetched yet."),
            )
        )
    )
    if st.button("Fetch now", key="engagement_fetch", icon=":material/sync:"):
        queue.ask(mailbox_job.KIND, mailbox_job.MAILBOX, by=page.identity.user)
        st.rerun()


def _forget(page: Page) -> None:
    with st.expander("Delete what is kept of a person"):
        address = st.text_input("Mail address, or name of who only spoke", key="engagement_address", max_chars=320)
        sure = st.checkbox("Delete it for good", key="engagement_sure")
        if st.button(
            "Delete", disabled=not (address.strip() and sure), key="engagement_forget", icon=":material/delete:"
        ):
            store = cache.store(page.settings.database)
            counts = store.interactions.forget(address, page.identity.user)
            st.session_state[OUTCOME] = (
                ", ".join(f"{n:,} {name}" for name, n in counts.items()) + " deleted.",
                "Add the address to engagement.no_consent, or the next file or fetch brings it back.",
            )
            st.rerun()
