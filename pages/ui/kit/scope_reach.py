"""Which parts of the scope a page obeys, and the one line it says where it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.localization import joined, message
from core.scope import Scope
from core.scope.definition import PERIODS
from pages.ui.kit import period


@dataclass(frozen=True)
class Reach:
    """How far a page follows the scope.

    Attributes
    ----------
    rows : str
        Why it shows the whole company's rows; empty where it follows region, team, person and the other parts.
    period : str
        Why the period does not change it; empty where its cells say it one by one.
    partly : str
        What on the page stays whole, where the rest follows.
    of_one : str
        Why it shows something whole where its address names it; empty where it never does.
    """

    rows: str = ""
    period: str = ""
    partly: str = ""
    of_one: str = ""


TODAY = period.TODAY
REACHES = {
    "Executive": Reach(),
    "Pipeline": Reach(),
    "Forecast": Reach(period=period.RUNNING),
    "Customers": Reach(),
    "My day": Reach("My day is about one person, whatever the scope.", "My day speaks of the running quarter."),
    "Weekly review": Reach(period="Whatever the period: the running quarter, which is reviewed now."),
    "Scenarios": Reach(period="Whatever the period: scenarios begin with the running quarter."),
    "Digest": Reach(period="Whatever the period: the digest speaks of the last week and the running quarter."),
    "Alerts": Reach(
        period="Whatever the period: alerts speak of the last days.",
        partly="What you were told is listed whole; a new alert speaks of the scope chosen here.",
    ),
    "Benchmarks": Reach(
        period="Whatever the period: parts are compared over the last twelve months.",
        partly="What leaves is made of the whole company; the comparison follows the scope.",
    ),
    "Playbooks": Reach(
        period="Whatever the period: tasks are of today, the record of all runs.",
        partly="The plays themselves are the whole company's; tasks and the record follow the scope.",
    ),
    "Competitors": Reach(period="Whatever the period: competitors are measured over the last two years."),
    "Territories": Reach(
        period="Whatever the period: territories are as of today, with the bookings of the last year."
    ),
    "Plans and pay": Reach(
        period="Whatever the period: statements are of the quarter chosen below.",
        partly="Whose pay is shown follows the scope; each statement counts all deals of the person.",
    ),
    "Leads": Reach(
        period="Whatever the period: leads are measured over the last two years, and worked today.",
        partly="How far scores can be trusted is judged on the whole company's leads; the others follow the scope.",
    ),
    "Attribution": Reach(
        period="Whatever the period: attribution speaks of the last two years.",
        partly="Costs of campaigns are the whole company's; deals and touches follow the scope.",
    ),
    "Engagement": Reach(period="Whatever the period: engagement speaks of the last three to six months."),
    "Requirements": Reach(
        period="Whatever the period: requirements are as of today.",
        partly="A buyer's list is read whole; deals and the gaps that hold up pipeline follow the scope.",
    ),
    "Deal": Reach(period=TODAY, of_one="A deal is shown whole, whatever the scope."),
    "Account": Reach(period=TODAY, of_one="An account is shown whole, whatever the scope."),
    "Project": Reach("The work on a buyer's list is shown whole, whatever the scope.", TODAY),
    "Answer library": Reach("The answer library is the whole company's.", TODAY),
    "Catalogue": Reach("The catalogue is the whole company's.", TODAY),
    "Enablement": Reach("Trainings, what they go with, and materials are the whole company's.", TODAY),
    "Data": Reach("The data are loaded for the whole company.", TODAY),
    "Models": Reach("The models speak of the whole company.", "The models learn from all periods."),
    "Help": Reach("The guides are the same for everybody.", TODAY),
    "Admin": Reach("Rights and records are the whole company's.", TODAY),
}


def why_whole(title: str, address: Mapping[str, str]) -> str:
    """Say why a page shows the whole company's rows; empty where it follows the scope.

    Parameters
    ----------
    title : str
        Of the page.
    address : mapping of str to str
        The parameters of its address: one that names a deal or an account shows just that.
    """
    reach = REACHES.get(title, Reach())
    return reach.rows or (reach.of_one if address.get("id") else "")


def line(title: str, scope: Scope, address: Mapping[str, str], reported: str = "") -> str:
    """Return what a page says of the parts of the scope it does not obey; empty where it obeys all that are chosen.

    Parameters
    ----------
    title : str
        Of the page.
    scope : Scope
        As chosen.
    address : mapping of str to str
        The parameters of the page's address.
    reported : str
        The currency the page shows in place of the one chosen; empty where it follows it.
    """
    reach = REACHES.get(title, Reach())
    parts = [
        (why_whole(title, address) or reach.partly) if scope.parts else "",
        reach.period if scope.period != PERIODS[0] else "",
        message("Whatever the currency: in {reported}, as reported.", reported=reported) if reported else "",
    ]
    return joined(*(part for part in parts if part))
