"""Controls of the catalogue page: the list, the form, files, twins, history; no change is lost unseen."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import polars as pl
import streamlit as st

from core.contracts.errors import ConflictError, QuarterdeckError
from core.localization import message
from core.requirements.catalogue import effective_catalogue
from core.requirements.catalogue.capabilities import STATUSES
from core.requirements.catalogue.effective_catalogue import FIELDS, Edition
from core.requirements.text.classification import CATEGORIES
from core.store.capabilities import Capabilities, CapabilityEdit
from pages.ui.catalogue import catalogue_cache
from pages.ui.kit import bulk_edits, cache, unsaved
from pages.ui.kit.escaping import escaped
from pages.ui.kit.grid import HALF, grid
from pages.ui.kit.shell import Page
from pages.ui.requirements import gap_cache

SAID, MET = "catalogue_said", "capabilities that met others"
ADD = "Add a new capability"
LISTED = {
    "capability_id": "Id",
    "name": st.column_config.TextColumn("Capability", width="medium"),
    "category": "Category",
    "status": "Status",
    "limit": st.column_config.TextColumn("Limits", width="medium"),
    "commitments": st.column_config.TextColumn("We commit to", width="medium"),
    "available_on": st.column_config.DateColumn("Available on"),
    "effort_weeks": st.column_config.NumberColumn("Person-weeks to close", format="%.1f"),
    "owner": "Owner",
    "evidence": st.column_config.TextColumn("Evidence"),
    "author": "Last changed by",
    "saved_at": st.column_config.DatetimeColumn("Changed, UTC", format="D MMM YYYY, HH:mm"),
}


def kept(page: Page) -> Capabilities:
    """Return where capabilities are kept."""
    return cache.store(page.settings.database).capabilities


def tell() -> None:
    """Say what the last click did."""
    bulk_edits.tell(SAID)


def say(kind: str, text: str) -> None:
    """Have the page say that something was done or was not."""
    bulk_edits.say(SAID, kind, text)


def filtered(standing: Edition) -> pl.DataFrame:
    """Let the list be narrowed down."""
    first, second, third, fourth = st.columns([2, 2, 3, 2], vertical_alignment="bottom")
    kinds = first.multiselect("Category", CATEGORIES, key="offer_kinds", placeholder="All")
    states = second.multiselect("Status", STATUSES, key="offer_states", placeholder="All")
    words = third.text_input("Words", key="offer_words", placeholder="in name, description, limits or owner")
    retired = fourth.toggle("Show retired", key="offer_retired")
    return catalogue_cache.narrowed(standing, tuple(kinds), tuple(states), words, retired)


def table(shown: pl.DataFrame) -> None:
    """Show the list; a click on a row opens it below."""
    grid(
        shown.select(list(LISTED)),
        HALF,
        height=380,
        on_select=_clicked,
        selection_mode="single-row",
        key="offer_table",
        column_config=LISTED,
    )
    st.session_state["offer_shown"] = shown["capability_id"].to_list()


def _clicked() -> None:
    """Take the clicked row over into the list of names below."""
    rows = st.session_state["offer_table"].selection.rows
    shown = st.session_state.get("offer_shown", [])
    st.session_state["offer_one"] = shown[rows[0]] if rows and rows[0] < len(shown) else None


def editor(page: Page, standing: Edition) -> None:
    """Open one capability, or a new one, to be changed."""
    names = dict(standing.frame.select("capability_id", "name").iter_rows())
    chosen = st.session_state.pop("offer_next", st.session_state.get("offer_one"))
    st.session_state["offer_one"] = chosen if chosen in names or chosen == ADD else None
    key = st.selectbox(
        "Capability",
        [ADD, *names],
        index=None,
        placeholder="Click a row above, or choose here",
        format_func=lambda option: option if option == ADD else f"{option} · {names[option]}",
        key="offer_one",
    )
    if key is None:
        return
    if not page.may("catalogue:write"):
        st.caption("Your role can read the catalogue but not change it.")
        return
    if _conflict(page, standing, key):
        return
    row = standing.row(key) if key != ADD else None
    _form(page, standing, key, _seen(key, row))


def _seen(key: str, row: dict[str, Any] | None) -> dict[str, Any]:
    """Return the capability as this session opened it: what one edits does not change under one's hands."""
    opened: dict[str, Any] = st.session_state.setdefault("offer_opened", {})
    if opened.get("key") != key:
        opened.clear()
        opened.update(key=key, row=row or {**dict.fromkeys(FIELDS), "version": 0, "status": "available"})
    capability: dict[str, Any] = opened["row"]
    return capability


