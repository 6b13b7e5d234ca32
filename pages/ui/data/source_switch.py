"""The sources of the workspace: what serves everybody, what this session looks at, versions and the way back."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import streamlit as st

from core.contracts.errors import AccessError, QuarterdeckError, SourceError
from core.local_times import localised
from core.localization import message
from core.sources import loading, source_registry
from core.sources.source_registry import Listed
from core.store.source_versions import SourceVersion
from pages.ui.kit import cache, downloads, notices, saved_content, session_data
from pages.ui.kit.cells import Cell
from pages.ui.kit.shell import Page

DONE, FAILED, CHOICE = "source_done", "source_failed", "source_chosen"
COLUMNS = {
    "title": st.column_config.TextColumn("Source", width="medium"),
    "serves": st.column_config.TextColumn("Serves", width="small"),
    "version": st.column_config.NumberColumn("Versions", width="small"),
    "n_rows": st.column_config.NumberColumn("Rows", format="localized", width="small"),
    "saved_at": st.column_config.DatetimeColumn("Saved, UTC", format="D MMM YYYY, HH:mm", width="small"),
    "author": st.column_config.TextColumn("By", width="small"),
}
VERSIONS = {
    "version": st.column_config.NumberColumn("Version", width="small"),
    "saved_at": st.column_config.DatetimeColumn("Saved, UTC", format="D MMM YYYY, HH:mm", width="small"),
    "author": st.column_config.TextColumn("By", width="small"),
    "n_rows": st.column_config.NumberColumn("Rows", format="localized", width="small"),
    "as_of_on": st.column_config.DateColumn("As of", width="small"),
    "files": st.column_config.TextColumn("Files", width="medium"),
}


def panel(page: Page, c: Cell) -> None:
    """List the sources, and let one be looked at in this session or chosen for everybody."""
    sources = saved_content.sources(page)
    c.answer(_sentence(sources))
    notices.tell(DONE, FAILED)
    c.table(_frame(sources), column_config=COLUMNS, height=260)
    by_name = {entry.name: entry for entry in sources}
    mine = session_data.source()
    serving = next((entry.name for entry in sources if entry.is_in_force), sources[0].name)
    if st.session_state.get(CHOICE) not in by_name:
        st.session_state[CHOICE] = mine[0] if mine and mine[0] in by_name else serving
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    name = left.selectbox("Source", list(by_name), format_func=lambda key: by_name[key].title, key=CHOICE)
    entry = by_name[name]
    versions = saved_content.source_versions(page, name) if entry.version else []
    number = _version(right, entry, versions)
    _buttons(page, entry, number)
    _details(page, entry, versions, number)


def _sentence(sources: list[Listed]) -> str:
    serving = next((entry for entry in sources if entry.is_in_force), sources[0])
    version = message(", version {serving}", serving=serving.serving) if serving.serving else ""
    everybody = message("{title}{version} is used for everybody.", title=serving.title, version=version)
    if session_data.upload() is not None:
        return message("{everybody} This session uses its own files.", everybody=everybody)
    mine = session_data.source()
    if mine is not None:
        own = next((entry.title for entry in sources if entry.name == mine[0]), mine[0])
        return message(
            "{everybody} This session uses {own}{of_mine}.",
            everybody=everybody,
            own=own,
            of_mine=message(", version {mine}", mine=mine[1]) if mine[1] else "",
        )
    return everybody


def _frame(sources: list[Listed]) -> pl.DataFrame:
    mine = session_data.source()
    rows = []
    for entry in sources:
        serves = ["everybody"] * entry.is_in_force + ["this session"] * (mine is not None and mine[0] == entry.name)
        at = entry.saved_at.replace(tzinfo=None) if entry.saved_at else None
        rows.append((entry.title, ", ".join(serves), entry.version or None, entry.n_rows or None, at, entry.author))
    kinds = (pl.String, pl.String, pl.Int64, pl.Int64, pl.Datetime("us"), pl.String)
    return pl.DataFrame(rows, schema=dict(zip(COLUMNS, kinds, strict=True)), orient="row")


def _version(right: st.delta_generator.DeltaGenerator, entry: Listed, versions: list[SourceVersion]) -> int:
    """Return the version that is looked at, the newest where nobody chose another; 0 where there are none."""
    if len(versions) < 2:
        return entry.version
    names = {v.version: f"{v.version} · {v.author}, {v.saved_at:%d %B %Y %H:%M}" for v in versions}
    return int(right.selectbox("Version", list(names), format_func=names.get, key=f"source_version-{entry.name}"))


def _buttons(page: Page, entry: Listed, number: int) -> None:
    mine = session_data.source()
    is_mine = mine == (entry.name, number) and session_data.upload() is None
    serves = entry.is_in_force and number == entry.serving
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Show in this session",
            on_click=_show,
            args=(page, entry.name, number),
            key="source_show",
            icon=":material/visibility:",
            disabled=is_mine or (serves and not session_data.is_own()),
        )
        if session_data.is_own():
            st.button(
                "Back to everybody's data", on_click=session_data.leave, key="source_back", icon=":material/undo:"
            )
        if page.may("data:write"):
            st.button(
                "Use it for everybody",
                on_click=_choose,
                args=(page, entry.name, number),
                key="source_use",
                icon=":material/groups:",
                disabled=serves,
            )
            if entry.name == source_registry.SETTINGS and page.settings.has_warehouse:
                st.button(
                    "Read the tables again",
                    on_click=_read_again,
                    args=(page,),
                    key="source_again",
                    icon=":material/refresh:",
                    help="Pages show the last state until the new one is ready.",
                )
            if entry.version:
                st.button(
                    "Remove",
                    on_click=_remove,
                    args=(page, entry.name),
                    key="source_remove",
                    icon=":material/delete:",
                    disabled=entry.is_in_force,
                    help="Takes the source out of the workspace and deletes the files kept for it.",
                )
    if not page.may("data:write"):
        st.caption("Only users with the right data:write can choose the source for everybody.")


def _details(page: Page, entry: Listed, versions: list[SourceVersion], number: int) -> None:
    shown = next((v for v in versions if v.version == number), None)
    if shown is None:
        return
    with st.expander("Versions, files and column map", key="source_details"):
        rows = [
            (
                v.version,
                v.saved_at.replace(tzinfo=None),
                v.author,
                v.n_rows,
                v.as_of_on,
                v.folder or ", ".join(str(f["name"]) for f in v.files),
            )
            for v in versions
        ]
        kinds = (pl.Int64, pl.Datetime("us"), pl.String, pl.Int64, pl.Date, pl.String)
        frame = pl.DataFrame(rows, schema=dict(zip(VERSIONS, kinds, strict=True)), orient="row")
        own, columns = localised(frame, VERSIONS, page.settings.time_zone)
        st.dataframe(own.to_arrow(), hide_index=True, lazy=False, column_config=columns, height="content")
        if shown.mapping:
            downloads.button(
                st,
                message("Column map of version {number} (YAML)", number=number),
                source_registry.as_yaml(shown.mapping),
                "map.yaml",
                "text/yaml",
                key="source_map",
                icon=":material/download:",
            )
        else:
            st.caption("It has no column map: its tables are recognised anew whenever it is read.")


def _done(action: Callable[[], str]) -> None:
    try:
        st.session_state[DONE] = action()
    except QuarterdeckError as error:
        st.session_state[FAILED] = str(error)


def _refuse_readers(page: Page) -> None:
    if not page.may("data:write"):
        raise AccessError("Your role can read data but not change it.", mend="Ask an administrator.")


def _show(page: Page, name: str, number: int) -> None:
    """Look at a source in this session, once it is sure that it can be read."""

    def shown() -> str:
        cache.data(cache.settings(), (name, number))
        session_data.use_source(name, number)
        return "Only this session uses it; nothing changes for others."

    _done(shown)


def _choose(page: Page, name: str, number: int) -> None:
    def chosen() -> str:
        _refuse_readers(page)
        cache.data(cache.settings(), (name, number))
        source_registry.choose(cache.store(page.settings.database), cache.settings(), name, page.identity.user, number)
        session_data.leave()
        return "It is used for everybody from now on."

    _done(chosen)


def _read_again(page: Page) -> None:
    def again() -> str:
        _refuse_readers(page)
        try:
            loading.read_again(cache.settings())
        except QuarterdeckError as error:
            raise SourceError(message("{error} The pages go on with what was read last.", error=error)) from error
        return "The tables are read again. Until that is done, the pages show what was read last."

    _done(again)


def _remove(page: Page, name: str) -> None:
    def removed() -> str:
        _refuse_readers(page)
        store, mine = cache.store(page.settings.database), session_data.source()
        source_registry.remove(store, cache.settings(), name, page.identity.user)
        if mine is not None and mine[0] == name:
            session_data.leave()
        return message("{name} is removed.", name=name)

    _done(removed)
