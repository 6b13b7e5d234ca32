"""Mail: a plain text and an HTML part with its picture inside, over STARTTLS, with a way to unsubscribe."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, parseaddr

from core.alerts import message as written
from core.alerts.message import MOST_BARS, Message
from core.alerts.sending.outcome import PassingError, RefusedError
from core.alerts.ways import Way
from core.branding import letterhead
from core.branding.letterhead import HOUSE, Letterhead
from core.charts import alerts as charts
from core.charts import drawing, snapshot
from core.config import Settings
from core.config.branding import BrandSettings
from core.contracts.errors import ConfigError

SECONDS = 30
PICTURE = "chart"


@dataclass(frozen=True)
class MailHead:
    """What mails bear of the brand: the sender's name beside the address, and the letterhead."""

    sender: str = ""
    letterhead: Letterhead = HOUSE


PLAIN = MailHead()


def mail_head(settings: Settings) -> MailHead:
    """Return what mails of an installation bear; a logo that cannot be used is left out, for mails must go."""
    brand = settings.branding
    sender = brand.mail_sender or (brand.name if brand.name != HOUSE.name else "")
    try:
        return MailHead(sender, letterhead.of(settings))
    except ConfigError:
        return MailHead(sender, letterhead.of(settings.model_copy(update={"branding": _without_logo(brand)})))


def _without_logo(brand: BrandSettings) -> BrandSettings:
    return brand.model_copy(update={"logo": "", "logo_dark": ""})


def send(
    way: Way,
    reader: str,
    message: Message,
    site: str,
    mark: str,
    now: datetime,
    unsubscribe: str = "",
    head: MailHead = PLAIN,
) -> None:
    """Send a message to one reader.

    Parameters
    ----------
    way : Way
        A mail server.
    reader : str
        The mail address.
    message : Message
    site : str
        The address of the app; empty where it is not known.
    mark : str
        What makes this message one of its own; it becomes the Message-ID, so that a second copy can be told.
    now : datetime
    unsubscribe : str
        The address at which one click ends the mails; empty for none.
    head : MailHead

    Raises
    ------
    PassingError
        When the server is away or answers 4xx.
    RefusedError
        When it answers 5xx, offers no encryption where that is required, or the reader has no mail address.
    """
    mail = composed(way, reader, message, site, mark, now, unsubscribe, head)
    host, _, port = way.target.partition(":")
    try:
        with smtplib.SMTP(host, int(port), timeout=SECONDS) as server:
            server.ehlo()
            if way.is_encrypted:
                server.starttls(context=ssl.create_default_context())
                server.ehlo()
            if way.user:
                server.login(way.user, way.secret)
            server.send_message(mail)
    except smtplib.SMTPNotSupportedError as error:
        raise RefusedError("The mail server offers no encryption, or no sign-in.") from error
    except smtplib.SMTPRecipientsRefused as error:
        code, words = next(iter(error.recipients.values()))
        _fail(code, words)
    except smtplib.SMTPResponseException as error:
        _fail(error.smtp_code, error.smtp_error)
    except ssl.SSLCertVerificationError as error:
        raise RefusedError(f"The mail server does not show who it is: {error.verify_message}.") from error
    except (OSError, smtplib.SMTPException) as error:
        raise PassingError(f"The mail server cannot be reached: {type(error).__name__}.") from error


def _fail(code: int, words: bytes | str) -> None:
    text = words.decode(errors="replace") if isinstance(words, bytes) else words
    answer = f"The mail server answered {code}: {' '.join(text.split())[:200]}"
    raise (PassingError if 400 <= code < 500 else RefusedError)(answer)


def composed(
    way: Way,
    reader: str,
    message: Message,
    site: str,
    mark: str,
    now: datetime,
    unsubscribe: str = "",
    head: MailHead = PLAIN,
) -> EmailMessage:
    """Return a message as mail.

    Raises
    ------
    RefusedError
        When the reader has no mail address.
    """
    if "@" not in reader or parseaddr(reader)[1] != reader:
        raise RefusedError("The reader signs in with a name that is no mail address.")
    mail = EmailMessage()
    mail["From"], mail["To"] = formataddr((head.sender, way.sender)), reader
    mail["Subject"] = " ".join(message.title.split())[:200]
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{mark}@{way.sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    if unsubscribe:
        mail["List-Unsubscribe"] = f"<{unsubscribe}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    picture = _picture(message)
    mail.set_content(written.text(message, site, head.letterhead))
    mail.add_alternative(
        written.html(message, site, f"cid:{PICTURE}" if picture else "", head.letterhead), subtype="html"
    )
    if picture:
        part = mail.get_payload()[1]  # type: ignore[index]
        part.add_related(picture, "image", "png", cid=f"<{PICTURE}>", filename="chart.png", disposition="inline")  # type: ignore[union-attr]
    return mail


def _picture(message: Message) -> bytes:
    """Return the bars as a picture; nothing where there are none, or they cannot be drawn: the lines say it all."""
    if len(message.bars) < 2:
        return b""
    try:
        chart = charts.bars(message.bars[:MOST_BARS], message.currency)
        return drawing.png(snapshot.drawn(chart.to_dict()))
    except drawing.DrawingError:
        return b""
