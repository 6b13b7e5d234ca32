"""Calendars, Graph's JSON, lists and transcripts, with their oddities."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from core.contracts.errors import SourceError
from core.interactions import calendar_files, graph_files, listed_interactions, transcript_files
from core.interactions.interaction_files import Reading, read

BERLIN = ZoneInfo("Europe/Berlin")
DAY = date(2026, 5, 15)
GUESTS = "ORGANIZER;CN=Rita:mailto:rita.rep@ours.example\r\nATTENDEE;PARTSTAT=DECLINED:mailto:ana@north.example\r\n"


def calendar(*events, head=""):
    body = "".join(
        f"BEGIN:VEVENT\r\nUID:{n}\r\nDTSTAMP:20260101T000000Z\r\n{event}END:VEVENT\r\n"
        for n, event in enumerate(events)
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{head}{body}END:VCALENDAR\r\n".encode()


def of(*events, head=""):
    return calendar_files.meetings(calendar(*events, head=head), BERLIN, DAY)


def test_a_meeting_has_people_answers_and_a_time_in_utc():
    out = of(f"DTSTART:20260504T100000\r\nDTEND:20260504T110000\r\nSUMMARY:Secret\r\n{GUESTS}")
    row = out.interactions[0]
    assert (row.occurred_at, row.ended_at) == (datetime(2026, 5, 4, 8, tzinfo=UTC), datetime(2026, 5, 4, 9, tzinfo=UTC))
    assert {p.address: p.answer for p in row.people} == {
        "rita.rep@ours.example": "accepted",
        "ana@north.example": "declined",
    }
    assert of(f"DTSTART;TZID=America/New_York:20260504T100000\r\n{GUESTS}").interactions[0].occurred_at.hour == 14


def test_what_repeats_is_laid_out_within_bounds_with_its_exceptions():
    rule = "RRULE:FREQ=WEEKLY;COUNT=4\r\nEXDATE:20260408T080000Z\r\n"
    weekly = f"DTSTART:20260401T080000Z\r\nDTEND:20260401T090000Z\r\n{rule}{GUESTS}"
    days = [row.occurred_at.day for row in of(weekly).interactions]
    assert days == [1, 15, 22]
    for_ever = of(f"DTSTART:20000101T080000Z\r\nRRULE:FREQ=DAILY\r\n{GUESTS}").interactions
    assert len(for_ever) == calendar_files.MOST_OF_EVENT
    assert for_ever[0].occurred_at.date() >= DAY - calendar_files.BACK
    assert len({row.key for row in for_ever}) == len(for_ever)
    for often in ("SECONDLY", "HOURLY"):
        assert of(f"DTSTART:20260401T080000Z\r\nRRULE:FREQ={often}\r\n{GUESTS}").left_out == {
            calendar_files.TOO_OFTEN: 1
        }
    past = of(f"DTSTART:20000101T080000Z\r\nRRULE:FREQ=DAILY;COUNT=2\r\n{GUESTS}")
    assert past.left_out == {calendar_files.OUTSIDE: 1}


def test_a_moved_occasion_keeps_its_key():
    series = f"UID:7\r\nDTSTART:20260504T080000Z\r\nRRULE:FREQ=WEEKLY;COUNT=2\r\n{GUESTS}"
    moved = f"UID:7\r\nRECURRENCE-ID:20260511T080000Z\r\nDTSTART:20260512T100000Z\r\n{GUESTS}"
    plain = calendar(series).replace(b"UID:0\r\n", b"")
    both = calendar(series, moved).replace(b"UID:0\r\n", b"").replace(b"UID:1\r\n", b"")
    before, after = (calendar_files.meetings(content, UTC, DAY).interactions for content in (plain, both))
    assert [row.key for row in before] == [row.key for row in after]
    assert after[1].occurred_at == datetime(2026, 5, 12, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (f"DTSTART;VALUE=DATE:20260504\r\n{GUESTS}", calendar_files.WHOLE_DAY),
        (GUESTS, calendar_files.UNDATED),
        (f"DTSTART:00010101T000000Z\r\n{GUESTS}", calendar_files.UNDATED),
        ("DTSTART:20260504T080000Z\r\n", calendar_files.ALONE),
        ("DTSTART:20260504T080000Z\r\nATTENDEE;CUTYPE=ROOM:mailto:r@ours.example\r\n", calendar_files.ALONE),
    ],
)
def test_what_is_no_meeting_is_left_out_with_its_reason(event, reason):
    assert of(event).left_out == {reason: 1}


def test_a_meeting_called_off_and_one_that_ends_before_it_begins():
    assert of(f"DTSTART:20260504T080000Z\r\nSTATUS:CANCELLED\r\n{GUESTS}").interactions[0].is_cancelled
    assert of(f"DTSTART:20260504T080000Z\r\n{GUESTS}", head="METHOD:CANCEL\r\n").interactions[0].is_cancelled
    odd = of(f"DTSTART:20260504T080000Z\r\nDTEND:20260503T080000Z\r\n{GUESTS}").interactions[0]
    assert odd.ended_at is None


def test_a_calendar_that_is_none_or_too_large_is_refused(monkeypatch):
    with pytest.raises(SourceError, match="cannot be read"):
        calendar_files.meetings(b"BEGIN:VCALENDAR\r\nnothing\r\n", BERLIN, DAY)
    monkeypatch.setattr(calendar_files, "MOST_EVENTS", 1)
    two = f"DTSTART:20260504T080000Z\r\n{GUESTS}"
    assert of(two, two).left_out == {calendar_files.TOO_MANY: 1}
    monkeypatch.setattr(calendar_files, "LARGEST_BYTES", 5)
    with pytest.raises(SourceError, match="larger"):
        calendar_files.meetings(b"BEGIN:VCALENDAR", BERLIN, DAY)


def graph(*rows):
    return graph_files.interactions(json.dumps({"value": rows}).encode(), "x.json")


ANA = {"emailAddress": {"name": "Ana", "address": "Ana@North.example"}}
RITA = {"emailAddress": {"name": "Rita", "address": "rita.rep@ours.example"}}


def test_messages_and_events_of_graph():
    message = {
        "internetMessageId": "<1>",
        "conversationId": "c",
        "from": ANA,
        "toRecipients": [RITA],
        "sentDateTime": "2026-05-04T08:00:00Z",
        "subject": "S",
        "body": {"contentType": "text", "content": "words"},
    }
    event = {
        "iCalUId": "u",
        "start": {"dateTime": "2026-05-04T10:00:00.0000000", "timeZone": "W. Europe Standard Time"},
        "end": {"dateTime": "2026-05-04T11:00:00.0000000", "timeZone": "W. Europe Standard Time"},
        "organizer": RITA,
        "attendees": [{**ANA, "status": {"response": "declined"}}, {**ANA, "type": "resource"}],
    }
    mail, meeting = graph(message, event).interactions
    assert (mail.kind, mail.people[0].address, mail.people[0].role) == ("mail", "ana@north.example", "from")
    assert (meeting.occurred_at.hour, meeting.ended_at.hour) == (8, 9)
    assert meeting.people[1].answer == "declined"
    lines = b"\n".join(json.dumps(row).encode() for row in (message, event))
    assert len(graph_files.interactions(lines, "x.json").interactions) == 2
    series = graph(
        {**event, "type": "occurrence"},
        {**event, "type": "occurrence", "start": {"dateTime": "2026-05-11T10:00:00", "timeZone": "UTC"}},
    )
    assert len({row.key for row in series.interactions}) == 2


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"isDraft": True}, graph_files.DRAFT),
        ({"from": ANA}, graph_files.UNREAD),
        ({"from": ANA, "sentDateTime": "soon"}, graph_files.UNREAD),
        (7, graph_files.UNREAD),
        ({"from": 7, "sentDateTime": "2026-05-04T08:00:00Z"}, graph_files.UNREAD),
        ({"start": {}, "end": {}, "isAllDay": True}, graph_files.WHOLE_DAY),
        ({"start": {"dateTime": "x"}, "end": {}}, graph_files.UNREAD),
        ({"start": {"dateTime": "2026-05-04T10:00:00"}, "end": {}, "organizer": RITA}, graph_files.ALONE),
    ],
)
def test_rows_of_graph_that_are_left_out(row, reason):
    assert graph(row).left_out == {reason: 1}


def test_graph_that_is_no_json_and_too_long(monkeypatch):
    for content in (b"{", b"\xff", b"[" * 100_000):
        with pytest.raises(SourceError, match="no JSON"):
            graph_files.interactions(content, "x.json")
    monkeypatch.setattr(graph_files, "MOST_ROWS", 1)
    assert graph({"isDraft": True}, {}).left_out == {graph_files.DRAFT: 1, graph_files.TOO_MANY: 1}


def listed(text):
    return listed_interactions.interactions(text.encode(), "x.csv", BERLIN)


def test_a_list_of_calls_meetings_and_mails(monkeypatch):
    out = listed(
        "Type;Start;Minutes;From;To;Deal ID;Status\n"
        "call;2026-05-04 10:00;30;rita.rep@ours.example;Ana <ana@north.example>, x;n1;\n"
        "meeting;2026-05-05T10:00+00:00;;rita.rep@ours.example;ana@north.example;;cancelled\n"
        "fax;2026-05-05;;a@b.example;c@d.example;;\n"
        "call;soon;;a@b.example;c@d.example;;\n"
        "mail;2026-05-05;;;c@d.example;;\n"
    )
    call, meeting = out.interactions
    assert (call.occurred_at.hour, call.ended_at.minute, call.opportunity_id) == (8, 30, "n1")
    assert [p.address for p in call.people] == ["rita.rep@ours.example", "ana@north.example"]
    assert (meeting.is_cancelled, meeting.people[0].role) == (True, "organizer")
    assert out.left_out == {listed_interactions.UNREAD: 3}
    with pytest.raises(SourceError, match="no columns"):
        listed("a,b\n1,2\n")
    with pytest.raises(SourceError, match="no CSV"):
        listed('from,at\n"' + "x" * 300_000 + '",2\n')
    monkeypatch.setattr(listed_interactions, "MOST_ROWS", 1)
    assert listed("from,at\na@b.example,2026-05-05\na@b.example,2026-05-06\n").left_out == {
        listed_interactions.TOO_MANY: 1
    }
    assert listed("from,at,minutes\na@b.example,2026-05-05,many\n").interactions[0].ended_at is None


ZOOM = """WEBVTT

