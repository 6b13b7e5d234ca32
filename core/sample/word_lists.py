"""Words the sample is made of: products, places, reasons."""

from __future__ import annotations

INDUSTRIES = (
    "Software",
    "Manufacturing",
    "Financial services",
    "Healthcare",
    "Retail",
    "Logistics",
    "Energy",
    "Media",
)
COUNTRIES = {
    "AMER": ("United States", "Canada"),
    "EMEA": ("Germany", "United Kingdom", "France", "Sweden", "United Arab Emirates"),
    "APAC": ("Japan", "Australia", "Singapore", "India"),
    "LATAM": ("Brazil", "Mexico", "Chile"),
}
PRODUCTS = (
    ("Helm Core", "Platform", 42_000, 6_300),
    ("Helm Enterprise", "Platform", 96_000, 13_400),
    ("Signal Monitor", "Insight", 24_000, 3_100),
    ("Signal Forecast", "Insight", 38_000, 4_600),
    ("Signal Warehouse", "Insight", 55_000, 9_900),
    ("Bridge Connect", "Integration", 18_000, 2_900),
    ("Bridge Gateway", "Integration", 33_000, 5_600),
    ("Watch Security", "Assurance", 29_000, 4_100),
    ("Watch Audit", "Assurance", 21_000, 2_600),
    ("Watch Residency", "Assurance", 47_000, 8_700),
)
LOST_REASONS = ("Price", "Competitor", "No decision", "Missing feature", "Timing")
COMPETITORS = ("Northbeam", "Vantiv", "Clearpath", "Orrin")
LEAD_SOURCES = ("Inbound", "Outbound", "Partner", "Event", "Referral")
