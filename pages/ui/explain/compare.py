"""Controls that hold one group of accounts or deals against another."""

from __future__ import annotations

import streamlit as st

from core.explain import differences
from pages.ui.kit import cache
from pages.ui.kit.shell import Page


def sides(page: Page, subject: str) -> tuple[str, str | None, str | None]:
    """Ask by what groups are made and which two are held against each other; default the highest and the lowest."""
    usual = next((kind for kind in differences.GROUPS if len(_names(page, kind, subject)) > 1), "region")
    by = str(
        st.segmented_control(
            "Compare by",
            list(differences.GROUPS),
            format_func=differences.GROUPS.get,
            default=usual,
            required=True,
            key=f"against_by_{subject}{page.scope.mark if page.scope.parts else ''}",
        )
        or usual
    )
    names = _names(page, by, subject)
    second, third = st.columns(2)
    if len(names) < 2:
        return by, None, None
    group = second.selectbox("Compare", names, index=len(names) - 1, key=f"against_one_{subject}_{by}")
    others = [name for name in names if name != group]
    other = third.selectbox("With", others, key=f"against_other_{subject}_{by}")
    return by, group, other


def _names(page: Page, by: str, subject: str) -> list[str]:
    names: list[str] = cache.result(differences.groups, page.data, page.settings, by, subject)["value"].to_list()
    return names
