"""A bare value of the session is gone with its server: none of them may be somebody's work."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STATE = "st.session_state"
# Each bare value, by why nobody misses it on another server. What somebody typed or chose is none of them: that is a
# control with a key, a parameter of the address, or goes through `pages.ui.kit.unsaved` or `session_data`.
NO_WORK = {
    "a sentence that is shown once after a click": """
        access_outcome alerts_outcome approval_notice call_notice connector_done connector_failed
        hidden_names_notice job_problem link_notices match_failed match_said quality_done quality_failed review_notice
        review_said scenario_notice scenario_saved scope_problem sign_in_problem source_done source_failed tour_problem
        wizard_done wizard_failed fresh_scim_token_problem comment_problem library_used
        project_outcome pay_notice engagement_outcome recent_notices""",
    "a secret that is shown once and kept nowhere; another can be made": """
        alert_way_secret api_key_made connector_address demo_link_made embed_made fresh_scim_token""",
    "a count that gives a control a new key": """
        buyer_forgotten library_count library_files library_imports match_count offer_count offer_files template_turn
        review_turn wizard_uploads""",
    "a sign for the run that follows": """
        calls_pulse digest_opened library_next library_taken match_kept offer_next offer_taken outcome_arrived
        territory_asked
        requirement_deal_came review_judged tour_go tour_levers""",
    "worked out again from the address, the data or the store": """
        account_asked addresses_written also contents_shown library_listed link_read page page_scope quality_preview
        question_asked
        question_topic question_words question_failure refused_pages draft_rewritten holds_seat
        requirement_shown review_arrived review_base
        review_view scope_written shown sheets_hidden wizard_stage_rows kept_language language_choice""",
    "rows as they were first shown; their version is part of the keys of what is typed over them": """
        calls_seen library_opened offer_opened offer_shown review""",
    "found again by the address or the cookie": """
        own_data_person own_data_token own_models_order own_models_here session_source sign_in_mark uploaded_data""",
    "found again through `unsaved`": "unsaved_work wizard",
}
# Keys that are worked out: all are keys of controls.
CONTROLS = {"{KEYS[field]}", "{field}", "{key(entity_id, field)}", "{key}", "{listed}", "{name}"}


class Values(ast.NodeVisitor):
    """The values a module writes into the session, and the keys of its controls."""

    def __init__(self, tree: ast.Module, constants: dict[str, dict[str, str]]) -> None:
        self.written: set[str] = set()
        self.controls: set[str] = set()
        self.names, self.states = dict(own_constants(tree)), {STATE}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    texts = constants.get(f"{node.module}.{alias.name}", {})
                    self.names |= {f"{alias.asname or alias.name}.{name}": text for name, text in texts.items()}
                    if text := constants.get(node.module, {}).get(alias.name):
                        self.names[alias.asname or alias.name] = text
            if isinstance(node, ast.Assign):
                self.states |= {name for name, value in pairs(node) if ast.unparse(value) == STATE}
        self.visit(tree)

    def key(self, node: ast.AST) -> str:
        """Return what a key says, with the expression in braces where it is worked out."""
        if isinstance(node, ast.Constant):
            return str(node.value)
        if isinstance(node, ast.JoinedStr):
            return "".join(
                self.key(part.value if isinstance(part, ast.FormattedValue) else part) for part in node.values
            )
        written = ast.unparse(node)
        return self.names.get(written) or f"{{{written}}}"

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if isinstance(node.ctx, ast.Store) and ast.unparse(node.value) in self.states:
            self.written.add(self.key(node.slice))
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.ctx, ast.Store) and ast.unparse(node.value) in self.states:
            self.written.add(node.attr)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        self.controls |= {self.key(word.value) for word in node.keywords if word.arg == "key"}
        if isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) in self.states:
            if node.func.attr == "setdefault":
                self.written.add(self.key(node.args[0]))
            if node.func.attr == "update":
                self.written |= {word.arg or "{update}" for word in node.keywords} or {"{update}"}
        self.generic_visit(node)


def pairs(node: ast.Assign) -> list[tuple[str, ast.expr]]:
    """Return the names an assignment sets, each with what it is set to."""
    target, value = node.targets[0], node.value
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return [(ast.unparse(t), v) for t, v in zip(target.elts, value.elts, strict=False)]
    return [(ast.unparse(target), value)]


def own_constants(tree: ast.Module) -> list[tuple[str, str]]:
    """Return the texts a module names at its top."""
    assigned = [pair for node in tree.body if isinstance(node, ast.Assign) for pair in pairs(node)]
    return [(name, v.value) for name, v in assigned if isinstance(v, ast.Constant) and isinstance(v.value, str)]


def bare(sources: dict[str, str]) -> dict[str, set[str]]:
    """Return the values of the session that are no control's, each with the modules that write it."""
    trees = {name: ast.parse(text) for name, text in sources.items()}
    constants = {name.removesuffix(".py").replace("/", "."): dict(own_constants(tree)) for name, tree in trees.items()}
    read = {name: Values(tree, constants) for name, tree in trees.items() if STATE in sources[name]}
    controls = {key for values in read.values() for key in values.controls} | CONTROLS
    out: dict[str, set[str]] = defaultdict(set)
    for name, values in read.items():
        for key in values.written - controls:
            out[key].add(name)
    return out


def project() -> dict[str, str]:
    """Return the pages, and the modules of the core whose names they use as keys; a page's names go first."""
    files = [ROOT / "core/access/hidden_lists.py", ROOT / "core/scenarios/form.py", *(ROOT / "pages").rglob("*.py")]
    return {str(file.relative_to(ROOT)): file.read_text(encoding="utf-8") for file in sorted(files)}


def test_no_bare_value_of_the_session_is_somebodys_work():
    listed = {name for names in NO_WORK.values() for name in names.split()}
    values = bare(project())
    unlisted = {name: sorted(where) for name, where in values.items() if name not in listed}
    assert not unlisted, "keep it through pages.ui.kit.unsaved, or say above why it is no work"
    assert not listed - values.keys(), "a reason is given for what is there no more"


def test_a_new_value_is_seen_however_it_is_written():
    source = """
import streamlit as st
DRAFT, FIELD = "draft", "field"
def draw():
    state, n = st.session_state, 1
    st.text_input("x", key=FIELD)
    state[FIELD] = ""
    st.session_state[DRAFT] = 1
    st.session_state.typed = 2
    state.setdefault(f"{DRAFT}_rows", [])
    st.session_state.update(more=3)
"""
    assert bare({"pages/form.py": source}).keys() == {"draft", "typed", "draft_rows", "more"}
