"""Invented names for the people, companies and products of the sample."""

from __future__ import annotations

import numpy as np

FIRST = (
    "Ada Amir Ana Ben Bianca Carl Chen Clara Dara Diego Elif Emil Eva Farah Felix Gia Hana Hugo Ines Ivan "
    "Jana Jonas Kaito Kira Lars Leila Liam Lucia Maia Marco Mei Milan Nadia Nils Noor Omar Paula Pavel "
    "Priya Quinn Rafa Rosa Sam Sana Tariq Tess Uma Viktor Wanda Yara Yusuf Zoe"
).split()
LAST = (
    "Abara Almeida Bauer Berg Castellan Chandra Dufour Ekholm Farouk Fischer Garza Haddad Holm Ivarsson "
    "Jensen Kaplan Kimura Kowal Laurent Lindqvist Marin Mbeki Moreau Nakata Novak Okafor Olsen Park "
    "Petrov Quiroga Rao Reyes Rossi Sato Schulz Silva Tanaka Torres Ueda Varga Vance Weber Wolff Yilmaz "
    "Young Zhou"
).split()
HEADS = (
    "Alder Amber Apex Arbor Argent Aster Atlas Basalt Beacon Birch Boreal Cairn Calder Cedar Cinder "
    "Cobalt Coral Crest Delta Drift Eider Ember Falcon Fern Flint Forge Garnet Glacier Granite Harbor "
    "Haven Helio Indigo Iris Juniper Kestrel Lark Lumen Maple Meridian Mistral Nimbus Oak Onyx Opal "
    "Orchid Osprey Pearl Pine Quarry Quartz Raven Ridge River Rowan Sable Sierra Slate Solstice Spruce "
    "Sterling Summit Tern Thistle Tidal Umber Vale Verity Willow Zephyr"
).split()
TAILS = (
    "Analytics Bank Biotech Capital Components Dynamics Energy Foods Freight Health Holdings Insurance "
    "Labs Logistics Materials Media Mobility Motors Networks Optics Partners Pharma Power Retail Robotics "
    "Software Systems Telecom Textiles Works"
).split()
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


def people(rng: np.random.Generator, n: int) -> list[str]:
    """Draw n different full names."""
    picks = rng.permutation(len(FIRST) * len(LAST))[:n]
    return [f"{FIRST[p % len(FIRST)]} {LAST[p // len(FIRST)]}" for p in picks]


def companies(rng: np.random.Generator, n: int) -> list[str]:
    """Draw n different company names; beyond all pairs of words a number is added."""
    pairs = len(HEADS) * len(TAILS)
    order = rng.permutation(pairs)
    out = []
    for i in range(n):
        pick = int(order[i % pairs])
        suffix = f" {i // pairs + 1}" if i >= pairs else ""
        out.append(f"{HEADS[pick % len(HEADS)]} {TAILS[pick // len(HEADS)]}{suffix}")
    return out
