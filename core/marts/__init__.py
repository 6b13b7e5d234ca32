"""The tables everything else is worked out from; the only code that touches every raw row, on any engine."""

from core.marts.activities import account_activity_days, deal_activity_days, rep_activity_days
from core.marts.bookings import account_costs, bookings_daily, customer_orders, products_sold, revenue_months
from core.marts.build import booking_lines, build, of
from core.marts.deals import deal_states
from core.marts.mart_tables import Marts
from core.marts.raw_page import raw_page
from core.marts.refresh import Touched, refresh, touched_by
from core.marts.row_days import row_days

__all__ = [
    "Marts",
    "Touched",
    "account_activity_days",
    "account_costs",
    "booking_lines",
    "bookings_daily",
    "build",
    "customer_orders",
    "deal_activity_days",
    "deal_states",
    "of",
    "products_sold",
    "raw_page",
    "refresh",
    "rep_activity_days",
    "revenue_months",
    "row_days",
    "touched_by",
]
