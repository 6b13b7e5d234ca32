from __future__ import annotations

import io
import json
import logging

import pytest

from core.operations import log_lines


@pytest.fixture
def root():
    """Put the log back as it was."""
    logger = logging.getLogger()
    before = logger.handlers[:], logger.level
    yield logger
    logger.handlers[:], _ = before
    logger.setLevel(before[1])


def test_lines_are_json_with_request_session_and_a_pseudonym_and_name_nobody(root):
    out = io.StringIO()
    log_lines.set_up({"QUARTERDECK_LOG": "json"}, out)
    with log_lines.bound(request="r1", session="s1"):
        log_lines.bind(user=log_lines.pseudonym("ana@example.com"))
        logging.getLogger("any.library").warning("%s was refused", "ana@example.com")
        try:
            raise ValueError("no row for bo@example.com")
        except ValueError:
            logging.getLogger("any.library").exception("failed")
    first, second = (json.loads(line) for line in out.getvalue().splitlines())
    assert (first["request"], first["session"], first["level"]) == ("r1", "s1", "warning")
    assert first["event"] == f"person:{log_lines.pseudonym('Ana@example.com')} was refused"
    assert first["user"] == log_lines.pseudonym("ana@example.com")
    assert "ValueError" in second["exception"]
    assert "example.com" not in out.getvalue()


def test_plain_lines_and_levels_are_as_asked_and_nothing_changes_unasked(root):
    out = io.StringIO()
    log_lines.set_up({"QUARTERDECK_LOG": "plain", "QUARTERDECK_LOG_LEVEL": "error"}, out)
    logging.getLogger("x").warning("quiet")
    logging.getLogger("x").error("loud")
    assert "loud" in out.getvalue()
    assert "quiet" not in out.getvalue()
    before = root.handlers[:]
    assert log_lines.set_up({}) is None
    assert root.handlers == before


def test_a_secret_keeps_pseudonyms_the_same_over_processes_and_others_differ():
    secret = {"QUARTERDECK_LOG_SECRET": "x" * 32}
    assert log_lines.pseudonym("a@b.example", secret) == log_lines.pseudonym("A@b.example", secret)
    assert log_lines.pseudonym("a@b.example", secret) != log_lines.pseudonym("a@b.example", {})
