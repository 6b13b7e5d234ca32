"""The language of a list, by its commonest small words and its script; and a warning when it is not the catalogue's."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

ENOUGH = 5
# Languages whose terms of the field are known in English; see `glossary`.
TERMED = ("German", "French", "Spanish", "Portuguese", "Dutch", "Polish", "Chinese")
MOST_TEXTS = 2_000
# How much more often the likeliest language's words must stand there than the next one's.
LEAD = 1.15
SMALL_WORDS = {
    "English": "the of and to in for is that be with on by are this or as from at which it an must shall should will "
    "all has have not any can their its when if does your you each",
    "German": "der die das und ist von zu mit den dem ein eine einen für auf im nicht werden wird sich des muss müssen "
    "soll sollte kann können bei oder als auch nach über aus zur zum durch sind alle",
    "French": "le la les des de du et est une un dans pour par sur que qui au aux avec il doit doivent être ou sont ce "
    "cette ces pas plus peut tous toutes votre vous nous leur leurs lors",
    "Spanish": "el la los las de del y es en un una para por que con se su al debe deben deberá como o más sus no lo "
    "puede todos todas está son esta este cada cuando",
    "Italian": "il lo la gli le di del della dei delle e è in un una per che con si deve devono come o più non al alla "
    "nel nella sono può tutti tutte ogni questo quando dal",
    "Portuguese": "o a os as de do da dos das e é em um uma para por que com se deve devem como ou mais não ao à no na "
    "são pode todos todas cada quando pelo pela seu sua",
    "Dutch": "de het een en van is in op te voor met zijn dat die aan door of moet moeten worden wordt niet bij als "
    "ook kan kunnen naar uit over alle dient deze dit er om",
    "Polish": "i w na z do się jest że nie być oraz dla po od przez lub musi powinien powinna jak są za który która "
    "które może przy system każdy",
    "Swedish": "och att det en ett är i på för med av den som till ska skall inte kan måste vid om från eller alla har "
    "ska bör detta dessa när",
}
SCRIPTS = {
    "Russian": r"[Ѐ-ӿ]",
    "Greek": r"[Ͱ-Ͽ]",
    "Arabic": r"[؀-ۿ]",
    "Hebrew": r"[֐-׿]",
    "Japanese": r"[぀-ヿ]",
    "Korean": r"[가-힯]",
    "Chinese": r"[一-鿿]",
}
# Words and letters that tell a single line's language, where the small words are too few.
LINE_WORDS = {
    "English": "you your the there does do can could would will has have are was and with from our please be we any",
    "German": "gibt verfügt verfügen unterstützt unterstützen sind haben sie ihre ihr können kann wird werden erfolgt "
    "bieten lassen der die das mit und über ist eine einen wurden nutzt wie welche wir bitte",
    "French": "de la vous votre vos proposez êtes avez est sont dans avec une des les pour existe fonctionne peut "
    "peuvent disposez notre nos veuillez quel quelle comment",
    "Spanish": "de la ofrecen dispone disponen cuentan cuenta realizan pueden puede los las una con está están tienen "
    "existe hay su sus cuál cómo el",
    "Portuguese": "de você possui possuem suporta são os dos das da do uma com está existe há pode podem foi foram "
    "deve devem seu não ao pelo disponível suporte vocês é",
    "Dutch": "de worden wordt kunnen kan beschikt ondersteunt er heeft hebben het een zijn van uw voor naar biedt moet "
    "welke wij geen wat",
    "Polish": "czy posiada posiadają państwo jest są dostępne dostępny obsługuje można przez oraz dla danych dane musi "
    "jakie proszę nie firma się",
}
LINE_LETTERS = {"German": "äöüß", "Spanish": "ñ¿¡", "Portuguese": "ãõ", "Polish": "ąćęłńśźż"}
_WORDS = {name: frozenset(words.split()) for name, words in SMALL_WORDS.items()}
_LINE_WORDS = {name: frozenset(words.split()) for name, words in LINE_WORDS.items()}


def of(texts: Iterable[str]) -> str | None:
    """Return the language most of some texts are written in; None where too little stands there to tell.

    Parameters
    ----------
    texts : iterable of str
        At most 2,000 are looked at.

    Examples
    --------
    >>> of(["Die Lösung muss alle Daten verschlüsseln", "Der Zugriff ist auf die Rolle beschränkt"])
    'German'
    """
    sample = " ".join(text for text, _ in zip(texts, range(MOST_TEXTS), strict=False)).lower()
    letters = sum(character.isalpha() for character in sample)
    if not letters:
        return None
    if script := _script(sample, letters):
        return script
    words = Counter(re.findall(r"[^\W\d_]+", sample))
    counts = {name: sum(words[word] for word in small) for name, small in _WORDS.items()}
    ranked = sorted(counts, key=lambda name: -counts[name])
    first, second = counts[ranked[0]], counts[ranked[1]]
    return ranked[0] if first >= ENOUGH and first >= LEAD * second else None


def _script(sample: str, letters: int) -> str | None:
    shares = ((name, len(re.findall(script, sample)) / letters) for name, script in SCRIPTS.items())
    return next((name for name, share in shares if share > (0.05 if name == "Japanese" else 0.3)), None)


def of_line(text: str) -> str | None:
    """Return the language of a single line; None where nothing tells, as in a name or a number.

    Its script, the letters only one language has and its commonest small words decide, each language's own; the
    language that has most of them wins, English where it has as many.

    Examples
    --------
    >>> of_line("Czy dostępne jest REST API?"), of_line("Are there backups?"), of_line("SAML 2.0")
    ('Polish', 'English', None)
    """
    lower = text.lower()
    letters = sum(character.isalpha() for character in lower)
    if letters and (script := _script(lower, letters)):
        return script
    words = re.findall(r"[^\W\d_]+", lower)
    counts = {name: sum(word in small for word in words) for name, small in _LINE_WORDS.items()}
    for name, own in LINE_LETTERS.items():
        counts[name] += any(letter in lower for letter in own)
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] else None


def warning(texts: Iterable[str], catalogue_texts: Iterable[str]) -> str:
    """Say that a list is in another language than the catalogue; empty where it is not, or cannot be told.

    Parameters
    ----------
    texts : iterable of str
        The list's requirements.
    catalogue_texts : iterable of str
        The catalogue's texts.
    """
    theirs, ours = of(texts), of(catalogue_texts)
    if theirs is None or ours is None or theirs == ours:
        return ""
    if ours == "English" and theirs in TERMED:
        return (
            f"The list is in {theirs}, the catalogue in {ours}: rows are matched by terms of the field alone, so that "
            f"some find the wrong capability or none. Look at every row, or load a catalogue in {theirs}."
        )
    return (
        f"The list is in {theirs}, the catalogue in {ours}: matches across languages are seldom found, so that much "
        f"stays to be checked. Translate the list first, or load a catalogue in {theirs}."
    )
