"""The study on paper: 80 columns, words for ties, a page, and figures that need no colour."""

from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from abkit.core.measured import Interval, Measured
from abkit.core.reproduced import Reproduction
from abkit.core.study import Times
from abkit.render.figures.drawing import draw
from abkit.render.figures.style import FULL
from abkit.render.reproduced_claims import VERDICTS, claim_text
from abkit.render.reproduced_differences import difference, signed_share

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
    assert "undecided: neither" in shown
    rows = [line for line in shown.splitlines() if line.startswith("training objective")]
    after = shown.split(rows[0])[1].split("ECE")[0]
    assert "paper" not in after  # the paper's row stands beside the NLL alone


def test_every_difference_has_its_word_and_its_interval(made: Reproduction) -> None:
    lines = text(made).splitlines()
    start = next(i for i, line in enumerate(lines) if "focal loss minus CE" in line)
    accuracy = next(i for i in range(start, len(lines)) if lines[i].startswith("accuracy"))
    assert lines[accuracy].count(".000 tie") == 4  # a monotone map moves no prediction
    assert lines[accuracy + 1].count("[.000, .000]") == 4
    ece = next(i for i in range(start, len(lines)) if lines[i].startswith("ECE"))
    assert lines[ece].count("better") == 4
    assert lines[ece + 1].count("[\u2212") == 4


def test_a_difference_in_words() -> None:
    one = Interval(estimate=-0.0712, ci_lower=-0.0841, ci_upper=-0.0602)
    wide = Interval(estimate=1.2345, ci_lower=-0.5, ci_upper=3.0)
    assert difference(Measured(by_seed=(one,), mean=one), "ece") == (
        "\u2212.071 better", "[\u2212.084, \u2212.060]"
    )  # fmt: skip
    assert difference(Measured(by_seed=(one,), mean=one), "accuracy")[0] == "\u2212.071 worse"
    assert difference(Measured(by_seed=(wide,), mean=wide), "nll") == (
        "+1.23 undecided", "[\u2212.50, +3.00]"
    )  # fmt: skip
    assert difference(None, "ece") == "\u2013"


def test_open_claims_are_called_open() -> None:
    page = reproduction(1, (2,)).to_markdown()
    assert "1 seed only: no claim about gamma" in page
    assert "Open, for fewer than three seeds" in page
    assert "| open<br>" in page
    assert "| yes<br>" not in page


def test_the_page_begins_with_what_holds(made: Reproduction) -> None:
    first = made.to_markdown()[:3_000]
    for words in ("What of the paper holds here", "Holds in every comparison",
                  "Focal loss has a lower NLL than CE", "Holds in no comparison",
                  "its own sizes were not run"):  # fmt: skip
        assert words in first


def test_claims_and_their_counts_agree_with_the_result(made: Reproduction) -> None:
    page = made.to_markdown()
    for claim in made.claims:
        cell = f"{VERDICTS[claim.verdict]}<br>{claim.n_true} of {len(claim.comparisons)}"
        assert cell in page
        assert claim_text(claim.code) in page
    flips = [claim for claim in made.claims if claim.code == "flips_overcorrect"]
    n, n_true = sum(len(one.comparisons) for one in flips), sum(one.n_true for one in flips)
    assert f"with true labels ({n_true} of {n}" in page


def test_what_it_took_and_what_was_not_run(made: Reproduction) -> None:
    shown = " ".join(text(made).split())
    assert "seed 2: 1.5 min of CPU time, 2.0 min on the clock, for 8 of 8 trainings" in shown
    # 5 and 3 models, 3 seeds, 3 epochs of 12 s
    assert "12 s for Table 1, 12 s for Table 2, so the same study .2 hours of CPU time" in shown
    assert "--epochs 3 --preset paper --device cuda" in shown
    unknown = replace(made, times=Times(by_seed=(replace(made.times.by_seed[0], n_timed=0),)))
    shown = text(unknown)
    assert "seed 0: not recorded" in shown
    assert "preset paper" not in shown


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
    assert made.to_latex().count(r"\begin{tabular}") == 7 * 4 + 2 + 2


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
