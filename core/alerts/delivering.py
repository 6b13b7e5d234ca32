"""Sends what waits: each message by its way, again after a pause where it failed, and aside where it cannot arrive."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from core.alerts import ways as ways_of
from core.alerts.message import Message, of_content, text, together
from core.alerts.readers import Readers
from core.alerts.sending import chat, mail, webhook
from core.alerts.sending.mail import MailHead, mail_head
from core.alerts.sending.outcome import PassingError, RefusedError
from core.alerts.ways import APPRISE, MAIL, SLACK, TEAMS, WEBHOOK, Way
from core.contracts.errors import QuarterdeckError
from core.localization import joined, message
from core.store import Store
from core.store.deliveries import DEAD, DROPPED, SENT, Delivery

MOST_ATTEMPTS = 8
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=6)
SITE, SECRET = "site", "unsubscribe secret"
Clock = Callable[[], datetime]


@dataclass
class Sent:
    """How many messages were sent, put off, given up and dropped."""

    n_sent: int = 0
    n_put_off: int = 0
    n_dead: int = 0
    n_dropped: int = 0

    def sentence(self) -> str:
        """Say it."""
        counts = {
            "sent": self.n_sent,
            "to be tried again": self.n_put_off,
            "given up": self.n_dead,
            "dropped": self.n_dropped,
        }
        parts = [f"{n:,} {words}" for words, n in counts.items() if n]
        return message("Messages: {parts}.", parts=joined(*parts, by=", ")) if parts else "No message was due."


def site_of(store: Store) -> str:
    """Return the address of the app as people reach it; empty while nobody has written it down."""
    return store.alert_ledger.bookmarks([SITE]).get(SITE, "")


def unsubscribe_mark(store: Store, reader: str) -> str:
    """Return what shows that a request to end a reader's mail came from one of their mails."""
    secret = store.alert_ledger.bookmarks([SECRET]).get(SECRET, "")
    if not secret:
        store.alert_ledger.set_bookmarks({SECRET: secrets.token_hex(32)})
        secret = store.alert_ledger.bookmarks([SECRET])[SECRET]
    return hmac.new(secret.encode(), reader.encode(), hashlib.sha256).hexdigest()[:32]


def deliver(store: Store, readers: Readers, clock: Clock) -> Sent:
    """Send the messages that are due.

    Parameters
    ----------
    store : Store
    readers : Readers
        Who may have what now: a message that has waited while its reader's rights were cut is dropped.
    clock : callable
        Returns the present time in UTC.
    """
    out, by_id = Sent(), {way.id: way for way in ways_of.listed(store)}
    site, paused, head = site_of(store), dict[int, datetime](), mail_head(readers.settings)
    for group in _grouped(store.deliveries.claim()):
        numbers, first = [entry.id for entry in group], group[0]
        way = by_id.get(first.way_id)
        if way is None or not _may_have(first, readers):
            store.deliveries.end(numbers, DROPPED, "The way is gone." if way is None else "The reader may not have it.")
            out.n_dropped += len(numbers)
        elif (until := paused.get(way.id)) is not None:
            store.deliveries.put_off(numbers, until, "The other side asked to wait.")
            out.n_put_off += len(numbers)
        else:
            _send(store, group, way, site, clock, out, paused, head)
    return out


def _grouped(rows: Sequence[Delivery]) -> list[list[Delivery]]:
    """Return what is sent together: batched messages of one reader and way, others by themselves."""
    groups: dict[tuple[object, ...], list[Delivery]] = {}
    for row in rows:
        groups.setdefault((row.reader, row.way_id) if row.is_batched else (row.id,), []).append(row)
    return list(groups.values())


def _may_have(delivery: Delivery, readers: Readers) -> bool:
    """Say whether a reader may still have a message: they are let in, and see names if it has any."""
    if not delivery.reader or delivery.reader.startswith("#") or delivery.kind == "test":
        return True
    who = readers.identity(delivery.reader)
    return who is not None and (not who.is_masked or bool(delivery.content.get("is_masked")))


