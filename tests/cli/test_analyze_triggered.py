"""`abkit analyze --triggered`: forms, both streams, refusals."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from .steps import Cli, in_80_columns


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Customers with one contact each, some of whom the text check would treat otherwise."""
    n, rng = 3_000, np.random.default_rng(4)
    arm = np.where(rng.random(n) < 0.5, "treatment", "control")
    flagged, menu = rng.random(n) < 0.3, np.where(rng.random(n) < 0.3, "defective", "quality")
    helped = flagged & (menu != "defective") & (arm == "treatment")
    frame = pd.DataFrame(
        {
            "customer_id": [f"c{i}" for i in range(n)],
            "arm": arm,
            "started_at": pd.date_range("2024-01-01", periods=n, freq="min", tz="UTC").astype(str),
            "menu_reason": menu,
            "flagged": flagged,
            "score": np.where(flagged, 0.8, 0.2),
            "automated": (rng.random(n) < np.where(helped, 0.8, 0.5)).astype(int),
            "differs": flagged & (menu != "defective"),
        }
    )
    path = tmp_path / "log.csv"
    frame.to_csv(path, index=False)
    return path


def test_every_form_is_printed(cli: Cli, log: Path) -> None:
    text = cli("analyze", log, "--triggered")
    assert (text.code, text.err) == (0, "")
    in_80_columns(text.out)
    for words in ("All contacts, by what triggered", "Placebo", "Who triggers", "trigger ratio"):
        assert words in " ".join(text.out.split())
    markdown = cli("analyze", log, "--triggered", "--format", "markdown")
    assert "| AR |" in markdown.out
    latex = cli("analyze", log, "--triggered", "--format", "latex")
    assert latex.out.count(r"\begin{table}") == 5


def test_three_ways_to_say_what_triggers_agree(cli: Cli, log: Path) -> None:
    found = []
    for words in ((), ("--threshold", 0.5), ("--trigger", "differs")):
        done = cli("analyze", log, "--triggered", *words, "--format", "json")
        assert done.code == 0, done.err
        facts = json.loads(done.out)
        found.append(facts["diluted"])
        assert facts["diluted"][0]["plain"]["gain"] > 2
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--triggered", "--segment", "menu_reason"), "`--triggered` and `--segment` exclude"),
        (("--triggered", "--bonferroni"), "`--triggered` and `--bonferroni` exclude"),
        (("--triggered", "--deltas-only", "points"), "`--triggered` and `--deltas-only` exclude"),
        (("--threshold", "0.5"), "`--threshold` belongs to `--triggered`"),
        (("--label-0", "x"), "`--label-0` belongs to `--triggered`"),
        (("--trigger", "differs"), "`--trigger` belongs to `--triggered`"),
        (("--triggered", "--trigger", "differ"), "has no column `differ`"),
        (("--triggered", "--where", "arm = 'control' or not flagged::boolean"), "differs between"),
    ],
)
def test_refused(cli: Cli, log: Path, words: tuple[str, ...], said: str) -> None:
    done = cli("analyze", log, *words)
    assert done.code == 1
    assert done.out == ""
    assert said in " ".join(done.err.split())


def test_names_of_a_user_are_shown_as_text(cli: Cli, log: Path) -> None:
    frame = pd.read_csv(log)
    frame["use_case"] = np.where(np.arange(len(frame)) % 2, "[red]x[/]\x1b[2J", "B")
    frame.to_csv(log, index=False)
    done = cli("analyze", log, "--triggered")
    assert done.code == 0, done.err
    assert "\x1b" not in done.out
    assert "[red]x[/]" in done.out
