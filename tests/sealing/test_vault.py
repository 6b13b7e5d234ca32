"""A sealed value opens with its key, as what it is, whole or not at all; keys change while others read."""

from __future__ import annotations

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from core import cli
from core.contracts.errors import ConfigError, StoreError
from core.sealing.sealing_keys import KEY, KEY_FILE, keys_in_force
from core.sealing.secret_values import Secrets
from core.sealing.vault import HEAD, Vault, is_sealed, number_of
from core.sources.connectors import connector_files
from core.store import Store

ONE, TWO = "11" * 32, "22" * 32
PLANTED = b"The zirconium tender of Planted Ltd"


@given(content=st.binary(max_size=300))
def test_what_is_sealed_comes_back(content):
    vault = Vault({KEY: ONE})
    sealed = vault.seal(content, "a")
    assert vault.open(sealed, "a") == content
    assert len(content) < 8 or content not in sealed[HEAD:]
    assert sealed != vault.seal(content, "a")


@given(position=st.integers(0, 10_000), flip=st.integers(1, 255))
def test_a_changed_byte_is_noticed(position, flip):
    vault = Vault({KEY: ONE})
    sealed = bytearray(vault.seal(PLANTED, "a"))
    sealed[position % len(sealed)] ^= flip
    if is_sealed(bytes(sealed)):
        with pytest.raises(StoreError, match=r"damaged|not at hand"):
            vault.open(bytes(sealed), "a")


def test_a_value_is_not_taken_for_another_and_a_cut_one_not_at_all():
    vault = Vault({KEY: ONE})
    sealed = vault.seal(PLANTED, "file 1")
    for other in (sealed, sealed[:-1], sealed[:60], sealed[:25]):
        with pytest.raises(StoreError):
            vault.open(other, "file 2")
    with pytest.raises(StoreError, match="damaged"):
        vault.open_text("sealed:&&&", "token")


def test_without_a_key_values_are_as_they_are():
    vault = Vault({})
    assert vault.seal(PLANTED, "a") == vault.open(PLANTED, "a") == PLANTED
    assert vault.open_text(vault.seal_text("ä", "a"), "a") == "ä"
    with pytest.raises(ConfigError, match="no key"):
        vault.reseal(PLANTED, "a")
    with pytest.raises(StoreError, match=f"key {keys_in_force({KEY: ONE})[0].number}"):
        vault.open(Vault({KEY: ONE}).seal(PLANTED, "a"), "a")


def test_a_new_key_wraps_the_old_values_and_a_running_reader_sees_it(tmp_path):
    file = tmp_path / "key"
    file.write_text(ONE)
    running, sealed = Vault({KEY_FILE: str(file)}), Vault({KEY: ONE}).seal(PLANTED, "a")
    assert running.open(sealed, "a") == PLANTED
    file.write_text(f"{TWO}\n{ONE}\n")
    again = Vault({KEY_FILE: str(file)}).reseal(sealed, "a")
    assert number_of(again) == keys_in_force({KEY: TWO})[0].number != number_of(sealed)
    assert again[-30:] == sealed[-30:]
    assert running.open(again, "a") == PLANTED
    assert Vault({KEY: TWO}).open(again, "a") == PLANTED
    assert Vault({KEY: TWO}).reseal(again, "a") is again


@pytest.mark.parametrize("text", ["", "  ", "12", f"{ONE} 12", "zz" * 32])
def test_what_is_no_key_is_not_repeated(text):
    with pytest.raises(ConfigError) as caught:
        keys_in_force({KEY: text or " "})
    assert ONE not in str(caught.value)


def test_nothing_planted_is_readable_in_home_or_database_and_keys_rotate(tmp_path, monkeypatch):
    key_file, database = tmp_path / "key", tmp_path / "home" / "store.db"
    key_file.write_text(ONE)
    monkeypatch.setenv("QUARTERDECK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{database}")
    monkeypatch.setenv(KEY_FILE, str(key_file))
    token = secrets.token_hex(16)
    from core.config import load

    keys = Secrets(connector_files.folder_of(load()))
    keys.keep({"CRM_TOKEN": token})
    store = Store.open(f"sqlite:///{database}")
    saved = store.requirement_sets.save_with_file("List", "ana", {}, ("tender.csv", PLANTED))
    key_file.write_text(f"{TWO}\n{ONE}\n")
    done = CliRunner().invoke(cli.app, ["keys", "rotate"])
    assert done.exit_code == 0, done.output
    assert done.output.startswith("1 buyers' files")
    key_file.write_text(TWO)
    assert store.requirement_sets.file(saved) == ("tender.csv", PLANTED)
    assert Secrets(keys.file.parent).value("CRM_TOKEN") == token
    store.close()
    written = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file() and file != key_file)
    assert (PLANTED in written, token.encode() in written) == (False, False)
    assert CliRunner().invoke(cli.app, ["keys", "rotate"]).output.startswith("0 buyers' files")


def test_rotating_without_a_key_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    for name in (KEY, KEY_FILE):
        monkeypatch.delenv(name, raising=False)
    assert isinstance(CliRunner().invoke(cli.app, ["keys", "rotate"]).exception, ConfigError)