def _send(
    store: Store,
    group: list[Delivery],
    way: Way,
    site: str,
    clock: Clock,
    out: Sent,
    paused: dict[int, datetime],
    head: MailHead,
) -> None:
    numbers = [entry.id for entry in group]
    try:
        send(store, group, way, site, clock(), head)
    except PassingError as error:
        n_attempts = max(entry.n_attempts for entry in group)
        if n_attempts >= MOST_ATTEMPTS:
            store.deliveries.end(numbers, DEAD, error.text)
            out.n_dead += len(numbers)
            return
        until = clock() + pause(n_attempts, error.wait)
        store.deliveries.put_off(numbers, until, error.text)
        out.n_put_off += len(numbers)
        if error.wait is not None:
            paused[way.id] = until
    except (RefusedError, QuarterdeckError, ValueError) as error:
        store.deliveries.end(numbers, DEAD, str(error))
        out.n_dead += len(numbers)
    else:
        store.deliveries.end(numbers, SENT)
        out.n_sent += len(numbers)


def send_now(store: Store, row: Delivery, way: Way, clock: Clock, head: MailHead) -> None:
    """Send one message at once, and note what became of it; it is not tried again."""
    try:
        send(store, [row], way, site_of(store), clock(), head)
    except (PassingError, RefusedError, QuarterdeckError, ValueError) as error:
        store.deliveries.end([row.id], DEAD, str(error))
    else:
        store.deliveries.end([row.id], SENT)


def pause(n_attempts: int, asked: float | None) -> timedelta:
    """Return how long to wait before the next attempt: four times as long each time, at least what was asked for.

    Examples
    --------
    >>> pause(1, None), pause(2, None), pause(1, 90.0)
    (datetime.timedelta(seconds=30), datetime.timedelta(seconds=120), datetime.timedelta(seconds=90))
    """
    growth: int = 4 ** min(n_attempts - 1, 10)
    return max(min(FIRST_PAUSE * growth, LONGEST_PAUSE), timedelta(seconds=asked or 0.0))


def send(store: Store, group: Sequence[Delivery], way: Way, site: str, now: datetime, head: MailHead) -> None:
    """Send messages that go together.

    Raises
    ------
    PassingError, RefusedError
    """
    first = group[0]
    if way.kind == WEBHOOK:
        for entry in group:
            _to_webhook(way, entry, site, now)
        return
    message = together([of_content(entry.content) for entry in group])
    if way.kind == MAIL:
        mark = "".join(f"{entry.id}." for entry in group[:5]) + "quarterdeck"
        link = unsubscribe_address(store, first.reader, site)
        mail.send(way, first.reader, message, site, mark, now, link, head)
    elif way.kind == SLACK:
        chat.slack(way, message, site)
    elif way.kind == TEAMS:
        chat.teams(way, message, site)
    elif way.kind == APPRISE:
        chat.apprise(way, message, site)


def unsubscribe_address(store: Store, reader: str, site: str) -> str:
    """Return the address at which one click ends the mails of a reader; empty while the app's is not known."""
    if not site:
        return ""
    return message(
        "{site}/api/v1/alerts/unsubscribe?{urlencode}",
        site=site,
        urlencode=urlencode({"who": reader, "mark": unsubscribe_mark(store, reader)}),
    )


def _to_webhook(way: Way, entry: Delivery, site: str, now: datetime) -> None:
    content = entry.content
    if entry.kind == "event":
        webhook.send(way, content["event_id"], content["kind"], content["at"], content["data"], now)
        return
    message: Message = of_content(content)
    lines = [{"sentence": line.sentence, "link": f"{site}{line.link}"} for line in message.lines]
    data = {"title": message.title, "lines": lines, "text": text(message, site)}
    kind = "test" if entry.kind == "test" else "alert.told"
    webhook.send(way, f"msg_{entry.id}", kind, entry.made_at.isoformat(), data, now)
