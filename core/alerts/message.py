"""One message: a heading, sentences that lead to their cells, and bars for a picture; and its text for each way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from core.branding.letterhead import HOUSE, Letterhead
from core.metrics.measure import counted

MOST_LINES, MOST_BARS = 20, 8
SLACK_TEXT = 2_900


@dataclass(frozen=True)
class Line:
    """A sentence, and the address of the cell behind it, below that of the app."""

    sentence: str
    link: str = ""


@dataclass(frozen=True)
class Message:
    """What is sent.

    Attributes
    ----------
    title : str
    lines : tuple of Line
    bars : tuple of (str, float)
        Names and amounts, for a picture.
    currency : str
        Of the bars.
    html : str
        A finished body, such as a digest's; empty where the lines are the body.
    """

    title: str
    lines: tuple[Line, ...] = ()
    bars: tuple[tuple[str, float], ...] = ()
    currency: str = ""
    html: str = ""

    @property
    def content(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            "title": self.title,
            "lines": [[line.sentence, line.link] for line in self.lines],
            "bars": [list(bar) for bar in self.bars],
            "currency": self.currency,
            "html": self.html,
        }


def of_content(content: dict[str, Any]) -> Message:
    """Return a message as it was kept."""
    lines = tuple(Line(sentence, link) for sentence, link in content.get("lines", ()))
    bars = tuple((str(label), float(amount)) for label, amount in content.get("bars", ()))
    return Message(content["title"], lines, bars, content.get("currency", ""), content.get("html", ""))


def together(messages: Sequence[Message]) -> Message:
    """Return several messages as one: a heading that counts them, and the lines of each under its title."""
    if len(messages) == 1:
        return messages[0]
    lines = [entry for message in messages for entry in (Line(f"{message.title}:"), *message.lines)]
    n_lines = sum(len(message.lines) for message in messages)
    return Message(f"{counted(n_lines, 'alert')} from {counted(len(messages), 'rule')}", tuple(lines))


def shown(message: Message) -> list[Line]:
    """Return the lines that are sent; where there are many, the last says how many are left."""
    if len(message.lines) <= MOST_LINES:
        return list(message.lines)
    rest = len(message.lines) - MOST_LINES
    return [*message.lines[:MOST_LINES], Line(f"And {counted(rest, 'more line')}: see the Alerts page.", "/alerts")]


def text(message: Message, site: str, head: Letterhead = HOUSE) -> str:
    """Return it as plain text."""
    lines = [f"- {line.sentence}{_plain_link(line, site)}" for line in shown(message)]
    return "\n".join([message.title, "", *lines, "", *_foot(site, head)]).rstrip() + "\n"


def _plain_link(line: Line, site: str) -> str:
    return f"\n  {site}{line.link}" if site and line.link else ""


def _foot(site: str, head: Letterhead) -> Iterable[str]:
    if site:
        yield f"All alerts, snooze and acknowledge: {site}/alerts"
    if head.name != HOUSE.name:
        yield head.name
    yield from (f"{label}: {address}" for label, address in head.links)


def html(message: Message, site: str, picture: str = "", head: Letterhead = HOUSE) -> str:
    """Return it as HTML for mail; `picture` is the address of its picture within the mail."""
    if message.html:
        return message.html
    items = "".join(f"<li style='margin:0 0 8px'>{_html_line(line, site)}</li>" for line in shown(message))
    image = (
        f'<p><img src="{picture}" alt="{escape(message.title)}" width="560" style="max-width:100%"></p>'
        if picture
        else ""
    )
    foot = f'<p><a href="{escape(site)}/alerts">All alerts, snooze and acknowledge</a></p>' if site else ""
    style = (
        "font-family:Source Sans 3,Segoe UI,Helvetica,Arial,sans-serif;color:#17242d;font-size:15px;line-height:1.45"
    )
    return (
        f'<!doctype html><html lang="en"><body style="margin:0;padding:20px;background:#ffffff;{style}">'
        f'{_logo(head)}<h1 style="font-size:19px">{escape(message.title)}</h1>'
        f'<ul style="padding-left:18px">{items}</ul>'
        f"{image}{foot}{_signature(head)}"
        "</body></html>"
    )


def _logo(head: Letterhead) -> str:
    return f'<p><img src="{head.source}" alt="{escape(head.name)}" height="32"></p>' if head.logo else ""


def _signature(head: Letterhead) -> str:
    if head.name == HOUSE.name and not head.links:
        return ""
    links = "".join(f' · <a href="{escape(to)}">{escape(label)}</a>' for label, to in head.links)
    return f'<p style="font-size:12px;color:#5c6a74">{escape(head.name)}{links}</p>'


def _html_line(line: Line, site: str) -> str:
    words = escape(line.sentence)
    return f'{words} <a href="{escape(site + line.link)}">Open</a>' if site and line.link else words


def blocks(message: Message, site: str) -> list[dict[str, Any]]:
    """Return it as blocks of Slack: at most 50, each text within Slack's bounds."""
    head = {"type": "header", "text": {"type": "plain_text", "text": message.title[:150], "emoji": False}}
    out: list[dict[str, Any]] = [head]
    for line in shown(message):
        out.append({"type": "section", "text": {"type": "mrkdwn", "text": _slack(line, site)[:SLACK_TEXT]}})
    if site:
        words = f"<{site}/alerts|All alerts, snooze and acknowledge>"
        out.append({"type": "context", "elements": [{"type": "mrkdwn", "text": words}]})
    return out


def _slack(line: Line, site: str) -> str:
    words = line.sentence.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"{words} <{site}{line.link}|Open>" if site and line.link else words


def card(message: Message, site: str) -> dict[str, Any]:
    """Return it as an Adaptive Card in the envelope a workflow of Teams takes."""
    body: list[dict[str, Any]] = [
        {"type": "TextBlock", "text": _card_text(message.title), "size": "Large", "weight": "Bolder", "wrap": True}
    ]
    for line in shown(message):
        words = _card_text(line.sentence)
        link = f" [Open]({site}{line.link.replace(')', '%29')})" if site and line.link else ""
        body.append({"type": "TextBlock", "text": f"{words}{link}", "wrap": True})
    content: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    if site:
        content["actions"] = [{"type": "Action.OpenUrl", "title": "All alerts", "url": f"{site}/alerts"}]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": content}
    return {"type": "message", "attachments": [attachment]}


def _card_text(words: str) -> str:
    for sign in "\\`*_[]":
        words = words.replace(sign, f"\\{sign}")
    return words
