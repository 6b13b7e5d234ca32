"""The set-up of a digest: whom it is for, from which amount on, under which name it is saved."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date
from functools import partial

import streamlit as st

from core import digest
from core.branding import letterhead
from core.contracts.errors import QuarterdeckError
from core.digest import Digest, Plan
from core.jobs import digest_job
from core.localization import message
from core.metrics import counted
from core.store.repositories import Saved
from pages.ui.kit import cache, cards, downloads
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page

PERSON, LIMIT, DAYS, NAME, OPEN = "digest_person", "digest_limit", "digest_days", "digest_name", "digest_open"
USUAL = Plan()


def form(page: Page, scope: str) -> Plan:
    """Ask whom the digest is for, from which amount on deals count, and how far it looks back; offer to save it."""
    _take_over(page)
    # On a phone the digest itself stands in the first screen, and the form is folded away.
    with st.expander("Change the set-up", key="digest_form") if cards.is_phone() else nullcontext():
        plan = _asked(page, scope)
        _offer_saved(page, plan)
    return plan


def _asked(page: Page, scope: str) -> Plan:
    left, middle, right = st.columns(3)
    person = left.text_input("For", key=PERSON, placeholder="Everybody", max_chars=120)
    limit = middle.number_input(
        message("Deals from, {currency}", currency=page.settings.currency),
        min_value=0.0,
        value=USUAL.limit_amount,
        step=10_000.0,
        key=LIMIT,
    )
    days = right.number_input("Looks back, days", min_value=1, max_value=92, value=USUAL.days, key=DAYS)
    return Plan(person.strip(), scope, float(limit), int(days))


def _take_over(page: Page) -> None:
    """Fill the form in with a saved digest that was just opened."""
    name = st.session_state.pop("digest_opened", None)
    entry = next((saved for saved in _all(page) if saved.name == name), None)
    if entry is not None:
        st.session_state[PERSON] = entry.payload.get("person", "")
        st.session_state[LIMIT] = float(entry.payload.get("limit_amount", USUAL.limit_amount))


def _offer_saved(page: Page, plan: Plan) -> None:
    """Offer the digests that are set up, and to save this one."""
    names = [entry.name for entry in _all(page)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if names:
            st.selectbox("Set up before", names, index=None, key=OPEN, on_change=_opened)
        st.text_input("Save as", key=NAME, max_chars=120)
        if st.button("Save", key="digest_save") and _save(page, plan):
            st.toast("Saved.")
    _offer_ready(page)
    digests = counted(len(names), "digest")
    st.caption(escaped(message("{digests} set up; quarterdeck digest --name writes one to a file.", digests=digests)))


def _offer_ready(page: Page) -> None:
    """Offer what the worker made of the digest that was opened, with its age."""
    name = st.session_state.get(OPEN)
    ready = digest_job.ready(page.settings, page.identity.user, str(name), page.view) if name else None
    if ready is None:
        return
    made, day = (page.formats.day(date.fromisoformat(text[:10])) for text in (ready.made_at, ready.as_of))
    st.caption(escaped(message("Made ahead on {made}, as of {day}.", made=made, day=day)))
    file = f"digest-{ready.as_of}.html"
    downloads.button(st, "Digest as made", ready.html, file, mime="text/html", key="digest-ready")


def _opened() -> None:
    st.session_state["digest_opened"] = st.session_state.get(OPEN)


def _save(page: Page, plan: Plan) -> bool:
    name = str(st.session_state.get(NAME) or "").strip()
    version = next((entry.version for entry in _all(page) if entry.name == name), None)
    payload = {"person": plan.person, "limit_amount": plan.limit_amount, "scope": page.scope.address}
    try:
        cache.store(page.settings.database).digests.save(name, page.identity.user, payload, version)
    except QuarterdeckError as error:
        st.warning(escaped(error))
        return False
    return True


def _all(page: Page) -> list[Saved]:
    return cache.store(page.settings.database).digests.list(page.identity.user)


def files(page: Page, content: Digest) -> None:
    """Offer the digest as HTML mail, Markdown and JSON, made when it is asked for."""
    name = f"digest-{page.data.as_of}"
    kinds = {
        "HTML": ("html", "text/html", partial(digest.html, head=letterhead.of(page.settings))),
        "Markdown": ("md", "text/markdown", digest.markdown),
        "JSON": ("json", "application/json", digest.as_json),
    }
    with st.container(horizontal=True):
        for label, (ending, mime, write) in kinds.items():
            key, make = f"digest-{ending}", partial(write, content, page.formats)
            downloads.button(st, label, make, f"{name}.{ending}", mime=mime, key=key)
