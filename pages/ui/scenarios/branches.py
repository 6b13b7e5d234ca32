"""Saved scenarios as branches: keep, load, lock, delete, compare. The only code here that touches the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from core.branding import letterhead
from core.charts import board_leaf as leaf
from core.charts import scenarios as charts
from core.contracts.errors import QuarterdeckError
from core.local_times import moment
from core.localization import joined, message
from core.scenarios import board_brief, files
from core.scenarios.analysis import comparison, whatif
from core.scenarios.levers import Scenario
from core.store.branches import Branch, Branches, tree
from pages.ui.kit import cache, downloads, notices, saved_content, unsaved
from pages.ui.kit.cells import cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.grid import HALF
from pages.ui.kit.shell import Page
from pages.ui.scenarios.form import ScenarioForm

NOW = charts.ROOT
NOTICE, FILE, VERSIONS = "scenario_notice", "scenario_file", "scenario versions"
SIDES = {
    "scenario": "Scenario",
    **{n: st.column_config.NumberColumn(t, format="compact") for n, t in comparison.FIGURES.items()},
    "p_target": st.column_config.NumberColumn("Chance of quota", format="percent"),
    "nrr_rate": st.column_config.NumberColumn("NRR", format="percent"),
}
LISTED = 12
PERCENT = {n: st.column_config.NumberColumn(t, format="percent") for n, t in comparison.FIGURES.items()}


@st.fragment
def shelf(page: Page, form: ScenarioForm) -> None:
    """Offer to keep the scenario on the sliders, to take one back, and to pass it on."""
    with cell(page, "Saved scenarios", "Saved", span=None):
        (notice,) = notices.recent(NOTICE)
        if notice:
            st.warning(escaped(notice), icon=":material/warning:")
        left, right = st.columns(2, gap="large")
        with left:
            _save_form(page, form)
        with right:
            _tree(page, form)
        _files(form)


def _save_form(page: Page, form: ScenarioForm) -> None:
    with st.form("save-scenario", border=False):
        name = st.text_input("Name", placeholder="Best case for the board", max_chars=120)
        about = st.text_area("Why", placeholder="What would have to be true", max_chars=2000, height=80)
        shared = st.checkbox("Shared: others can copy it")
        if form.origin and not page.view.is_masked:
            st.caption(
                escaped(
                    message(
                        "Saved under a new name it becomes a copy of {partition}.",
                        partition=form.origin.partition("/")[2],
                    )
                )
            )
        if st.form_submit_button("Save", icon=":material/save:"):
            _save(page, form, name.strip(), about, shared)
    notices.tell("scenario_saved")


def _save(page: Page, form: ScenarioForm, name: str, about: str, shared: bool) -> None:
    """Save under the name; one of that name is replaced only as this session last loaded or saved it."""
    if not page.may_write("scenarios"):
        return
    plan, key = form.plan, f"{_me(page)}/{name}"
    payload = saved_content.true_plan(page, files.to_dict(replace(plan, name=name or "Scenario", description=about)))
    try:
        branch = _kept(page).keep(
            name,
            _me(page),
            payload,
            _versions().get(key),
            parent=form.origin,
            description=about,
            is_shared=shared,
        )
    except QuarterdeckError as error:
        st.warning(escaped(error), icon=":material/warning:")
        return
    _versions()[branch.key] = branch.version
    unsaved.keep(VERSIONS)
    form.origin = branch.key
    word = "Saved" if branch.version == 1 else message("Saved again, version {version}", version=branch.version)
    st.session_state["scenario_saved"] = f"{word}: {branch.name}"
    st.rerun()  # The whole page, for what is compared is chosen among what is saved.


def _tree(page: Page, form: ScenarioForm) -> None:
    """Show the tree of branches, and what can be done with one."""
    branches = tree(saved_content.scenarios(page))
    labels = {b.key: _label(depth, b, page) for depth, b in branches}
    chosen = st.selectbox(
        "Saved",
        list(labels),
        index=None,
        format_func=labels.get,
        placeholder="None chosen" if labels else "None saved yet",
    )
    here = next((b for _, b in branches if b.key == chosen), None)
    row = st.container(horizontal=True, gap="xsmall")
    row.button("Load", on_click=_load, args=(page, form, chosen), disabled=here is None)
    mine = here is not None and here.owner == _me(page)
    word = "Unlock" if here is not None and here.is_locked else "Lock"
    row.button(word, on_click=_lock, args=(page, here), disabled=not mine)
    row.button("Delete", on_click=_delete, args=(page, here), disabled=not mine)
    if here is not None:
        st.caption(escaped(_about(page, here)))
    elif branches:
        owners = {b.owner: saved_content.author(page, b.owner) for _, b in branches}
        lines = [
            message(
                "{labels} · version {version} by {owners}, {saved_at:%d %B %Y}",
                labels=labels[b.key],
                version=b.version,
                owners=owners[b.owner],
                saved_at=b.saved_at,
            )
            for _, b in branches
        ]
        st.text("\n".join(lines[:LISTED]))


def _label(depth: int, b: Branch, page: Page) -> str:
    owner = "" if b.owner == _me(page) else f" · {saved_content.author(page, b.owner)}"
    marks = (" 🔒" if b.is_locked else "") + owner
    return f"{'　' * depth}{'└ ' if depth else ''}{b.name}{marks}"


def _about(page: Page, b: Branch) -> str:
    plan = files.from_dict(b.payload)
    moved = joined(*(s.words() for s in plan.levers), by=", ") or "no lever moved"
    at = moment(b.saved_at, "%d %B %Y %H:%M", page.settings.time_zone)
    text = message(
        "Version {version} by {author}, {at}: {moved}.",
        version=b.version,
        author=saved_content.author(page, b.owner),
        at=at,
        moved=moved,
    )
    return f"{text} {b.description}".strip()


def _load(page: Page, form: ScenarioForm, key: str) -> None:
    """Set the controls to a saved scenario as it stands now, and draw the whole page with it."""

    def take() -> None:
        branch = _kept(page).branch(saved_content.scenario_key(page, key), _me(page))
        shown = next((b for b in saved_content.scenarios(page) if b.key == key), branch)
        form.fill(files.from_dict(shown.payload))
        _versions()[branch.key] = branch.version
        unsaved.keep(VERSIONS)
        form.origin = branch.key

    _told(take)
    st.rerun()


def _name(page: Page, b: Branch) -> str:
    """Return the name under which the store has one's own scenario."""
    return saved_content.scenario_key(page, b.key).partition("/")[2]


