from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import yaml

from core.requirements.catalogue import capabilities
from core.requirements.match import matcher
from core.requirements.read.requirement_list import read_list
from core.requirements.text import glossary, language
from core.requirements.work import sample_lists

SAID = {
    "English": ["The system must encrypt all of the data", "Users shall be able to log in with their account"],
    "German": ["Das System muss alle Daten verschlüsseln", "Die Benutzer können sich mit dem Konto anmelden"],
    "French": ["Le système doit chiffrer toutes les données", "Les utilisateurs peuvent se connecter avec leur compte"],
    "Spanish": ["El sistema debe cifrar todos los datos de la empresa", "Los usuarios se conectan con su cuenta"],
    "Italian": ["Il sistema deve cifrare tutti i dati della società", "Gli utenti accedono con il proprio conto"],
    "Portuguese": ["O sistema deve cifrar todos os dados da empresa", "Os usuários entram com a sua conta e não podem"],
    "Dutch": ["Het systeem moet alle gegevens van de klant versleutelen", "De gebruikers kunnen zich met een account"],
    "Swedish": ["Systemet ska kryptera alla data som finns i det", "Användare måste kunna logga in med ett konto och"],
    "Polish": ["System musi szyfrować dane, które są w bazie", "Każdy użytkownik może się zalogować do systemu przez"],
    "Russian": ["Система должна шифровать все данные"],
    "Greek": ["Το σύστημα πρέπει να κρυπτογραφεί"],
    "Japanese": ["システムはデータを暗号化しなければならない"],
    "Chinese": ["系统必须加密所有数据"],
    "Korean": ["시스템은 데이터를 암호화해야 한다"],
    "Arabic": ["يجب على النظام تشفير البيانات"],
    "Hebrew": ["המערכת חייבת להצפין"],
}


@pytest.mark.parametrize("name", SAID)
def test_each_language_is_told(name):
    assert language.of(SAID[name]) == name


@pytest.mark.parametrize("texts", [[], [""], ["42", "§ 7"], ["SSO", "SAML 2.0"], ["de la de la", "la de la de"]])
def test_too_little_is_not_guessed_at(texts):
    assert language.of(texts) is None
    assert language.warning(texts, SAID["English"]) == ""


def test_another_language_is_warned_of_and_the_same_is_not():
    said = language.warning(SAID["German"], SAID["English"])
    assert said.startswith("The list is in German, the catalogue in English")
    assert language.warning(SAID["English"], SAID["English"]) == ""


def test_the_shipped_lists_need_no_warning():
    known = capabilities.load().texts()
    for path in sample_lists.lists().values():
        assert language.warning(read_list(path).frame["text"], known) == ""


LISTS = Path(__file__).parent / "data" / "parallel_lists.yaml"


@pytest.mark.parametrize("tongue", ["en", "de", "fr", "es", "pt", "nl", "pl", "zh"])
def test_a_list_in_another_language_finds_its_way_by_terms(tongue):
    rows = yaml.safe_load(LISTS.read_text(encoding="utf-8"))
    ours = capabilities.load()
    matches = matcher.candidates([row[tongue] for row in rows], ours).filter(pl.col("rank") == 1)
    hits = [chosen == row["capability"] for chosen, row in zip(matches["capability_id"], rows, strict=True)]
    assert sum(hits) >= 0.85 * len(rows)


def test_what_has_no_term_stays_as_it_is():
    assert glossary.in_english("Der Kran hebt acht Personen", is_foreign=True) == "Der Kran hebt acht Personen"
    english = glossary.in_english("Les sauvegardes sont chiffrées avec AES-256", is_foreign=True)
    assert english.startswith("AES-256")
    assert "daily backups" in english
    assert glossary.in_english("Does our SSO work?", is_foreign=False) == "Does our SSO work? (single sign-on)"
