"""What a question is about, without the words that only ask: "Do you support", "Please confirm that"."""

from __future__ import annotations

import re

_POLITE = re.compile(
    r"^\W*(?:please |kindly )?(?:confirm|indicate|state|specify|advise|tell us|let us know|describe|explain|outline)\b"
    r",?(?: to us)?(?: that| whether| if| how)?\s+",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"^\W*(?:do|does|did|is|are|was|were|has|have|had|can|could|will|would|may|might)\s+"
    r"(?:(?:you|your (?:company|organi[sz]ation|product|solution|system|software|platform|application|service)"
    r"|the (?:vendor|supplier|provider|product|solution|system|software|platform|tool|application|service)"
    r"|it|there|we|our (?:users|people|developers|administrators|customers)|users|customers)\b\s*)?"
    r"(?:be )?(?:able to |happy to |possible to |currently |also |support |offer |provide |have |hold |use |allow )*"
    r"(?:an? |the |any )?",
    re.IGNORECASE,
)
_MEETS = re.compile(
    r"^\W*(?:do|does|can|could|will|would) (?:you|your \w+|it|the \w+) (?:meet|fulfil|fulfill|satisfy|support|cover|"
    r"comply with)\b[^:?]{0,40}:\s*",
    re.IGNORECASE,
)
_ASKED = re.compile(r"\?\s*$")


def without_frame(text: str) -> str:
    """Return what a question is about; other texts, and questions of which too little would be left, as they are.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> without_frame("Do you support single sign-on with SAML 2.0?")
    'single sign-on with SAML 2.0?'
    >>> without_frame("Backups are made daily.")
    'Backups are made daily.'
    """
    if not (_ASKED.search(text) or _POLITE.match(text)):
        return text
    bare = _MEETS.sub("", text) if _MEETS.match(text) else _ASKS.sub("", _POLITE.sub("", text), count=1)
    return bare if len(bare.split()) > 1 else text