def _close() -> None:
    """Forget the opened capability, so that the next look shows it as it stands."""
    st.session_state.pop("offer_opened", None)


def _form(page: Page, standing: Edition, key: str, row: dict[str, Any]) -> None:
    mark = f"{key}-{row['version']}-{st.session_state.get('offer_count', 0)}"
    with st.form(f"capability-{mark}", border=True):
        values = _fields(standing, row, mark, is_new=key == ADD)
        left, right, _ = st.columns([1, 1, 2])
        saved = left.form_submit_button(
            "Add it" if key == ADD else "Save", icon=":material/save:", type="primary", width="stretch"
        )
        word = "Bring it back" if row.get("is_retired") else "Retire it"
        turned = key != ADD and right.form_submit_button(word, icon=":material/archive:", width="stretch")
    if saved or turned:
        into = row.get("merged_into") if row.get("is_retired") and not turned else None
        mark_retired = bool(row.get("is_retired")) != bool(turned)
        _save(page, standing, key, row, values | {"is_retired": mark_retired, "merged_into": into})


def _fields(standing: Edition, row: dict[str, Any], mark: str, *, is_new: bool) -> dict[str, Any]:
    """Draw the fields and return what stands in them."""
    first, second = st.columns([1, 3])
    if is_new:
        free = effective_catalogue.next_id(standing.frame, None)
        key = first.text_input("Id", value=free, key=f"offer_id-{mark}", help="The first of its kind? SEC-42 will do.")
    else:
        key = str(row["capability_id"])
        first.text_input("Id", value=key, disabled=True, key=f"offer_id-{mark}")
    name = second.text_input("What it is called", value=row["name"] or "", key=f"offer_name-{mark}")
    category_box, status_box, day_box, weeks_box = st.columns(4)
    kinds = [*CATEGORIES] if row["category"] in (None, *CATEGORIES) else [row["category"], *CATEGORIES]
    category = category_box.selectbox(
        "Category", kinds, index=kinds.index(row["category"]) if row["category"] else 0, key=f"offer_category-{mark}"
    )
    status = status_box.selectbox("Status", STATUSES, index=STATUSES.index(row["status"]), key=f"offer_status-{mark}")
    day = day_box.date_input("Available on", value=row["available_on"], key=f"offer_day-{mark}", help="Of the roadmap.")
    weeks = weeks_box.number_input(
        "Person-weeks to close",
        value=row["effort_weeks"],
        min_value=0.0,
        step=1.0,
        key=f"offer_weeks-{mark}",
        help="What making it fully available would take; leave empty to use the rules.",
    )
    text = st.text_area("What it does", value=row["description"] or "", key=f"offer_text-{mark}", height=90)
    limit_box, commits_box = st.columns(2)
    limit = limit_box.text_area("Limits", value=row["limit"] or "", key=f"offer_limit-{mark}", height=90)
    commits = commits_box.text_area(
        "We commit to",
        value=row["commitments"] or "",
        key=f"offer_commits-{mark}",
        height=90,
        help="Numbers, regions and standards, such as: uptime 99.9 %; RTO 4 h; data in the EU. "
        "Requirements are compared with these.",
    )
    proof_box, owner_box = st.columns([2, 1])
    proof = proof_box.text_area(
        "Evidence, one link per line",
        value="\n".join(effective_catalogue.links(row["evidence"])),
        key=f"offer_proof-{mark}",
        height=90,
    )
    owner = owner_box.text_input("Owner", value=row["owner"] or "", key=f"offer_owner-{mark}")
    proof_day = owner_box.date_input("Evidence as of", value=row["evidence_on"], key=f"offer_proof_day-{mark}")
    return {
        "capability_id": key,
        "name": name,
        "category": category,
        "status": status,
        "description": text,
        "limit": limit,
        "commitments": commits,
        "available_on": day,
        "effort_weeks": weeks,
        "owner": owner,
        "evidence": proof,
        "evidence_on": proof_day,
        **_told_to_a_buyer(row, mark),
    }


