"""Takes a requirement list: an upload, or one that comes with Quarterdeck."""

from __future__ import annotations

import streamlit as st

from core.requirements import samples
from core.requirements.grids import ENDINGS


def choose() -> tuple[str, bytes, str]:
    """Return the name and content of the chosen list, and how a notebook would name the file."""
    upload = st.file_uploader(
        "The buyer's list: CSV, TSV or Excel, in any layout",
        type=[ending[1:] for ending in ENDINGS],
        key="requirement_upload",
        max_upload_size=50,
    )
    if upload is not None:
        return upload.name, upload.getvalue(), upload.name
    shipped = samples.lists()
    name = st.segmented_control(
        "Or look at an example", list(shipped), default=next(iter(shipped), None), key="requirement_sample"
    )
    if not name:
        return "", b"", ""
    path = shipped[name]
    return path.name, path.read_bytes(), f"sample_data/requirements/{path.name}"
