"""The command line, called as a person calls it."""

import sys
from pathlib import Path

import pytest

from abkit.cli.app import main

from .steps import Cli, Done


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Cli:
    """Run `abkit WORDS...` in an empty folder, in an 80-column terminal's width."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def call(*words: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["abkit", *map(str, words)])
        capfd.readouterr()
        try:
            code = main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        captured = capfd.readouterr()
        return Done(code, captured.out, captured.err)

    return call


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory, private_cache: Path) -> Path:
    """A folder with one run of one week, made with the default model (trained here, really)."""
    import abkit

    folder = tmp_path_factory.mktemp("world") / "runs"
    abkit.simulate(weeks=1, runs=folder)
    return folder


@pytest.fixture
def own_texts(tmp_path: Path) -> Path:
    """A user's file: 600 labelled texts, some of them hostile."""
    hostile = ["=HYPERLINK(1)", "\x1b[2Jcleared", "[bold red]x[/] :smile:", "-2+3|cmd", "@SUM(A1)"]
    lines = ["id,body,why"]
    for i in range(300):
        lines.append(f'0{i},"{hostile[i % 5]} bag number {i} never arrived {i % 7}",lost')
        lines.append(f'1{i},"{hostile[i % 5]} the crew was {i} times rude {i % 5}",service')
    path = tmp_path / "own.csv"
    path.write_text("\n".join(lines) + "\n")
    return path
