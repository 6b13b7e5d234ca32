"""Shows a buyer's file with its reading painted on it, and lets the reading be put right."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from core.contracts.errors import QuarterdeckError, RequirementError
from core.localization import message
from core.metrics.measure import counted
from core.requirements.officefiles.grids import Grid
from core.requirements.officefiles.sheetxml import column_of, letters_of
from core.requirements.read import preview_grid, repair
from core.requirements.read.layout import Layout
from core.requirements.read.left_out import NotRead
from core.requirements.read.repair import Given
from core.requirements.read.requirement_list import RequirementList
from pages.ui.kit import cache, saved_content
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page
from pages.ui.requirements import read_cache

OWNER = "everybody"
MOST_REMEMBERED = 200
SHOWN_COLUMNS = 16
MOST_PARTS, MOST_ROWS = 30, 200
EMPTY = "It is empty."
HIDDEN = "Show names to see the buyer's file as it is, and to correct how it was read."
NONE = "None"
COLOURS = {
    "Requirement": "rgba(20, 130, 126, 0.24)",
    "Heading": "rgba(110, 110, 110, 0.34)",
    "Section": "rgba(214, 158, 46, 0.22)",
    "Hidden": "rgba(140, 90, 190, 0.22)",
}
ROLES = {
    "text": "The requirement",
    "id": "Its id",
    "priority": "Its priority",
    "category": "Its category",
    "statement": "Answer: compliance",
    "words": "Answer: comment",
    "": "Nothing",
}


def read(page: Page, content: bytes, name: str) -> RequirementList | None:
    """Read the list with all that was remembered about its layout; show it and offer the repair."""
    given = _remembered(page)
    try:
        source = read_cache.reading(content, name, given)
    except RequirementError as error:
        if page.view.is_masked:
            st.warning(
                escaped(message("{name} cannot be read. {hidden}", name=name, hidden=HIDDEN)), icon=":material/warning:"
            )
            return None
        st.warning(escaped(error), icon=":material/warning:")
        whole = read_cache.whole(content, name, given)
        if whole is not None:
            _not_read(page, whole)
        _repair(page, content, name, None)
        return None
    return saved_content.list_read(page, source)


def panel(page: Page, source: RequirementList) -> None:
    """Say how each sheet was read, and open the file with its reading painted on it."""
    if page.view.is_masked:
        st.caption(escaped(HIDDEN))
        return
    alike: dict[str, list[str]] = {}
    for layout in source.layouts:
        alike.setdefault(layout.reading() + (" As you said." if layout.is_given else ""), []).append(layout.sheet)
    lines = [f"{'The file' if sheets == ['csv'] else ', '.join(sheets)}: {text}" for text, sheets in alike.items()]
    st.caption("  \n".join(escaped(line) for line in [*lines, *source.notes]))
    _not_read(page, source)
    _repair(page, source.content, source.name, source)


def _not_read(page: Page, source: RequirementList) -> None:
    """List every sheet and every requirement-like row that was not read; a click takes it."""
    parts = [part for part in source.not_read if part.rows or part.reason != EMPTY]
    n_rows = sum(len(part.rows) for part in parts)
    if not parts:
        return
    read_sheets = {layout.sheet for layout in source.layouts}
    title = message(
        "Not read: {places}; {rows} in them may be requirements",
        places=counted(len(parts), "place"),
        rows=counted(n_rows, "row"),
    )
    with st.expander(title, expanded=False, icon=":material/playlist_add:"):
        for index, part in enumerate(parts[:MOST_PARTS]):
            left, right = st.columns([5, 1], vertical_alignment="center")
            left.markdown(f"**{escaped(part.sheet)}**: {escaped(part.reason)}")
            if part.sheet not in read_sheets and right.button("Read it", key=f"take-sheet-{index}", width="stretch"):
                _take(page, source, part.sheet, ())
            if part.rows:
                # the count is in the key, so that a choice is forgotten once its row was taken
                key = f"take-{index}-{len(part.rows)}"
                _rows_not_read(page, source, part, key, part.sheet in read_sheets)


def _rows_not_read(page: Page, source: RequirementList, part: NotRead, key: str, is_read: bool) -> None:
    """Show the rows of one sheet that were not read; in a sheet that was, a click on one takes it."""
    try:
        grid = read_cache.sheet(source.content, source.name, part.sheet)
    except (QuarterdeckError, StopIteration):
        return
    wanted = set(part.rows)
    rows = [(n, " · ".join(c for c in cells if c)) for n, cells in grid.rows if n in wanted][:MOST_ROWS]
    event = st.dataframe(
        {"Row": [n for n, _ in rows], "Text": [text for _, text in rows]},
        hide_index=True,
        width="stretch",
        height=min(220, 38 + 35 * len(rows)),
        column_config={"Row": st.column_config.NumberColumn(width="small")},
        on_select="rerun" if is_read else "ignore",
        selection_mode="single-row",
        key=key,
    )
    chosen = event["selection"].get("rows", []) if is_read and event else []
    if chosen:
        _take(page, source, part.sheet, [rows[chosen[0]][0]])
    if is_read and st.button(message("Take all {n_rows}", n_rows=len(rows)), key=f"{key}-all"):
        _take(page, source, part.sheet, [n for n, _ in rows])


def _take(page: Page, source: RequirementList, sheet: str, rows: Sequence[int]) -> None:
    """Take a sheet for a list, or rows of one for requirements."""
    grid = read_cache.sheet(source.content, source.name, sheet)
    given = repair.of([repair.from_dict(json.loads(text)) for text in _remembered(page)], grid)
    start = given if given is not None and given.is_list else repair.as_found(grid)
    _keep(page, repair.taking(start, grid, rows))


def _repair(page: Page, content: bytes, name: str, source: RequirementList | None) -> None:
    try:
        grids = [grid for grid in read_cache.heads(content, name) if grid.rows]
    except QuarterdeckError:
        return
    unsure = source is None or any(layout.confidence < 0.7 for layout in source.layouts)
    title = "The file as it was read: fix the columns here"
    with st.expander(title, expanded=unsure, type="compact", icon=":material/format_paint:"):
        if not grids:
            st.caption("The file holds no text.")
            return
        shapes: dict[str, list[Layout]] = {}
        for layout in source.layouts if source else ():
            shapes.setdefault(layout.sheet, []).append(layout)
        names = [grid.name for grid in grids]
        first = names.index(next(iter(shapes))) if shapes else 0
        sheet = names[0]
        if len(names) > 1:
            sheet = st.selectbox(
                "Sheet",
                names,
                index=first,
                key=f"read-sheet-{name}",
                format_func=lambda n: n + (" · requirements" if n in shapes else " · none"),
            )
        grid = next(g for g in grids if g.name == sheet)
        grid, shape = _table(grid, shapes.get(sheet, []))
        _painted(page, grid, shape, source)
        _form(page, grid, shape)


def _table(grid: Grid, shapes: list[Layout]) -> tuple[Grid, Layout | None]:
    """Return a sheet and how it was read; of a sheet with several tables, the one that is chosen."""
    if len(shapes) < 2:
        return grid, shapes[0] if shapes else None
    heads = {shape.header_row: shape for shape in shapes}
    row = st.selectbox(
        "Table", list(heads), format_func=lambda n: message("The one under row {n}", n=n), key=f"read-table-{grid.name}"
    )
    shape = heads[row]
    rows = [(n, cells) for n, cells in grid.rows if (shape.header_row or 0) <= n <= (shape.last_row or n)]
    return replace(grid, rows=rows), shape


def _painted(page: Page, grid: Grid, shape: Layout | None, source: RequirementList | None) -> None:
    """Show the sheet; a click on a cell lets its row or column be named."""
    shown = preview_grid.paint(grid, shape, source.frame if source else None)
    frame = shown.frame.select(shown.frame.columns[: SHOWN_COLUMNS + 2]).to_pandas()
    style = frame.style.apply(_tint, axis=1, roles=shown.roles)
    titles: dict[str, Any] = {"row": st.column_config.NumberColumn("Row", width="small"), "taken_for": "Taken for"}
    titles |= {c: _title(c, shown.roles.get(c, "")) for c in frame.columns[2:]}
    event = st.dataframe(
        style,
        hide_index=True,
        width="stretch",
        height=min(320, 36 + 33 * len(frame)),
        column_config=titles,
        on_select="rerun",
        selection_mode="single-cell",
        key=f"painted-{grid.name}",
    )
    st.caption(
        "Teal: requirements. Grey: heading. Yellow: section. Violet: hidden. Click a cell to name its row or column."
    )
    cells = event["selection"].get("cells", []) if event else []
    if cells:
        _clicked(page, grid, shape, int(frame["row"][cells[0][0]]), str(cells[0][1]))


def _title(letter: str, role: str) -> Any:
    width = "large" if role == "Requirement" else "small" if role in ("Id", "") else "medium"
    return st.column_config.TextColumn(f"{letter} · {role}" if role else letter, width=width)


def _tint(row: Any, roles: dict[str, str]) -> list[str]:
    colour = COLOURS.get(row["taken_for"], "")
    wash = f"background-color: {colour}" if colour else "opacity: 0.55"
    if row["taken_for"] != "Requirement":
        return [wash] * len(row)
    strong = f"background-color: {colour.replace('0.24', '0.42')}"
    return [strong if name in roles else wash for name in row.index]


def _clicked(page: Page, grid: Grid, shape: Layout | None, row: int, column: str) -> None:
    given = _start(grid, shape)
    left, middle, right = st.columns([2, 2, 1], vertical_alignment="bottom")
    if left.button(message("Row {row} is the heading", row=row), width="stretch"):
        _keep(page, repair.with_guess(given, grid, row))
    if column in ("row", "taken_for"):
        return
    role = middle.selectbox(
        message("Column {column} holds", column=column), list(ROLES), format_func=ROLES.get, key=f"role-{grid.name}"
    )
    if right.button("Set", width="stretch"):
        _keep(page, repair.with_text(repair.with_column(given, grid, column_of(column), str(role)), grid))


def _form(page: Page, grid: Grid, shape: Layout | None) -> None:
    """Let sheet, heading and columns be chosen from lists."""
    given = _start(grid, shape)
    rows = {None: "There is no heading"} | {
        n: message("Row {n}: {line}", n=n, line=_line(cells)) for n, cells in grid.rows[:40]
    }
    columns = [None, *range(min(max(grid.width, 1), 80))]
    key = f"{grid.name}-{given.key}-{sorted(given.columns.items())}-{sorted(given.answers.items())}"
    with st.form(f"repair-{key}", border=False):
        is_list = st.toggle(
            message("{name} holds requirements", name=escaped(grid.name))
            if grid.name != "csv"
            else "The file holds requirements",
            value=shape is not None,
        )
        at = list(rows).index(given.header_row) if given.header_row in rows else 0
        header = st.selectbox("Heading", list(rows), index=at, format_func=rows.get)
        boxes = st.columns(4)
        chosen = {
            role: boxes[i].selectbox(
                escaped(_label(role, shape)),
                columns,
                index=columns.index(given.columns.get(role)),
                format_func=lambda c: _named(given, c),
                key=f"{role}-{key}",
            )
            for i, role in enumerate(("text", "id", "priority", "category"))
        }
        left, right = st.columns(2)
        stated = [c for c, kind in given.answers.items() if kind != "text"]
        in_words = [c for c, kind in given.answers.items() if kind == "text"]
        free = columns[1:]
        statements = left.multiselect(
            "Compliance goes into", free, default=stated, format_func=lambda c: _named(given, c)
        )
        words = right.multiselect(
            "Our comment goes into", free, default=in_words, format_func=lambda c: _named(given, c)
        )
        hidden = bool(grid.hidden_rows) and st.checkbox("Leave hidden rows out", value=given.leave_hidden)
        if st.form_submit_button("Read again with these columns", type="primary", icon=":material/refresh:"):
            asked = _asked(grid, is_list, header, chosen, statements, words, hidden)
            same = (asked.columns, asked.answers) == (given.columns, given.answers)
            if shape is not None and header != given.header_row and same:
                asked = repair.with_guess(asked, grid, header)
            _keep(page, replace(asked, taken=given.taken))
    if (
        shape is not None
        and shape.is_given
        and st.button("Undo my changes", icon=":material/undo:", key=f"forget-{key}")
    ):
        _forget(page, grid)


def _asked(
    grid: Grid,
    is_list: bool,
    header: int | None,
    chosen: dict[str, int | None],
    statements: list[int],
    words: list[int],
    hidden: bool,
) -> Given:
    given = repair.with_header(Given(grid.name, is_list, leave_hidden=hidden), grid, header)
    for role, columns in {"statement": statements, "words": words}.items():
        for column in columns:
            given = repair.with_column(given, grid, column, role)
    for role, column in chosen.items():
        if column is not None:
            given = repair.with_column(given, grid, column, role)
    return given


def _start(grid: Grid, shape: Layout | None) -> Given:
    return repair.of_layout(shape, grid) if shape is not None else Given(grid.name)


def _label(role: str, shape: Layout | None) -> str:
    """Name a role, with how surely its column was found."""
    name = preview_grid.ROLE_NAMES[role]
    return (
        message("{name} · {sure:.0f} % sure", name=name, sure=shape.sure[role] * 100)
        if shape and not shape.is_given and role in shape.sure
        else name
    )


def _named(given: Given, column: int | None) -> str:
    if column is None:
        return NONE
    name = given.header[column] if given.header_row is not None and column < len(given.header) else ""
    return f"{letters_of(column)} · {' '.join(name.split())[:40]}" if name else letters_of(column)


def _line(cells: list[str]) -> str:
    return " | ".join(" ".join(c.split())[:24] for c in cells if c)[:90]


def _layouts(page: Page) -> Any:
    return cache.store(page.settings.database).requirement_layouts


def _remembered(page: Page) -> tuple[str, ...]:
    """Return what was said about layouts, the latest last."""
    layouts = _layouts(page).list(OWNER)[:MOST_REMEMBERED]
    return tuple(json.dumps(saved.payload, sort_keys=True) for saved in reversed(layouts))


def _forget(page: Page, grid: Grid) -> None:
    """Forget what was said of a sheet, under whatever name it was said, and read again."""
    given = repair.of([repair.from_dict(json.loads(text)) for text in _remembered(page)], grid)
    if given is not None:
        _layouts(page).delete(given.key, OWNER)
    st.rerun()


def _keep(page: Page, given: Given) -> None:
    """Remember a layout and read again."""
    if given.is_list and not given.as_found and "text" not in given.columns:
        st.warning("Choose the column that holds the requirements.", icon=":material/warning:")
        return
    layouts = _layouts(page)
    versions = {saved.name: saved.version for saved in layouts.list(OWNER)}
    try:
        layouts.save(given.key, OWNER, given.to_dict(), versions.get(given.key))
    except QuarterdeckError as error:
        st.warning(escaped(error), icon=":material/warning:")
        return
    st.toast("Saved for lists with this layout.", icon=":material/check:")
    st.rerun()
