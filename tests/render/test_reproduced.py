"""The study on paper: 80 columns, words for ties, a page, and figures that need no colour."""

from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from abkit.core.reproduced import Reproduction
from abkit.render.figures.drawing import draw
from abkit.render.figures.style import FULL
from abkit.render.reproduced import signed_share

from ..study_fakes import reproduction


@pytest.fixture(scope="module")
def made() -> Reproduction:
    return reproduction(tables=(1, 2))


@pytest.fixture(scope="module")
def drawn(made: Reproduction, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return draw(made.pictured, tmp_path_factory.mktemp("drawn") / "figures")


def text(report: Reproduction) -> str:
    console = Console(width=80, file=StringIO(), color_system=None)
    with console.capture() as capture:
        console.print(report)
    return capture.get()


def test_text_fits_80_columns_and_keeps_the_two_names_apart(made: Reproduction) -> None:
    shown = text(made)
    assert max(map(len, shown.splitlines())) <= 80
    assert "training objective" in shown
    assert "The paper's MCE is not in its text: not available" in shown
    assert "FL10: .178 cannot be its mean NLL" in shown
    assert "ECE: FL1, FL3, FL5, FL10 lower" in shown
    assert "accuracy: FL1, FL3, FL5, FL10 a tie with CE" in shown
    rows = [line for line in shown.splitlines() if line.startswith("training objective")]
    after = shown.split(rows[0])[1].split("ECE")[0]
    assert "paper" not in after  # the paper's row stands beside the NLL alone


def test_a_tie_has_no_mark_and_a_difference_has_one(made: Reproduction) -> None:
    lines = text(made).splitlines()

    def minus_ce(metric: str) -> str:
        at = next(i for i, line in enumerate(lines) if line.startswith(f"{metric} "))
        return next(line for line in lines[at:] if line.startswith("  minus CE"))

    assert "*" not in minus_ce("accuracy")  # a monotone map of two classes moves no prediction
    assert minus_ce("ECE").count("*") == 4


def test_open_claims_are_called_open() -> None:
    page = reproduction(1, (2,)).to_markdown()
    assert "1 seed only: no claim about gamma" in page
    assert "| open |" in page
    assert "| yes |" not in page


def test_page_names_its_command_and_figures(made: Reproduction, drawn: list[Path]) -> None:
    page = replace(made, figures=tuple(drawn)).to_markdown()
    assert (
        "abkit reproduce --table 1 --table 2 --seeds 3 --texts 800 --epochs 3 --figures --out "
        in page
    )
    for number in range(2, 7):
        assert f"](figures/figure-{number}.png)" in page
    assert "## Table 2, 42.0 % LABEL 0" in page


def test_latex_has_every_table(made: Reproduction) -> None:
    assert made.to_latex().count(r"\begin{tabular}") == 2 * 4 + 1 + 2


def test_signed_share() -> None:
    assert [signed_share(v) for v in (0.0123, -0.0123, 0.0001, -0.0001, 1.5)] == [
        "+.012", "\u2212.012", ".000", ".000", "+1.500"
    ]  # fmt: skip


def test_figures_are_three_forms_of_five(drawn: list[Path]) -> None:
    names = {path.name for path in drawn}
    assert names == {f"figure-{n}.{form}" for n in range(2, 7) for form in ("png", "svg", "pdf")}
    assert all(path.read_bytes()[:5] in (b"\x89PNG\r", b"<?xml", b"%PDF-") for path in drawn)


def test_figures_need_no_colour_and_fit_a_page(drawn: list[Path]) -> None:
    for path in drawn:
        if path.suffix == ".png":
            picture = Image.open(path).convert("RGB")
            pixels = np.asarray(picture).astype(int)
            assert (pixels.max(axis=2) == pixels.min(axis=2)).all(), path
            assert picture.width <= FULL / 25.4 * 300 + 1
            assert pixels.min() == 0  # something is drawn


def test_figures_of_one_table_repeat_their_bytes(
    made: Reproduction, drawn: list[Path], tmp_path: Path
) -> None:
    again = {path.name: path for path in draw(made.pictured[1:], tmp_path)}
    assert {path.stem for path in again.values()} == {"figure-2", "figure-4"}
    for path in drawn:
        if path.stem == "figure-4":
            assert path.read_bytes() == again[path.name].read_bytes(), path
