"""What the columns of an answer's rows are called where their field's name alone would not say it."""

from __future__ import annotations

from typing import Literal

from core.column_labels import kind, label
from core.questions.answering import Answer

Form = Literal["percent", "compact", "localized", ""]
FORMS: dict[str, Form] = {"rate": "percent", "money": "compact", "count": "localized", "days": "localized"}
OWN: dict[str, dict[str, tuple[str, Form]]] = {
    "win_rate": {"amount": ("Win rate", "percent"), "n_closed": ("Decided deals", "localized")},
    "deal_size": {"amount": ("Average deal", "compact")},
    "sales_cycle": {"days": ("Days to win", "localized")},
    "velocity": {"effect_amount": ("Effect on velocity", "compact")},
    "leaderboard": {"value": ("Attainment", "percent"), "mark": ("Quota", "compact"), "n": ("Deals", "localized")},
    "coaching": {"others_rate": ("Others advanced", "percent"), "n_others": ("Deals of others", "localized")},
    "forecast_drivers": {"label": ("Driver", ""), "contribution": ("Contribution", "compact")},
    "mrr": {"amount": ("MRR", "compact")},
}
TITLES = {
    "mrr": "MRR",
    "retention": "NRR",
    "health": "Health score",
    "top_customers": "Share of the largest",
    "pipeline_concentration": "Share of the largest",
    "deals_at_risk": "Value at risk",
    "deals_due": "Deals due",
    "revenue_now": "Revenue",
}


def heading(answer: Answer, name: str) -> tuple[str, Form]:
    """Return what a column of an answer's rows is called, and how its numbers are written.

    Parameters
    ----------
    answer : Answer
    name : str
        A column of its frame.

    Returns
    -------
    tuple of str
        The words over it, and "percent", "compact" (money), "localized" (a count) or empty (text, a day, a ratio).
    """
    if name == "value" and answer.split:
        title = TITLES.get(answer.topic.name, answer.topic.name.replace("_", " ").capitalize())
        return title, FORMS.get(answer.unit, "")
    own = OWN.get(answer.topic.name, {}).get(name)
    return own or (label(name), FORMS.get(_plain(kind(name)), ""))


def _plain(of: str) -> str:
    return "rate" if of == "chance" else of
