"""The upload of the Data page: preview first, then use for this session."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import streamlit as st

from core.contracts import Dataset
from core.contracts.errors import QuarterdeckError, SourceError, failures_as
from core.metrics import load_report
from core.metrics.measure import counted
from core.sources import read_files, trial_read
from core.sources.files import ENDINGS
from core.sources.mapping import parse_map
from pages.ui.kit.escaping import escaped
from pages.ui.kit.grid import grid
from pages.ui.kit.shell import Page

MOST_BYTES, TRIED = 300_000_000, "data_tried"
COLUMNS = {
    "entity": "Entity",
    "column": "Column",
    "filled_rate": st.column_config.ProgressColumn("Filled", format="percent", min_value=0, max_value=1),
    "example": "For example",
}


def panel(page: Page) -> None:
    """Take files, show what was read, and on request use them for this session only."""
    files = st.file_uploader(
        "CSV, TSV, Parquet or Excel files, one per entity",
        type=[e[1:] for e in ENDINGS],
        accept_multiple_files=True,
        key="data_upload",
        help="Name them after their entity: accounts.csv, opportunities.csv, transactions.csv and so on.",
    )
    plan = st.file_uploader(
        "A column map, where your columns have other names",
        type=["yaml", "yml"],
        key="data_map",
        help="The admin guide shows one: per entity its file, and our column names with yours beside them.",
    )
    if files:
        try:
            dataset = _read({f.name: f.getvalue() for f in files}, (plan.getvalue(), plan.name) if plan else None, page)
        except QuarterdeckError as error:
            st.error(escaped(error), icon=":material/error:")
            return
        counts = ", ".join(f"{v:,} {k.replace('_', ' ')}" for k, v in dataset.row_counts.items() if v)
        st.markdown(escaped(f"Read: {counts}. As of {dataset.as_of}."))
        if dataset.rejected.height:
            left_out = counted(dataset.rejected.height, "row")
            st.warning(escaped(f"{left_out} would be left out; download them below after loading."))
        for note in dataset.missing:
            st.caption(escaped(note))
        preview = load_report.columns(dataset, page.settings)
        st.markdown(escaped(preview.sentence()))
        grid(preview.frame, height=300, column_config=COLUMNS)
        if st.button("Use for this session", type="primary"):
            st.session_state["uploaded_data"] = replace(dataset, is_transient=True)
            st.rerun()
    if st.session_state.get("uploaded_data") is not None and st.button("Back to the first data"):
        del st.session_state["uploaded_data"]
        st.rerun()


def _read(files: dict[str, bytes], plan: tuple[bytes, str] | None, page: Page) -> Dataset:
    """Read the files; those not seen before are read on trial first, where they can do no harm."""
    if sum(map(len, files.values())) > MOST_BYTES:
        raise SourceError("The files are larger than 300 MB together.", mend="Load them from the data folder instead.")
    mapping = parse_map(*plan) if plan else None
    digest = hashlib.blake2b(repr(mapping).encode(), digest_size=16)
    for name, content in files.items():
        digest.update(name.encode(errors="replace") + hashlib.blake2b(content).digest())
    if st.session_state.get(TRIED) != digest.digest():
        with st.spinner("Reading the files on trial"):
            trial_read.trial(files, mapping, page.settings)
        st.session_state[TRIED] = digest.digest()
    with failures_as(SourceError, "The files cannot be used as they are.", ", ".join(files)[:200]):
        return read_files(files, mapping, settings=page.settings)