1
00:00:01.000 --> 00:00:04.500
Rita Rep: How are you today?

2
00:00:05.000 --> 00:00:07.000
Rita Rep: Shall we begin?

00:08.000 --> 00:12.000
<v Ana North>Fine &amp; <i>well</i>, thank you.</v>

NOTE not spoken

00:12.000 --> 00:13.000
and ready
"""


def test_webvtt_of_zoom_meet_and_teams():
    row = transcript_files.transcript(
        ZOOM.encode(), "GMT20260504-080000_Recording.transcript.vtt", BERLIN
    ).interactions[0]
    assert row.occurred_at == datetime(2026, 5, 4, 8, tzinfo=UTC)
    assert [(t.speaker, t.text) for t in row.turns] == [
        ("Rita Rep", "How are you today? Shall we begin?"),
        ("Ana North", "Fine & well , thank you. and ready"),
    ]
    assert (row.turns[0].started_s, row.turns[0].ended_s) == (1.0, 7.0)
    assert [p.address for p in row.people] == ["rita rep", "ana north"]


def test_plain_text_with_its_head():
    head = "date: 2026-05-04T10:00\nparticipant: Ana North <ana@north.example>\ndeal: n1\n"
    text = f"{head}[00:00:05] Ana North: Yes: we do.\nand more\n00:10 Rita: At 10:30 then?\n"
    row = transcript_files.transcript(text.encode(), "x.txt", BERLIN).interactions[0]
    assert (row.occurred_at.hour, row.opportunity_id) == (8, "n1")
    assert [(t.speaker, t.text, t.started_s) for t in row.turns] == [
        ("Ana North", "Yes: we do. and more", 5.0),
        ("Rita", "At 10:30 then?", 10.0),
    ]
    assert [p.address for p in row.people] == ["ana@north.example", "rita"]


def test_transcripts_that_say_too_little():
    assert transcript_files.transcript(b"A: Hello there.", "x.txt", UTC).left_out == {transcript_files.UNDATED: 1}
    assert transcript_files.transcript(b"A: Hello.", "x 2026-99-01.txt", UTC).left_out == {transcript_files.UNDATED: 1}
    assert transcript_files.transcript(b"date: 2026-13-01\nA: Hello.", "2026-05-04.txt", UTC).interactions
    assert transcript_files.transcript(b"WEBVTT\n\n", "2026-05-04.vtt", UTC).left_out == {transcript_files.SILENT: 1}
    nobody = b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n"
    assert (
        transcript_files.transcript(nobody, "2026-05-04.vtt", UTC).interactions[0].turns[0].speaker
        == transcript_files.NOBODY
    )
    with pytest.raises(SourceError, match="no text"):
        transcript_files.transcript(b"\0\0", "x.txt", UTC)


def test_the_door_tells_files_apart_by_what_they_hold():
    reading = Reading(UTC, DAY, occurred_at=datetime(2026, 5, 4, tzinfo=UTC), opportunity_id="n1")
    row = read(b"Ana: Hello there.", "notes.txt", reading).interactions[0]
    assert (row.kind, row.opportunity_id) == ("call", "n1")
    assert read(calendar(f"DTSTART:20260504T080000Z\r\n{GUESTS}"), "odd.bin", reading).interactions[0].kind == "meeting"
    assert read(b'{"value": []}', "x.json", reading).interactions == []
    assert read(b"from,at\na@b.example,2026-05-05\n", "x.csv", reading).interactions[0].kind == "mail"
