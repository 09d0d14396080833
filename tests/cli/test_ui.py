"""How errors look on a terminal, and in a file."""

import io

import pytest
from rich.console import Console

from abkit.cli import ui
from abkit.core.errors import ConfigError

ERROR = ConfigError("a fact " + "of many words " * 12, hint="a remedy " + "of many words " * 12)


@pytest.mark.parametrize("terminal", [True, False])
def test_words_stay_whole_on_a_terminal_and_a_file_has_one_line(
    terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.StringIO()
    console = Console(
        file=stream, force_terminal=terminal, width=41, highlight=False, soft_wrap=True,
        color_system=None,
    )  # fmt: skip
    monkeypatch.setattr(ui, "err", console)
    ui.complain(ERROR)
    lines = stream.getvalue().splitlines()
    assert lines[0].startswith("error: a fact")
    assert "hint: a remedy" in stream.getvalue()
    if terminal:
        assert max(map(len, lines)) <= 41
        words = {word for line in lines for word in line.split()}
        assert words == {"error:", "a", "fact", "of", "many", "words", "hint:", "remedy"}
    else:
        assert len(lines) == 3
