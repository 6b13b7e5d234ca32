"""What is chosen on the engagement page, and the columns of its tables."""

from __future__ import annotations

import polars as pl
import streamlit as st

from core.localization import message
from core.scope import fiscal_period
from pages.ui.kit.shell import Page

NUMBER, TEXT = st.column_config.NumberColumn, st.column_config.TextColumn
DAY, TICK = st.column_config.DateColumn, st.column_config.CheckboxColumn
GIVEN = "data, settings, conversations"
SIDES = {"us": "We", "them": "Customer"}
QUIET = {
    "deal": TEXT("Deal", width="medium"),
    "owner": "Owner",
    "amount": NUMBER("Amount", format="compact"),
    "silent_days": NUMBER("Silent, working days", format="localized"),
    "usual_gap": NUMBER("Usual gap", format="%.1f"),
    "chance": NUMBER("Chance of it", format="percent"),
    "n_sent_since": NUMBER("We wrote since", format="localized"),
    "last_on": DAY("Last heard of"),
}
BREADTH = {
    "deal": TEXT("Deal", width="medium"),
    "owner": "Owner",
    "amount": NUMBER("Amount", format="compact"),
    "n_two_way": NUMBER("Talk both ways", format="localized"),
    "n_contacts": NUMBER("People", format="localized"),
    "n_high": NUMBER("Directors and above", format="localized"),
    "highest": "Highest",
    "n_in": NUMBER("They wrote", format="localized"),
    "n_out": NUMBER("We wrote", format="localized"),
    "n_met": NUMBER("Met", format="localized"),
    "last_on": DAY("Last contact"),
}
PEOPLE = {
    "contact_name": TEXT("Who", width="medium"),
    "title": "Title",
    "seniority": "Seniority",
    "is_two_way": TICK("Both ways"),
    "n_in": NUMBER("Wrote", format="localized"),
    "n_out": NUMBER("Was written", format="localized"),
    "n_met": NUMBER("Met", format="localized"),
    "last_on": DAY("Last contact"),
}
ANSWERS = {
    "who": "Who",
    "n": NUMBER("First mails", format="localized"),
    "n_answered": NUMBER("Answered", format="localized"),
    "median_hours": NUMBER("Half within, hours", format="%.1f"),
    "day_rate": NUMBER("Within a day", format="percent"),
    "low": NUMBER("From", format="percent"),
    "high": NUMBER("To", format="percent"),
}
MEETINGS = {
    "deal": TEXT("Deal", width="medium"),
    "owner": "Owner",
    "amount": NUMBER("Amount", format="compact"),
    "n_met": NUMBER("Held", format="localized"),
    "hours": NUMBER("Hours", format="%.1f"),
    "n_called_off": NUMBER("Called off", format="localized"),
    "last_on": DAY("Last"),
    "next_at": st.column_config.DatetimeColumn("Next", format="D MMM, HH:mm"),
}
CALLS = {
    "at": st.column_config.DatetimeColumn("When", format="D MMM, HH:mm"),
    "deal": TEXT("Deal", width="medium"),
    "who": "Who",
    "minutes": NUMBER("Minutes", format="%.0f"),
    "talk_rate": NUMBER("We talk", format="percent"),
    "n_asked": NUMBER("We asked", format="localized"),
    "n_asked_by_them": NUMBER("They asked", format="localized"),
    "n_steps": NUMBER("Next steps", format="localized"),
    "topics": TEXT("Topics", width="large"),
}
TALK = {
    "who": "Who",
    "n": NUMBER("Calls", format="localized"),
    "talk_rate": NUMBER("Talks", format="percent"),
    "questions_a_call": NUMBER("Questions a call", format="%.1f"),
    "difference": NUMBER("Beside the others", format="percent"),
    "is_sure": TICK("Beyond chance"),
}
STEPS = {
    "state": "State",
    "promise": "Promised",
    "who": "By",
    "side": "Side",
    "due_on": DAY("Until"),
    "done_on": DAY("Seen"),
    "deal": TEXT("Deal", width="medium"),
}
MOODS = {
    "at": DAY("Call"),
    "deal": TEXT("Deal", width="medium"),
    "speaker": "Who",
    "side": "Side",
    "n_sentences": NUMBER("Sentences", format="localized"),
    "negative_rate": NUMBER("Negative", format="percent"),
    "positive_rate": NUMBER("Positive", format="percent"),
}
UNMATCHED = {
    "domain": TEXT("Domain", width="medium"),
    "n_people": NUMBER("People", format="localized"),
    "n": NUMBER("Mails, meetings and calls", format="localized"),
    "last_at": DAY("Last"),
}


def period(page: Page) -> tuple[str, str]:
    """Return the first and last day of the period the page looks at."""
    span = fiscal_period.days(page.scope, page.data.as_of, page.settings)
    return span.begin.isoformat(), span.last.isoformat()


def days() -> int:
    """Draw over how many days contact is looked at."""
    spans = (30, 90, 180)
    chosen = st.segmented_control(
        "Over the last", spans, default=90, required=True, format_func=_in_days, key="engaged_days"
    )
    return int(chosen)


def _in_days(n: int) -> str:
    return message("{n} days", n=n)


def deal(frame: pl.DataFrame) -> str:
    """Draw the choice of a deal among those of a table; empty where it has none."""
    names = dict(frame.select("opportunity_id", "deal").iter_rows())
    if not names:
        return ""
    return str(st.selectbox("Deal", list(names), format_func=names.get, key="engaged_deal"))


def sided(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a table whose sides are said in words."""
    return frame.with_columns(pl.col("side").replace(SIDES))


def with_words(frame: pl.DataFrame) -> dict[str, object]:
    """Return the columns of next steps, with the words that were said where they may be shown."""
    has_words = frame.filter(pl.col("text") != "").height > 0
    return STEPS | ({"text": TEXT("Words", width="large")} if has_words else {})
