"""The program: version, help, exit codes, streams."""

import pytest
import typer

import abkit
from abkit.cli.app import app
from abkit.core.results import Rendered

from .steps import Cli, in_80_columns

COMMANDS = sorted(typer.main.get_command(app).commands)


def test_version(cli: Cli) -> None:
    assert cli("--version").out == f"abkit {abkit.__version__}\n"


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_help(cli: Cli, command: str | None) -> None:
    done = cli(*([command] if command else []), "--help")
    assert done.code == 0
    in_80_columns(done.out)


def test_bare_shows_help(cli: Cli) -> None:
    assert "simulate" in cli().out


def test_unknown_command_is_bad_usage(cli: Cli) -> None:
    done = cli("simulat")
    assert done.code == 2
    assert "simulate" in done.err


def test_completion_is_offered(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_ABKIT_COMPLETE", "source_bash")
    assert "abkit" in cli().out


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [(ZeroDivisionError, 3, "this is a defect in abkit"), (KeyboardInterrupt, 130, "")],
)
def test_what_ends_a_command(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, raised: type[BaseException], code: int, said: str
) -> None:
    def broken(self: Rendered) -> str:
        raise raised

    monkeypatch.setattr(Rendered, "to_json", broken)
    done = cli("audit", "--flagged", "1/2", "--unflagged", "1/2", "--format", "json")
    assert done.code == code
    assert said in done.err


def test_the_verbs_are_functions() -> None:
    for name in abkit.__all__:
        assert callable(getattr(abkit, name))
    with pytest.raises(AttributeError, match="no attribute `nothing`"):
        abkit.nothing  # noqa: B018
