"""Controls of the enablement page: updates, who has learned what, results of trials, steps done."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from core.contracts.errors import QuarterdeckError
from core.enablement import training, updates
from core.localization import message
from core.requirements.judge.gap_analysis import GapAnalysis, Stake
from core.requirements.work import sample_lists, saved_lists
from pages.ui.kit import cache, saved_content, unsaved
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.grid import TALL_ROW, grid
from pages.ui.kit.shell import Page
from pages.ui.requirements import gap_cache, review

ADDED = "product updates"


def news() -> pl.DataFrame:
    """Return the product updates: uploaded, added by form, else the shipped ones."""
    with st.expander("Product updates"):
        given = st.file_uploader("A list of updates (YAML)", type=["yaml", "yml"], key="updates_file")
        with st.form("update", border=False, clear_on_submit=True):
            left, right = st.columns(2)
            title = left.text_input("Title", max_chars=120)
            key = right.text_input("Capability id", max_chars=40)
            what = st.text_input("What is new", max_chars=300)
            why = st.text_input("Why it matters", max_chars=300)
            if st.form_submit_button("Add", icon=":material/add:") and title.strip():
                update = {"title": title, "capability_id": key or None, "what": what, "why": why}
                added = unsaved.items(ADDED)
                added[str(len(added))] = update
                unsaved.keep(ADDED)
        frame = updates.load(given.getvalue() if given else None, given.name if given else "updates.yaml")
        if added := unsaved.items(ADDED):
            frame = pl.concat([frame, pl.DataFrame(list(added.values()), schema=frame.schema)])
            st.button("Take the added updates out again", on_click=unsaved.drop, args=(ADDED,), key="updates_drop")
        grid(frame)
    return frame


def asked(page: Page) -> pl.DataFrame:
    """Return what buyers wrote in the lists this person may see: [text, capability_id], the capability that answers."""
    own = [
        analysis
        for saved in saved_content.lists(page)
        if (analysis := saved_lists.restored(saved.name, saved.payload)) is not None
    ]
    return saved_lists.asked(page.data, page.settings, own, gap_cache.catalogue_in_force())


def learned(page: Page, c: Cell, lessons: int) -> None:
    """Show who has done which lesson, and let it be ticked; under hidden names it is only shown."""
    record, version = saved_content.record(page, "training")
    everybody = [person for person in record.get("people", []) if isinstance(person, str)]
    done = {who: [int(k) for k in ks] for who, ks in record.get("done", {}).items()}
    people = saved_content.people(page, everybody)
    c.answer(training.completion(list(people), lessons, done)[1])
    if lessons == 0:
        return
    with st.expander("Who has done which lesson?"):
        if saved_content.reader(page).is_masked:
            grid(_ticks(list(people), lessons, done).with_columns(Person=pl.Series(people.values(), dtype=pl.String)))
            st.caption("Show names to change it.")
            return
        team = [str(name) for name in page.data.sales_team.filter(pl.col("role") == "rep")["rep_name"].unique()]
        chosen = st.multiselect("Enrolled", sorted({*team, *people}), default=list(people), key=f"enrolled_{version}")
        ticked = st.data_editor(
            _ticks(chosen, lessons, done).to_arrow(),
            disabled=["Person"],
            hide_index=True,
            key=f"lessons_{version}_{len(chosen)}",
        )
        if st.button("Save", icon=":material/save:", key="save_lessons"):
            rows = ticked.to_pylist()
            new = {row["Person"]: [n for n in range(1, lessons + 1) if row[str(n)]] for row in rows}
            # Whoever this person does not see stays enrolled.
            enrolled = [*chosen, *(who for who in everybody if who not in people)]
            _keep(page, "training", {"people": enrolled, "done": {**done, **new}}, version)


def _ticks(people: list[str], lessons: int, done: dict[str, list[int]]) -> pl.DataFrame:
    """Return a row per person with a tick per lesson done."""
    columns = {str(n): [n in done.get(who, []) for who in people] for n in range(1, lessons + 1)}
    return pl.DataFrame(
        {"Person": people, **columns}, schema={"Person": pl.String, **dict.fromkeys(columns, pl.Boolean)}
    )


def trial(page: Page, analysis: GapAnalysis) -> dict[int, str]:
    """Return the results of a trial so far: row to passed or failed."""
    record = saved_content.record(page, message("trial {key}", key=saved_lists.key(analysis.source.content)))[0]
    return {int(row): str(result) for row, result in record.items()}


def results(page: Page, analysis: GapAnalysis, plan: pl.DataFrame) -> None:
    """Let results of a trial be entered."""
    name = message("trial {key}", key=saved_lists.key(analysis.source.content))
    version = saved_content.record(page, name)[1]
    shown = plan.select("no", "requirement", "criterion", "result", "ends_on", "owner", "week")
    edited = st.data_editor(
        shown.to_arrow(),
        disabled=[column for column in shown.columns if column != "result"],
        hide_index=True,
        row_height=TALL_ROW,
        height=300,
        column_config={
            "no": st.column_config.NumberColumn("No.", width=45),
            "week": st.column_config.NumberColumn("Week", width=55),
            "requirement": st.column_config.TextColumn("Requirement", width=220),
            "criterion": st.column_config.TextColumn("Passed when", width=190),
            "owner": "Owner",
            "ends_on": st.column_config.DateColumn("Until"),
            "result": st.column_config.SelectboxColumn(
                "Result", options=["open", "passed", "failed"], required=True, width=80
            ),
        },
        key=f"trial_{version}",
    )
    new = [str(outcome) for outcome in edited.column("result").to_pylist()]
    if new != shown["result"].to_list():
        _keep(
            page,
            name,
            {str(row): result for row, result in zip(plan["row"], new, strict=True) if result != "open"},
            version,
        )


def steps(page: Page, analysis: GapAnalysis, names: list[str]) -> list[str]:
    """Return the steps to signature that are done, and let them be ticked."""
    name = message("contract {key}", key=saved_lists.key(analysis.source.content))
    record, version = saved_content.record(page, name)
    before = [step for step in record.get("done", []) if step in names]
    done = st.pills("Done", names, selection_mode="multi", default=before, key=f"steps_{version}")
    if sorted(done) != sorted(before):
        _keep(page, name, {"done": done}, version)
    return list(done)


def choose(page: Page) -> GapAnalysis | None:
    """Let a list be chosen: one that is kept, or an example."""
    by_name = {saved.name: saved for saved in saved_content.lists(page)}
    shipped = sample_lists.lists()
    names = [*by_name, *(sample for sample in shipped if sample not in by_name)]
    name = st.selectbox("Which list?", names, key="enablement_list")
    if name is None:
        return None
    if name not in by_name:
        path = shipped[name]
        return gap_cache.analysed(page, path.read_bytes(), path.name, None)
    file = saved_content.list_file(page, by_name[name])
    if file is None:
        return None
    summary = by_name[name].payload.get("summary", {})
    stake = None
    if summary.get("opportunity_id"):
        stake = Stake(summary["opportunity_id"], summary.get("opportunity", name), float(summary.get("amount") or 0.0))
    analysis = gap_cache.analysed(page, file[1], file[0], stake)
    return review.decided(page, analysis, stake)


def deal(analysis: GapAnalysis) -> str:
    """Return the deal's name, else the file's."""
    return str(analysis.summary.get("opportunity") or analysis.source.name)


def _keep(page: Page, name: str, payload: dict[str, Any], version: int) -> None:
    try:
        cache.store(page.settings.database).enablement.save(name, saved_content.EVERYBODY, payload, version or None)
    except QuarterdeckError as error:
        st.warning(escaped(error), icon=":material/warning:")
        return
    st.rerun()
