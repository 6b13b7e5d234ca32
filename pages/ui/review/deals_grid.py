"""The review grid: filters and saved views, editing in place, a colleague's change beside one's own."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from core.contracts.errors import ConflictError, QuarterdeckError
from core.forecasts import calls, weekly_review
from core.forecasts.weekly_review import View
from core.localization import message, message_plural
from pages.ui.forecast.calls import author, store
from pages.ui.kit import cache, comments, notices, unsaved
from pages.ui.kit.escaping import escaped
from pages.ui.kit.grid import NOTHING, ROW
from pages.ui.kit.shell import Page

KEYS = {
    "teams": "review_teams",
    "owners": "review_owners",
    "categories": "review_categories",
    "stages": "review_stages",
    "is_due_only": "review_due",
    "is_touched_only": "review_touched",
    "least_amount": "review_least",
}


def named(category: str) -> str:
    """Return a category as it is read: `best_case` is "Best case"."""
    return category.replace("_", " ").capitalize()


COLUMNS = {
    "opportunity_name": st.column_config.TextColumn("Deal", width=230),
    "amount": st.column_config.NumberColumn("Amount", format="compact", width=75),
    "p_win": st.column_config.ProgressColumn(
        "Win chance", format="%.0f %%", min_value=0, max_value=100, width=100, help="In the running quarter"
    ),
    "data_category": st.column_config.SelectboxColumn(
        "CRM category", options=weekly_review.CATEGORIES, format_func=named
    ),
    "forecast_category": st.column_config.SelectboxColumn(
        "Reviewed category", options=weekly_review.CATEGORIES, format_func=named
    ),
    "call_amount": st.column_config.NumberColumn("Forecast amount", min_value=0, format="localized"),
    "note": st.column_config.TextColumn("Note", width="medium", max_chars=4_000),
    "close_on": st.column_config.DateColumn("Expected close", format="localized", width=100),
    "account_name": st.column_config.TextColumn("Account", width=150),
    "owner_name": st.column_config.TextColumn("Owner", width=110),
    "stage": "Stage",
    "team": "Team",
}
WHOLE = "deal"
TYPED, MET = "deal review", "deal review that met another"
CELLS = {
    WHOLE: "The whole deal",
    "amount": "Amount",
    "p_win": "Win chance",
    "forecast_category": "Reviewed category",
    "call_amount": "Forecast amount",
    "note": "Note",
    "close_on": "Expected close",
    "stage": "Stage",
}
COMMENT_DEAL, COMMENT_CELL, ARRIVED = "review_comment_deal", "review_comment_cell", "review_arrived"
FIELDS = {"forecast_category": "Category", "call_amount": "Forecast amount", "note": "Note"}


def filters(page: Page) -> View:
    """Draw the filters and the saved views, and return the view they make."""
    choices = cache.result(weekly_review.choices, page.data, page.settings)
    _settle(choices)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        _views(page)
        n_set = sum(bool(st.session_state.get(key)) for key in KEYS.values())
        with st.popover(
            message("Filters · {n_set} set", n_set=n_set) if n_set else "Filters",
            icon=":material/tune:",
            key="review_filters",
        ):
            teams = st.multiselect("Team", choices.teams, key=KEYS["teams"])
            owners = st.multiselect("Owner", list(choices.owners), format_func=choices.owners.get, key=KEYS["owners"])
            categories = st.multiselect("Category", weekly_review.CATEGORIES, format_func=named, key=KEYS["categories"])
            stages = st.multiselect("Stage", choices.stages, key=KEYS["stages"])
            due = st.toggle("Due this quarter only", value=True, key=KEYS["is_due_only"])
            touched = st.toggle("Reviewed only", key=KEYS["is_touched_only"])
            least = st.number_input(
                "Amount from", min_value=0.0, step=10_000.0, format="%.0f", key=KEYS["least_amount"]
            )
        st.button("Clear filters", on_click=_fill, args=(View(),))
    return View(tuple(teams), tuple(owners), tuple(categories), tuple(stages), due, touched, float(least))


def table(page: Page, view: View, rows: Any) -> None:
    """Show the deals for editing; what is typed stays until it is saved or thrown away."""
    notices.tell("review_notice")
    _conflicts(page)
    base = _base(page, (view, page.scope.mark), rows)
    if base.is_empty():
        st.markdown(":gray[Widen the filters, or load open deals on the Data page.]")
        return
    key = f"review_grid_{st.session_state['review_turn']}"
    st.data_editor(
        base.drop("owner_id", "version", "author").with_columns((pl.col("p_win") * 100).round(0)),
        key=key,
        hide_index=True,
        row_height=ROW,
        height=400,
        width="stretch",
        column_config=COLUMNS,
        column_order=list(COLUMNS),
        placeholder=NOTHING,
        disabled=[
            n for n in COLUMNS if n not in weekly_review.EDITABLE or page.data.amounts or not page.may("review:write")
        ],
        on_change=_harvest,
        args=(page, key),
    )
    drafts = _drafts(page)
    if not page.may("review:write"):
        st.caption("Your role can read the review but not change it.")
        return
    if not page.may_enter_amounts():
        return
    row = st.container(horizontal=True, gap="xsmall")
    label = (
        message_plural("Save {n} changed deal", "Save {n} changed deals", len(drafts))
        if drafts
        else "Nothing to save yet"
    )
    if row.button(label, type="primary", disabled=not drafts, icon=":material/save:", key="review_save"):
        _save(page, drafts)
    row.button("Discard my changes", on_click=_forget, args=(page,), icon=":material/refresh:")


def _base(page: Page, view: tuple[View, str], rows: Any) -> Any:
    """Return the rows under the editor: fixed while one edits, laid anew when the view or the scope changes."""
    if st.session_state.get("review_view") != view or "review_base" not in st.session_state:
        st.session_state["review_view"] = view
        st.session_state["review_base"] = weekly_review.with_drafts(rows, _drafts(page))
        st.session_state["review_turn"] = st.session_state.get("review_turn", 0) + 1
    elif not _drafts(page) and not rows.equals(st.session_state["review_base"]):
        st.session_state["review_base"] = rows
        st.session_state["review_turn"] += 1
    return st.session_state["review_base"]


def _drafts(page: Page) -> dict[str, dict[str, Any]]:
    """Return what was typed and not saved, by deal; `version` is the one it was typed over."""
    return unsaved.items(_typed(page))


def _typed(page: Page) -> str:
    return message("{typed} of {book}", typed=TYPED, book=calls.book(page.data))


def _met(page: Page) -> str:
    return message("{met} of {book}", met=MET, book=calls.book(page.data))


def _harvest(page: Page, key: str) -> None:
    """Take what was typed out of the editor, so that no filter and no redraw can lose it."""
    base = st.session_state["review_base"]
    for position, changed in st.session_state[key]["edited_rows"].items():
        row = base.row(int(position), named=True)
        draft = _drafts(page).setdefault(
            row["opportunity_id"], {"version": row["version"], **{name: row[name] for name in weekly_review.EDITABLE}}
        )
        draft.update({name: value for name, value in changed.items() if name in weekly_review.EDITABLE})
    unsaved.keep(_typed(page))


def _forget(page: Page) -> None:
    unsaved.drop(_typed(page))
    unsaved.drop(_met(page))
    st.session_state.pop("review_base", None)


def _save(page: Page, drafts: dict[str, dict[str, Any]]) -> None:
    """Save every draft; those a colleague was faster with are kept and shown."""
    clashes = unsaved.items(_met(page))
    saved = 0
    for deal, draft in list(drafts.items()):
        try:
            _write(page, deal, draft, draft["version"])
            drafts.pop(deal)
            saved += 1
        except ConflictError as error:
            clashes[deal] = {"mine": drafts.pop(deal), "theirs": error.theirs, "text": str(error)}
        except QuarterdeckError as error:
            st.warning(escaped(f"{_title(page, deal)}: {error}"), icon=":material/warning:")
            _keep(page)
            return
    _keep(page)
    st.session_state.pop("review_base", None)
    if saved:
        st.session_state["review_notice"] = message_plural("Saved: {n} deal.", "Saved: {n} deals.", saved)
    st.rerun()


def _keep(page: Page) -> None:
    unsaved.keep(_typed(page))
    unsaved.keep(_met(page))


def _write(page: Page, deal: str, draft: dict[str, Any], version: int) -> None:
    calls.check_kept(page.data)
    values = {
        "forecast_category": draft["forecast_category"],
        "call_amount": draft["call_amount"],
        "note": draft["note"] or "",
        "edited_on": page.data.as_of,
    }
    store(page).deal_edits.save(calls.book(page.data), {"opportunity_id": deal}, values, author(page), version)


def _conflicts(page: Page) -> None:
    """Show both versions of each deal a colleague was faster with, and let one choose."""
    clashes = unsaved.items(_met(page))
    for deal, clash in list(clashes.items()):
        mine, theirs = clash["mine"], clash["theirs"]
        with st.container(border=True):
            st.warning(escaped(f"{_title(page, deal)}: {clash['text']}"), icon=":material/warning:")
            for column, title, edit in zip(
                st.columns(2),
                ("Your version", message("Current version, by {author}", author=theirs["author"])),
                (mine, theirs),
                strict=True,
            ):
                column.markdown(f"**{escaped(title)}**")
                for name, label in FIELDS.items():
                    column.text(f"{label}: {'–' if edit[name] in (None, '') else edit[name]}")
            left, middle, right = st.columns(3)
            if left.button("Keep my version", key=f"mine-{deal}", width="stretch"):
                _settle_clash(page, deal, mine, theirs)
            if middle.button("Mine, with both notes", key=f"both-{deal}", width="stretch"):
                note = "\n".join(t for t in (theirs["note"], mine["note"]) if t)
                _settle_clash(page, deal, {**mine, "note": note}, theirs)
            if right.button("Keep current version", key=f"theirs-{deal}", width="stretch"):
                clashes.pop(deal)
                _keep(page)
                st.rerun()


def _title(page: Page, deal: str) -> str:
    """Return a deal's name, else its id."""
    deals = (page.visible or page.data).opportunities
    names = deals.filter(opportunity_id=deal)["opportunity_name"].drop_nulls().to_list()
    return str(names[0]) if names else deal


