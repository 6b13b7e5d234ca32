"""Commands in documents are there, with the options they are given; tutorials do what they say."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from core.cli import app
from tools import tutorials
from tools.tutorials import FOLDER, IMAGES, steps

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = typer.main.get_command(app)
# The changelog names what there was at the time.
DOCUMENTS = sorted(
    [*(ROOT / "docs").rglob("*.md"), *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md"))]
)
BLOCK = re.compile(r"^[ \t]*```(?:sh|bash|console)?\n(.*?)^[ \t]*```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`]+)`")
COMMAND = re.compile(r"^(?:.*(?:&&|;|\*)\s+)?(?:[A-Z_]+=\S+ )*(?:[\w./-]*/)?(quarterdeck|make) (?=[a-z-])(.*)")
FENCED = re.compile(r"^[ \t]*```.*?^[ \t]*```", re.MULTILINE | re.DOTALL)
TARGET = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)
BEHIND = re.compile(r"\s(?:#|\||>|&&|;)")
MOST_PICTURES = 1_500_000  # bytes of all pictures of the tutorials


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Return program and rest of each command in blocks of shell and between back-ticks."""
    lines = [line for block in BLOCK.findall(text) for line in block.replace("\\\n", " ").splitlines()]
    lines += [" ".join(code.split()) for code in INLINE.findall(FENCED.sub("", text))]
    for line in lines:
        if (match := COMMAND.search(line.strip())) and not line.strip().startswith("#"):
            yield match[1], BEHIND.split(f"{match[2]} ", maxsplit=1)[0].strip()


def wrong(words: list[str]) -> str:
    """Return what of a command of `quarterdeck` is not there; empty where all of it is."""
    command = COMMANDS
    path = []
    while words and hasattr(command, "commands"):
        name = words[0]
        if name.startswith("-"):
            break
        alternatives = name.split("|")
        if any(other not in command.commands for other in alternatives):
            return f"no command {' '.join([*path, name])}"
        path.append(name)
        command, words = command.commands[alternatives[0]], words[1:]
    options = {text for part in command.params for text in (*part.opts, *part.secondary_opts)} | {"--help"}
    given = [word.strip("[],").partition("=")[0] for word in words if word.strip("[],").startswith("--")]
    unknown = [option for word in given for option in word.split("|") if option not in options]
    return f"{' '.join(path)} has no {unknown[0]}" if unknown else ""


def test_every_command_in_a_document_is_there_with_its_options():
    targets = set(TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8")))
    guilty, seen = [], 0
    for document in DOCUMENTS:
        for program, rest in commands(document.read_text(encoding="utf-8")):
            try:
                words = shlex.split(rest)
            except ValueError:
                words = rest.split()
            seen += 1
            if program == "make":
                lacks = [word for word in words if "=" not in word and word not in targets]
                problem = f"make has no {lacks[0]}" if lacks else ""
            else:
                problem = wrong(words)
            if problem:
                guilty.append(f"{document.relative_to(ROOT)}: {program} {rest}: {problem}")
    assert guilty == []
    assert seen > 100


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("sync --due", ""),
        ("sinc", "no command sinc"),
        ("sync --dew", "sync has no --dew"),
        ("source ad x", "no command source ad"),
    ],
)
def test_a_command_that_is_not_there_is_told(words, problem):
    assert wrong(words.split()) == problem


def test_commands_are_taken_from_blocks_and_lines():
    text = "`make docs`, or `quarterdeck sync`.\n```sh\n*/5 * cd x && .venv/bin/quarterdeck tick # all\n# no\n```\n"
    assert list(commands(text)) == [("quarterdeck", "tick"), ("make", "docs"), ("quarterdeck", "sync")]


TUTORIALS = sorted(FOLDER.glob("*.md"))


@pytest.mark.parametrize("file", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_says_what_it_does(file):
    text = file.read_text(encoding="utf-8")
    taken = steps(text)
    assert len(taken) >= 4
    for step in taken:
        for action in step.actions:
            if action.kind in ("click", "choose", "type", "expect"):
                assert action.words in step.prose, (action, step.prose)
                assert action.field in step.prose, (action, step.prose)
    pictures = {action.words for step in taken for action in step.actions if action.kind == "picture"}
    assert set(re.findall(r"\]\(images/([\w-]+)\.png\)", text)) == pictures
    assert all((IMAGES / f"{name}.png").is_file() for name in pictures)


def test_there_are_five_tutorials_and_their_pictures_are_small_and_shown():
    assert len(TUTORIALS) == 5
    files = sorted(IMAGES.glob("*.png"))
    assert sum(file.stat().st_size for file in files) < MOST_PICTURES
    texts = "".join(file.read_text(encoding="utf-8") for file in TUTORIALS)
    assert [file.name for file in files if f"images/{file.name}" not in texts] == []


def test_an_action_no_browser_knows_is_refused():
    with pytest.raises(ValueError, match="'jump' is none of open, click"):
        tutorials.steps("Jump.\n<!-- step\n- jump: high\n-->")