def _told_to_a_buyer(row: dict[str, Any], mark: str) -> dict[str, Any]:
    """Draw the fields that draft answers are made of."""
    how = st.text_area(
        "How it is provided, as a buyer is told",
        value=row["how"] or "",
        key=f"offer_how-{mark}",
        height=90,
        help="Whole sentences that say we and you. Draft answers use them word for word.",
    )
    scope_box, exception_box = st.columns(2)
    scope = scope_box.text_input(
        "Applies to", value=row["scope"] or "", key=f"offer_scope-{mark}", help="Such as: every edition."
    )
    exception = exception_box.text_input(
        "Exception",
        value=row["exception"] or "",
        key=f"offer_exception-{mark}",
        help="A whole sentence that says what it leaves out, such as: We do not cover mobile apps.",
    )
    return {"how": how, "scope": scope, "exception": exception}


def _save(page: Page, standing: Edition, key: str, row: dict[str, Any], values: dict[str, Any]) -> None:
    """Save one capability; where somebody was there first, nothing is overwritten and both are shown."""
    number = str(values["capability_id"]).strip()
    if key == ADD and standing.row(number) is not None:
        taken = message("There is a capability {number} already. Give yours another id.", number=number)
        st.warning(escaped(taken), icon=":material/warning:")
        return
    try:
        checked = effective_catalogue.checked(number, values)
        flags = {name: values[name] for name in ("is_retired", "merged_into")}
        edit = effective_catalogue.change({**row, "capability_id": number}, **checked, **flags)
        if key != ADD and not effective_catalogue.differences(row, edit.values):
            st.info("Nothing has changed.", icon=":material/info:")
            return
        kept(page).save(gap_cache.book(), {"capability_id": number}, edit.values, page.identity.user, edit.version)
    except ConflictError as error:
        unsaved.items(MET)[key] = {"said": str(error), "mine": asdict(edit), "theirs": error.theirs}
        unsaved.keep(MET)
        st.rerun()
    except QuarterdeckError as error:
        st.warning(escaped(error), icon=":material/warning:")
        return
    say(
        "done",
        (
            message("{number} is added: matching, gaps and answers use it from now on.", number=number)
            if key == ADD
            else message("{number} is saved: matching, gaps and answers use it from now on.", number=number)
        ),
    )
    _reopen()
    st.session_state["offer_next"] = number
    st.rerun()


def _reopen() -> None:
    """Let the form show a capability as it stands now."""
    _close()
    st.session_state["offer_count"] = st.session_state.get("offer_count", 0) + 1


def _conflict(page: Page, standing: Edition, key: str) -> bool:
    """Show what a colleague saved meanwhile beside one's own; return whether a choice is still open."""
    met = unsaved.items(MET).get(key)
    if not met:
        return False
    st.warning(escaped(met["said"]), icon=":material/sync_problem:")
    mine = CapabilityEdit(**met["mine"])
    rows = catalogue_cache.both(met["theirs"], mine.values)
    grid(
        rows,
        column_config={
            "field": "Field",
            "theirs": st.column_config.TextColumn("Current version", width="large"),
            "mine": st.column_config.TextColumn("Yours", width="large"),
        },
    )
    left, right = st.columns(2)
    left.button("Keep current version", on_click=_theirs, args=(key,), key="offer_theirs", width="stretch")
    right.button(
        "Save mine over it", on_click=_mine, args=(page, key, mine, met["theirs"]), key="offer_mine", width="stretch"
    )
    return True


def _theirs(key: str) -> None:
    _settled(key)
    _close()


def _settled(key: str) -> None:
    unsaved.items(MET).pop(key, None)
    unsaved.keep(MET)


def _mine(page: Page, key: str, mine: CapabilityEdit, theirs: dict[str, Any]) -> None:
    again = CapabilityEdit(mine.capability_id, int(theirs["version"]), mine.values)
    _settled(key)
    put(
        page,
        [again],
        message(
            "{capability_id} is saved as you wrote it; theirs stays in the history.", capability_id=mine.capability_id
        ),
    )


def put(page: Page, edits: list[CapabilityEdit], text: str) -> bool:
    """Save edits; say what was saved and what met somebody else's."""
    if not page.may("catalogue:write"):
        say("not", "Your role can read the catalogue but not change it.")
        return False
    n_met = bulk_edits.save_all(kept(page), gap_cache.book(), edits, page.identity.user, SAID, text)
    if n_met is not None and n_met < len(edits):
        _reopen()
    return n_met == 0
