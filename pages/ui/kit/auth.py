"""Who is asking: one local user, somebody the identity provider knows, or somebody a proxy names."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace

import streamlit as st
from streamlit.errors import StreamlitAPIException

from core.access import LOCAL, Identity
from core.config import Settings
from core.contracts.errors import AccessError, ConfigError
from core.localization import message
from core.serving import OPEN_TO_ALL
from pages.ui.kit import admission, brand_look, people, reader_seal, sign_ins, view_as
from pages.ui.kit.escaping import escaped
from pages.ui.server.sign_in_routes import BROKEN_OFF, OUTCOME, REFUSED

logger = logging.getLogger(__name__)
PROBLEM = "sign_in_problem"
WHERE = "access.sign_in: oidc"
SECRETS = "Set up [auth] in .streamlit/secrets.toml as the admin guide shows, or set access.sign_in to none."

OUTCOMES: Mapping[str, str] = {
    BROKEN_OFF: "You broke off signing in.",
    REFUSED: "Your identity provider did not sign you in; if it goes on so, ask your administrator.",
}


def enter(settings: Settings) -> Identity:
    """Return who is asking; where people must sign in and nobody has, offer it and end the run.

    Raises
    ------
    AccessError, ConfigError
        When the person is not let in, or signing in is not set up.
    """
    way = settings.access.sign_in
    if way == "none":
        admission.admit(settings, LOCAL)
        return view_as.applied(replace(LOCAL, is_masked=settings.access.mask_names), settings)
    who = _provider(settings) if way == "oidc" else _proxy(settings)
    admission.admit(settings, who)
    if ended := sign_ins.admit(settings, who):
        if way == "oidc":
            offer(ended)
        raise AccessError("Your sign-in was ended.", mend="Load the page again to sign in anew.")
    return view_as.applied(who, settings)


def _provider(settings: Settings) -> Identity:
    user = st.user.to_dict()
    if "is_logged_in" not in user:
        raise ConfigError("Signing in is not set up yet.", WHERE, SECRETS)
    if not user["is_logged_in"]:
        outcome = OUTCOMES.get(st.query_params.get(OUTCOME, ""), "")
        offer(message("{outcome} Sign in to see your company's numbers.", outcome=outcome).strip())
    if user.get("email_verified") is False:
        raise AccessError("Your mail address is not verified.", mend="Verify it with your identity provider.")
    login = sign_ins.login_of(user)
    rules = people.directory(settings)
    groups: tuple[str, ...] = ()
    if rules.groups:
        groups = (*people.known(settings).groups(login), *people.provisioned(settings).groups(login))
    return _identified(settings, login, user.get("name"), groups)


def _identified(settings: Settings, login: str, name: str | None, groups: Iterable[str]) -> Identity:
    """Return who somebody is; who has no role is noted, so that an administrator sees that they asked."""
    if people.provisioned(settings).is_shut_out(login):
        raise AccessError("Your account was deactivated by your company's directory.", mend="Ask your admin.")
    try:
        return people.directory(settings).identify(login, name, groups)
    except AccessError:
        if login:
            people.known(settings).ask(login, name or "")
        raise


def offer(sentence: str) -> None:
    """Ask somebody to sign in, and end the run."""
    reader_seal.forget()
    brand, _ = brand_look.in_force()
    st.markdown(f"# {escaped(brand.name)}")
    if brand.tagline:
        st.markdown(escaped(brand.tagline))
    st.markdown(escaped(sentence))
    st.button("Sign in", type="primary", icon=":material/login:", on_click=_sign_in)
    if problem := st.session_state.pop(PROBLEM, ""):
        st.error(escaped(problem), icon=":material/error:")
    brand_look.links(brand)
    st.stop()


def _sign_in() -> None:
    """Send the browser to the identity provider; where that cannot be, keep the reason for the page."""
    try:
        st.login()
    except StreamlitAPIException as error:
        logger.warning("Signing in failed: %s", error)
        st.session_state[PROBLEM] = str(ConfigError("Sign-in is not set up correctly.", WHERE, SECRETS))


def _proxy(settings: Settings) -> Identity:
    headers = st.context.headers
    login = (headers.get(settings.access.header) or "").strip().lower()
    groups = [
        *(headers.get(settings.access.groups_header) or "").split(","),
        *people.provisioned(settings).groups(login),
    ]
    return _identified(settings, login, None, groups)


def leave(settings: Settings, who: Identity, names: Mapping[str, str]) -> None:
    """Show who is signed in and let them sign out; nothing where nobody signs in. `names` are people's by their ids."""
    if settings.access.sign_in == "none":
        if os.environ.get(OPEN_TO_ALL):
            st.warning("Open to all: nobody signs in, and whoever reaches this address may read and change everything.")
        return
    roles = ", ".join(who.roles).replace("_", " ")
    st.caption(
        message(
            "{of_name}  \nShowing: {scope}", of_name=escaped(f"{who.name}, {roles}"), scope=escaped(who.scope(names))
        )
    )
    if settings.access.sign_in == "oidc":
        st.button("Sign out", icon=":material/logout:", on_click=_sign_out, args=(settings, who))


def _sign_out(settings: Settings, who: Identity) -> None:
    """End the sign-in on our side too, so that a copy of the cookie opens nothing."""
    sign_ins.end_own(settings, who)
    st.logout()
