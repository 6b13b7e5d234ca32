"""No library that is locked, and no oldest version that is allowed, has a weakness on the list."""

from __future__ import annotations

import json
from datetime import date

from packaging.version import Version

from tools import advisories


def test_nothing_that_is_locked_is_on_the_list():
    day, rows = advisories.local()
    assert isinstance(day, date)
    versions = advisories.locked()
    assert {"streamlit", "cryptography", "starlette"} <= set(rows) & set(versions)
    assert advisories.affected(versions, rows) == []


def test_no_oldest_version_that_is_allowed_is_on_the_list():
    assert advisories.affected(advisories.floors(), advisories.local()[1]) == []


def test_a_weakness_is_named_with_the_version_that_is_without_it():
    rows = {"lib": [advisories.Advisory(Version("1.10"), "CVE-0", "it leaks")]}
    assert advisories.affected({"lib": Version("1.9")}, rows) == ["lib 1.9 has CVE-0 (it leaks); 1.10 does not."]
    assert advisories.affected({"lib": Version("1.10")}, rows) == []


def test_what_an_audit_could_not_look_up_is_not_taken_for_good(monkeypatch, capsys):
    skipped = {"name": "a", "skip_reason": "not there"}
    weak = {"name": "b", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}
    assert advisories.read_audit(json.dumps({"dependencies": [skipped]})) == (0, [])
    assert advisories.read_audit("no answer") == (0, [])
    audit = (1, ["b 1 has CVE-1; 2 does not."])
    assert advisories.read_audit(json.dumps({"dependencies": [skipped, weak]})) == audit
    monkeypatch.setattr(advisories, "_audited", lambda: audit)
    assert advisories.main() == 1
    monkeypatch.setattr(advisories, "_audited", lambda: (0, []))
    assert advisories.main() == 0
    assert "decides" in capsys.readouterr().out
