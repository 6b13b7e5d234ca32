"""What is sealed opens with its key alone, whole or not at all."""

from __future__ import annotations

import io
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contracts.errors import ConfigError, SourceError
from core.sealing import sealed_files as sealing
from core.sealing import sealing_keys as sealing_key
from core.sealing.sealing_keys import KEY, KEY_COMMAND, KEY_FILE, Key

ONE, OTHER = Key(bytes(32)), Key(bytes([1] * 32))


def sealed(content, key=ONE):
    out = io.BytesIO()
    sealing.seal(io.BytesIO(content), out, key)
    return out.getvalue()


def unsealed(content, *keys):
    out = io.BytesIO()
    sealing.unseal(io.BytesIO(content), out, keys or [ONE])
    return out.getvalue()


@pytest.mark.parametrize("size", [0, 1, sealing.PIECE - 1, sealing.PIECE, sealing.PIECE + 1, 3 * sealing.PIECE])
def test_every_size_comes_back(size):
    content = bytes(i % 251 for i in range(1000)) * (size // 1000 + 1)
    assert unsealed(sealed(content[:size])) == content[:size]


@given(content=st.binary(max_size=200), position=st.integers(0, 10_000), flip=st.integers(1, 255))
def test_a_changed_byte_is_noticed_wherever_it_is(content, position, flip):
    whole = bytearray(sealed(content))
    whole[position % len(whole)] ^= flip
    with pytest.raises(SourceError):
        unsealed(bytes(whole))


def test_pieces_can_be_neither_cut_off_nor_swapped(monkeypatch):
    monkeypatch.setattr(sealing, "PIECE", 10)
    whole = sealed(b"0123456789" * 3)
    head, piece = len(whole) - 3 * 26, 26
    first, second, third = (whole[head + i * piece : head + (i + 1) * piece] for i in range(3))
    assert unsealed(whole) == b"0123456789" * 3
    for other in (first + second, second + first + third, first + third, first, b""):
        with pytest.raises(SourceError, match=r"damaged|no sealed"):
            unsealed(whole[:head] + other)


def test_another_key_is_told_from_a_damage_and_nothing_else_is_sealed():
    with pytest.raises(SourceError, match=f"key {ONE.number}; keys at hand: {OTHER.number}"):
        unsealed(sealed(b"x"), OTHER)
    assert unsealed(sealed(b"x"), OTHER, ONE) == b"x"
    with pytest.raises(SourceError, match="no sealed one"):
        unsealed(b"PK\x03\x04")
    assert not sealing.is_sealed(io.BytesIO(b"PK"))
    assert sealing.is_sealed(io.BytesIO(sealed(b"")))


def test_a_key_comes_from_the_environment_a_file_or_a_command(tmp_path):
    text = sealing_key.fresh()
    file = tmp_path / "key"
    file.write_text(f"{text}\n", encoding="utf-8")
    script = tmp_path / "print_key.py"
    script.write_text(f"print({text!r})", encoding="utf-8")
    ways = ({KEY: text}, {KEY_FILE: str(file)}, {KEY_COMMAND: f"{sys.executable} {script}"})
    assert {sealing_key.key_in_force(way).secret for way in ways} == {bytes.fromhex(text)}
    assert sealing_key.key_in_force({}) is None
    assert text not in repr(sealing_key.key_in_force({KEY: text}))


@pytest.mark.parametrize("text", ["", "secret-word", "ab" * 31, "zz" * 32])
def test_what_is_no_key_is_refused_and_not_repeated(text, tmp_path):
    file = tmp_path / "key"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="not 64 hexadecimal digits") as caught:
        sealing_key.key_in_force({KEY_FILE: str(file)})
    assert not text or text not in str(caught.value)


def test_a_key_that_cannot_be_read_is_a_sentence(tmp_path):
    with pytest.raises(ConfigError, match="file cannot be read"):
        sealing_key.key_in_force({KEY_FILE: str(tmp_path / "gone")})
    for command in ("no-such-program", f"{sys.executable} -c 'raise SystemExit(3)'"):
        with pytest.raises(ConfigError, match="command that prints the key failed"):
            sealing_key.key_in_force({KEY_COMMAND: command})