def _settle_clash(page: Page, deal: str, draft: dict[str, Any], theirs: dict[str, Any]) -> None:
    clashes = unsaved.items(_met(page))
    try:
        _write(page, deal, draft, theirs["version"])
        clashes.pop(deal)
        st.session_state["review_notice"] = message("Saved: {title}.", title=_title(page, deal))
    except ConflictError as error:
        clashes[deal] = {"mine": draft, "theirs": error.theirs, "text": str(error)}
    _keep(page)
    st.session_state.pop("review_base", None)
    st.rerun()


def _views(page: Page) -> None:
    """Offer the saved views, and to save, replace and delete one."""
    views, owner = store(page).views, author(page)
    saved = {s.name: s for s in views.list(owner)}
    chosen = st.selectbox(
        "View",
        list(saved),
        index=None,
        placeholder="Choose a saved view" if saved else "No view saved yet",
        key="review_view_name",
        on_change=_load_view,
        args=(saved,),
        width=220,
    )
    with st.popover("Save or delete a view", icon=":material/bookmark:"):
        name = st.text_input("Save current filters as", value=chosen or "", max_chars=120)
        if st.button("Save the view", key="save_view"):
            _save_view(page, name, saved)
        if chosen and st.button(message("Delete {chosen}", chosen=escaped(chosen)), key="delete_view"):
            views.delete(chosen, owner)
            st.rerun()