def _lock(page: Page, b: Branch) -> None:
    _told(lambda: _kept(page).lock(_name(page, b), _me(page), not b.is_locked))


def _delete(page: Page, b: Branch) -> None:
    if _told(lambda: _kept(page).remove(_name(page, b), _me(page))):
        _versions().pop(b.key, None)
        unsaved.keep(VERSIONS)


def _told(do: Callable[[], object]) -> bool:
    """Do it; a refusal is told at the top of the cell."""
    try:
        do()
    except QuarterdeckError as error:
        st.session_state[NOTICE] = str(error)
        return False
    return True


def _files(form: ScenarioForm) -> None:
    """Offer the scenario as a file and as a page for the board, and take a file in."""
    with st.container(horizontal=True, gap="xsmall"):
        downloads.button(
            st,
            "Scenario as YAML",
            lambda: files.to_yaml(form.drawn),
            "scenario.yaml",
            icon=":material/download:",
        )
        downloads.button(
            st,
            "Brief for the board",
            lambda: board_brief.html(whatif.work_out(form.ground, form.drawn), letterhead.of(cache.settings())),
            "brief.html",
            icon=":material/description:",
            help="One page, to open or print: headline, chart, levers.",
        )
        downloads.button(
            st,
            "Brief as PDF",
            lambda: leaf.pdf(whatif.work_out(form.ground, form.drawn), letterhead.of(cache.settings())),
            "brief.pdf",
            mime="application/pdf",
            icon=":material/picture_as_pdf:",
        )
    st.file_uploader("Open a scenario file", type=["yaml", "yml"], key=FILE, on_change=_open_file, args=(form,))


def _open_file(form: ScenarioForm) -> None:
    """Set the controls to the scenario of the file given, and draw the whole page with it."""
    given = st.session_state[FILE]
    if given is not None:
        _told(lambda: form.fill(files.from_bytes(given.getvalue())))
        st.rerun()


@st.fragment
def compare(page: Page, form: ScenarioForm) -> None:
    """Set up to four scenarios side by side."""
    with cell(page, "Compare scenarios", "Compare", span=None, room=HALF) as c:
        plan, ground = form.plan, form.ground
        plans = {NOW: Scenario(NOW), plan.name: plan}
        plans |= {b.name: files.from_dict(b.payload) for b in saved_content.scenarios(page)}
        plans |= {name: preset for name, preset in form.presets().items() if name not in plans}
        names = list(plans)
        left, right = st.columns([3, 1], vertical_alignment="bottom")
        chosen = left.multiselect("Compare (first = baseline)", names, names[:2], max_selections=4, key="compared")
        mode = right.selectbox("As", list(comparison.MODES), format_func=comparison.MODES.get, key="compare_mode")
        sides = comparison.compare(ground, [replace(plans[n], name=n) for n in chosen if n in plans])
        c.answer(sides.sentence())
        for problem in sides.problems:
            st.warning(escaped(problem), icon=":material/warning:")
        c.table(sides.shown(mode), column_config=SIDES | (PERCENT if mode == "percent" else {}))
        if (sides.months["amount"].abs() > comparison.CENT).any():
            c.draw(charts.side_by_side(sides.months, page.settings.currency), key="sides")
        st.button("Add current sliders", icon=":material/refresh:", key="compare_again")


def _kept(page: Page) -> Branches:
    return cache.store(page.settings.database).scenarios


def _me(page: Page) -> str:
    return page.identity.user


def _versions() -> dict[str, int]:
    """Return the versions this person has loaded or saved, by key; whoever changes them calls `unsaved.keep`."""
    return unsaved.items(VERSIONS, is_typed=False)
