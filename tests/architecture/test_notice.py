"""NOTICE is as the installed metadata have it, and everything in it may be used as it is used."""

from __future__ import annotations

from tools import notice

MAY_NOT = ("GPL-2", "GPL-3", "AGPL", "GNU General Public", "Affero", "Proprietary")


def test_notice_is_up_to_date():
    written = notice.FILE.read_text(encoding="utf-8")
    assert written == notice.text(), "Run `python -m tools.notice`."


def test_every_library_that_is_needed_may_be_used_under_apache():
    packages = notice.needed()  # read here, for every worker collects this file
    licences = {package.metadata["Name"]: notice.licence(package).replace("LGPL", "") for package in packages}
    assert len(licences) > 20
    assert {name: text for name, text in licences.items() if any(word in text for word in MAY_NOT)} == {}


def test_a_licence_that_binds_is_on_the_list_with_its_reason():
    """A library that allows no choice but a copyleft licence is looked at by a person before it is needed."""
    assert notice.unaccepted() == [], "Add it to ACCEPTED in tools/notice.py with a reason, or do without it."
    packages = {notice.canonicalize_name(p.metadata["Name"]): notice.licence(p) for p in notice.needed()}
    assert all(notice.is_copyleft_only(packages[name]) for name in notice.ACCEPTED)
    assert all(len(reason) > 5 for reason in notice.ACCEPTED.values())
    assert notice.is_copyleft_only("GNU Affero General Public License v3")


def test_the_licence_is_apache_and_travels_with_the_wheel():
    text = (notice.ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert 'license = "Apache-2.0"' in (notice.ROOT / "pyproject.toml").read_text(encoding="utf-8")
