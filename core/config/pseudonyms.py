"""Invented names of people and companies: one stock of words for the sample, another for masking.

The two share no word, so that no hidden person of the sample bears the name of another.
"""

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
HIDDEN_FIRST = (
    "Adele Alma Anton Arlo Astrid Aziz Basil Beatrix Caspar Celia Cyril Dalia Dario Edda Edgar Elio Enya Erik "
    "Fabio Flora Gaspar Greta Hanno Hedda Idris Ilse Imre Isolde Jasper Joana Juno Kaspar Katya Kenji Lena Linus "
    "Lorenz Mabel Malik Mara Mirko Nora Odile Oskar Paloma Petra Rhea Ruben Runa Sacha Selma Silas Tilda Timo "
    "Ulla Vera Vito Wilma Xenia Yann Zelda"
).split()
HIDDEN_LAST = (
    "Adler Amsel Arden Bellamy Birk Brandt Calloway Carrow Dahl Drexel Eastman Elwood Fairley Falk Gallo Garner "
    "Hale Hartwell Ingram Isaksen Jarvis Keller Kendrick Lambert Lowell Maddox Merrick Nevin Norwood Orlov Osborne "
    "Palmer Prescott Quill Radley Ransome Sandoval Severin Tate Thorne Unwin Vaughn Verne Wakefield Winslow Yardley"
).split()
HIDDEN_HEADS = (
    "Acacia Alcyone Altair Antares Aquila Arcadia Argo Aurelia Avalon Azura Bellona Brenta Calyx Cassia Celeste "
    "Chroma Cirrus Corvus Cygnus Deneb Dorado Elara Electra Elysia Equinox Fathom Fenix Galena Gemma Halcyon Helix "
    "Hydra Icarus Isara Janus Kepler Larkspur Lyra Magna Marlow Mimosa Mira Nereus Novara Oberon Octans Orion "
    "Pallas Pavo Polaris Procyon Rigel Sagitta Saros Selene Sirona Solara Talus Tethys Triton Ursa Vega Vesper "
    "Volans Zenith"
).split()
HIDDEN_TAILS = (
    "Agency Alliance Associates Brands Collective Concepts Concern Cooperative Corporation Designs Enterprises "
    "Exchange Fabrics Foundry Gardens Group Guild House Industries Instruments Line Mills Outpost Products "
    "Projects Provisions Services Solutions Storehouse Syndicate Supply Trading Union Ventures Workshop"
).split()


N_PEOPLE, N_COMPANIES = len(HIDDEN_FIRST) * len(HIDDEN_LAST), len(HIDDEN_HEADS) * len(HIDDEN_TAILS)


def person(number: int) -> str:
    """Return the full name that hides the person of a number; beyond all pairs of names a number is added."""
    return _pair(HIDDEN_FIRST, HIDDEN_LAST, number)


def company(number: int) -> str:
    """Return the name that hides the company of a number; beyond all pairs of words a number is added."""
    return _pair(HIDDEN_HEADS, HIDDEN_TAILS, number)


def people(rng: np.random.Generator, n: int) -> list[str]:
    """Draw n different full names."""
    return [_pair(FIRST, LAST, int(pick)) for pick in rng.permutation(len(FIRST) * len(LAST))[:n]]


def _pair(first: list[str], second: list[str], number: int) -> str:
    turn, pick = divmod(number, len(first) * len(second))
    return f"{first[pick % len(first)]} {second[pick // len(first)]}" + (f" {turn + 1}" if turn else "")
