"""Invented names of people and companies, for the sample and for masking."""

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


def person(number: int) -> str:
    """Return the full name of a number; beyond all pairs of names a number is added."""
    return _pair(FIRST, LAST, number)


def company(number: int) -> str:
    """Return the company name of a number; beyond all pairs of words a number is added."""
    return _pair(HEADS, TAILS, number)


def people(rng: np.random.Generator, n: int) -> list[str]:
    """Draw n different full names."""
    return [person(int(pick)) for pick in rng.permutation(len(FIRST) * len(LAST))[:n]]


def _pair(first: list[str], second: list[str], number: int) -> str:
    turn, pick = divmod(number, len(first) * len(second))
    return f"{first[pick % len(first)]} {second[pick // len(first)]}" + (f" {turn + 1}" if turn else "")
