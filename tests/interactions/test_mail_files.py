"""Mails are read by their headers; malformed, huge, nested and automatic ones do no harm."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime

import pytest

from core.contracts.errors import SourceError
from core.interactions import interaction_files, mail_files
from core.interactions.interaction_files import Reading, read
from core.interactions.read_interaction import ReadFile, in_utc
from tests.interactions.conftest import ANA, REP, mail

READING = Reading(UTC, date(2026, 5, 15))


def of(*mails):
    return mail_files.mbox(b"".join(mails), with_text=False)


def test_an_mbox_gives_who_when_and_which_exchange_and_no_words():
    first, second = of(mail((4, 9), ANA, REP, 1), mail((4, 11), REP, ANA, 2, answers=1)).interactions
    assert [(p.address, p.role) for p in first.people] == [(ANA, "from"), (REP, "to")]
    assert first.occurred_at == datetime(2026, 5, 4, 9, tzinfo=UTC)
    assert first.thread == second.thread
    assert first.key != second.key
    assert (first.text, second.text) == ("", "")
    assert (
        mail_files.mbox(mail((4, 9), ANA, REP, 1), with_text=True).interactions[0].text.strip() == "The secret words."
    )


def test_a_line_of_a_text_that_begins_with_from_begins_no_mail():
    body = mail((4, 9), ANA, REP, 1).replace(b"The secret words.", b"\nFrom here on we go.\n")
    assert len(of(body, mail((5, 9), ANA, REP, 2)).interactions) == 2


@pytest.mark.parametrize(
    "headers",
    [
        {"Date": "no day"},
        {"Date": "Mon, 99 Foo 2026 99:99:99"},
        {"Date": "Mon, 4 May 1700 10:00:00 +0000"},
        {"From": "undisclosed"},
        {"From": ""},
        {"List-Unsubscribe": "<mailto:x@y.example>"},
        {"Auto-Submitted": "auto-replied"},
        {"Precedence": "bulk"},
    ],
)
def test_what_is_no_mail_of_a_person_is_counted_and_left_out(headers):
    out = of(mail((4, 9), ANA, REP, 1, **headers))
    assert (out.interactions, sum(out.left_out.values())) == ([], 1)


def test_malformed_headers_are_read_as_far_as_they_go():
    odd = mail((4, 9), ANA, REP, 1, Subject="=?utf-8?b?w4Rubmk=?= =?x?q?y?=", Cc="a@b, <<>>, =?x?b?!!?= <c@d.example>")
    row = of(odd).interactions[0]
    assert row.subject.startswith("=?") or "Änni" in row.subject
    assert "c@d.example" in {p.address for p in row.people}
    binary = b"From a@b.example 2026\n\xff\xfe\x00:\x00\n\n\n"
    assert of(binary).interactions == []


def test_deep_nesting_and_many_attachments_are_bounded():
    begin = b"".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n'.encode() for n in range(400))
    head = b"From: ana@north.example\nTo: x@ours.example\nDate: Mon, 04 May 2026 09:00:00 +0000\n"
    out = ReadFile()
    mail_files.add(out, head + begin + b"Content-Type: text/plain\n\nhi", with_text=True)
    assert out.interactions[0].text == ""
    many = b"Content-Type: text/plain\nContent-Disposition: attachment; filename=a\n\nx\n"
    mail_files.add(out, head + b"\n" + many * 3, with_text=False)
    assert out.interactions[1].n_attachments == 3


def test_so_many_mails_and_no_more(monkeypatch):
    monkeypatch.setattr(mail_files, "MOST_MAILS", 2)
    out = of(*(mail((4, 9), ANA, REP, n) for n in range(5)))
    assert len(out.interactions) == 2
    assert list(out.reasons()) == ["3 left out: mails after the first 200,000"]


def packed(**files):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name.replace("_", "."), content)
    return target.getvalue()


def test_a_zip_is_unpacked_within_bounds(monkeypatch):
    out = read(
        packed(a_mbox=mail((4, 9), ANA, REP, 1), b_exe=b"x", c_json=b"{", d_eml=mail((5, 9), ANA, REP, 2)),
        "t.zip",
        READING,
    )
    assert len(out.interactions) == 2
    assert out.left_out == {interaction_files.OTHER_KIND: 1, interaction_files.UNREAD: 1}
    with pytest.raises(SourceError, match="unpacks to too much"):
        read(packed(a_mbox=b"\0" * 30_000_000), "bomb.zip", READING)
    with pytest.raises(SourceError, match="damaged"):
        read(b"PK\x03\x04nothing", "x.zip", READING)
    monkeypatch.setattr(interaction_files, "LARGEST_BYTES", 10)
    with pytest.raises(SourceError, match="larger"):
        read(b"x" * 11, "x.mbox", READING)


def test_a_file_of_another_kind_is_refused():
    with pytest.raises(SourceError, match="not read"):
        read(b"\x89PNG", "x.png", READING)


@pytest.mark.parametrize(
    ("moment", "wanted"),
    [(None, None), (datetime(1, 1, 1, tzinfo=UTC), None), (datetime(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC))],
)
def test_a_moment_no_mail_can_have_is_none(moment, wanted):
    assert in_utc(moment) == wanted