def _save_view(page: Page, name: str, saved: dict[str, Any]) -> None:
    now = View(
        **{
            field: tuple(value) if isinstance(value, list) else value
            for field, key in KEYS.items()
            if (value := st.session_state.get(key)) is not None
        }
    )
    version = saved[name.strip()].version if name.strip() in saved else None
    try:
        store(page).views.save(name, author(page), now.to_dict(), version)
    except QuarterdeckError as error:
        st.warning(escaped(error), icon=":material/warning:")
        return
    st.session_state["review_notice"] = message("View saved: {name}", name=name.strip())
    st.rerun()


def _load_view(saved: dict[str, Any]) -> None:
    chosen = st.session_state.get("review_view_name")
    if chosen in saved:
        _fill(View.from_dict(saved[chosen].payload))


def _fill(view: View) -> None:
    for field, key in KEYS.items():
        value = getattr(view, field)
        st.session_state[key] = list(value) if isinstance(value, tuple) else value


def _settle(choices: weekly_review.Choices) -> None:
    """Forget choices this data does not have."""
    allowed = {
        "teams": choices.teams,
        "owners": list(choices.owners),
        "stages": choices.stages,
        "categories": weekly_review.CATEGORIES,
    }
    for field, names in allowed.items():
        chosen = st.session_state.get(KEYS[field])
        if chosen:
            st.session_state[KEYS[field]] = [name for name in chosen if name in names]


def arrive() -> None:
    """Choose the deal and the cell that the address names, once for each address."""
    asked = (st.query_params.get("deal", ""), st.query_params.get("cell", ""))
    if asked[0] and st.session_state.get(ARRIVED) != asked:
        st.session_state[ARRIVED] = asked
        st.session_state[COMMENT_DEAL] = asked[0]
        st.session_state[COMMENT_CELL] = asked[1] if asked[1] in CELLS else WHOLE


def commented(page: Page, rows: Any) -> tuple[str, str]:
    """Ask which deal and which of its cells to comment on, and return the kind and the id of it."""
    names = dict(rows.select("opportunity_id", "opportunity_name").iter_rows())
    asked = st.session_state.get(COMMENT_DEAL)
    if asked and asked not in names:
        # A link may lead to a deal that the filters leave out.
        deals = (page.visible or page.data).opportunities.filter(opportunity_id=asked)
        names |= dict(deals.select("opportunity_id", "opportunity_name").iter_rows())
        if deals.is_empty():
            st.session_state.pop(COMMENT_DEAL)
    left, right = st.columns([3, 2])
    deal = str(left.selectbox("Deal", list(names), format_func=lambda key: names[key] or key, key=COMMENT_DEAL))
    counts = comments.cell_counts(page, deal)
    titles = {name: f"{title} ({counts[name]})" if name in counts else title for name, title in CELLS.items()}
    cell = str(right.selectbox("Cell", list(CELLS), format_func=titles.get, key=COMMENT_CELL))
    return ("deal", deal) if cell == WHOLE else ("review", comments.cell_target(deal, cell))
