"""The README's commands exist with the options it gives them, and its promises are files."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

import abkit
from abkit.cli.app import app

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
SHELL = "\n".join(re.findall(r"```sh\n(.*?)```", README, re.DOTALL)).replace("\\\n", " ")
COMMANDS = [line for line in SHELL.splitlines() if line.startswith("abkit ")]


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_parse(line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    command = get_command(app)
    if words[0].startswith("--"):
        return  # --install-completion: an option of the program itself, tested with it
    chosen = command.commands[words[0]]  # type: ignore[attr-defined]
    chosen.make_context(words[0], words[1:], resilient_parsing=False)


def test_there_are_commands() -> None:
    assert len(COMMANDS) >= 10


def test_linked_files_exist() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_python_names_exist() -> None:
    for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL):
        for name in re.findall(r"abkit\.(\w+)", block):
            assert callable(getattr(abkit, name))


def test_nothing_is_left_to_fill_in() -> None:
    assert "@@" not in README
