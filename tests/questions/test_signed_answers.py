"""A signed answer says what it was worked out from, and can be checked: the same, changed because, or forged."""

from __future__ import annotations

import copy
import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from core import answer_commands
from core.access.row_view import WHOLE, View
from core.cli import app
from core.contracts.errors import ContractError
from core.questions import answering, signed_answers, signing_key
from core.questions.signed_answers import verify
from core.sealing.vault import Vault

QUESTION = "win rate in EMEA last quarter"


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    return signing_key.private_key(tmp_path_factory.mktemp("key"))


@pytest.fixture(scope="module")
def document(small, small_settings, key):
    desk = answer_commands.desk(small, small_settings, WHOLE)
    body = signed_answers.content(answering.ask(QUESTION, desk), WHOLE, desk)
    return signed_answers.parsed(json.dumps(signed_answers.signed(body, key)))


def _verdict(document, key, data, settings):
    public = signing_key.public_text(key.public_key())
    return verify(document, public, answer_commands.worked_again(data, settings))


def test_the_same_data_give_the_same(document, key, small, small_settings):
    body = document["answer"]
    for name in ("question", "sentence", "formula", "rows", "data", "code", "version", "as_of", "scope", "view"):
        assert body[name], name
    verdict = _verdict(document, key, small, small_settings)
    assert verdict.state == "same"
    assert body["sentence"] in verdict.sentence()


def test_other_data_are_named_as_the_reason(document, key, small, small_settings):
    fewer = replace(small.with_frames(opportunities=small.opportunities.head(400)), known_fingerprint="other")
    verdict = _verdict(document, key, fewer, small_settings)
    assert verdict.state == "changed"
    assert "the data are others" in verdict.reasons
    assert verdict.sentence().startswith("Changed, because the data are others")
    assert verdict.before != verdict.after


def test_what_was_altered_is_forged_and_what_others_signed_is_foreign(document, key, small, small_settings, tmp_path):
    for change in ({"value": 0.99}, {"sentence": "100 % were won."}, {"question": "mrr"}, {"as_of": "2020-01-01"}):
        altered = copy.deepcopy(document)
        altered["answer"].update(change)
        assert _verdict(altered, key, small, small_settings).state == "forged", change
    assert _verdict(document | {"signature": "00"}, key, small, small_settings).state == "forged"
    assert _verdict(document | {"public_key": "zz"}, key, small, small_settings).state == "forged"
    other = signing_key.private_key(tmp_path)
    again = signed_answers.signed(document["answer"], other)
    verdict = _verdict(again, key, small, small_settings)
    assert verdict.state == "foreign"
    assert "another installation" in verdict.sentence()


def test_an_answer_is_worked_out_again_for_the_rows_its_asker_saw(small, small_settings, key):
    seen = View(("EMEA",), "", True)
    desk = answer_commands.desk(small, small_settings, seen)
    body = signed_answers.content(answering.ask("open pipeline", desk), seen, desk)
    assert _verdict(signed_answers.signed(body, key), key, small, small_settings).state == "same"
    whole = answer_commands.desk(small, small_settings, WHOLE)
    assert answering.ask("open pipeline", whole).value > body["value"]


def test_models_and_their_record_are_in_the_answer(small, small_settings, small_bundle, key):
    desk = answer_commands.desk(small, small_settings, WHOLE)
    body = signed_answers.content(answering.ask("forecast", desk), WHOLE, desk)
    assert body["models"]
    assert body["record"]


def test_the_key_is_made_once_for_its_owner_alone_and_sealed(tmp_path):
    vault = Vault({"QUARTERDECK_KEY": "ab" * 32})
    first = signing_key.private_key(tmp_path, vault)
    file = tmp_path / signing_key.FILE
    assert file.stat().st_mode & 0o077 == 0
    assert first.private_bytes_raw() not in file.read_bytes()
    assert signing_key.private_key(tmp_path, vault).private_bytes_raw() == first.private_bytes_raw()
    assert [entry.name for entry in tmp_path.iterdir()] == [signing_key.FILE]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"answer": 1, "public_key": "", "signature": ""}'])
def test_other_files_are_refused(text):
    with pytest.raises(ContractError, match="no signed answer"):
        signed_answers.parsed(text)


def test_the_command_line_asks_and_verifies(small_settings, small, tmp_path, monkeypatch):
    monkeypatch.setattr(answer_commands, "_company", lambda: (small_settings, small))
    file = tmp_path / "answer.json"
    asked = CliRunner().invoke(app, ["ask", QUESTION, "--signed", str(file)])
    assert asked.exit_code == 0, asked.output
    checked = CliRunner().invoke(app, ["verify", str(file)])
    assert (checked.exit_code, checked.output.partition(":")[0]) == (0, "The same")
    file.write_text(file.read_text().replace("40", "90"))
    assert CliRunner().invoke(app, ["verify", str(file)]).exit_code == 2
    assert CliRunner().invoke(app, ["ask", "who won the football match"]).exit_code == 1
