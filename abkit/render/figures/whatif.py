"""What a launch brings by threshold, with bands over what is assumed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from abkit.core.escape import visible
from abkit.core.whatif import VALUE, WhatIf
from abkit.render.figures.style import FULL, INK, form_of, page, save_as
from abkit.render.numbers import in_weeks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from abkit.core.whatif_thresholds import CaseThresholds

_ROW: Final = 40.0  # mm
_BAND: Final = "0.85"
_QUANTITIES: Final = ("AR", "PRR", "24RR", VALUE)
_LABELS: Final = {VALUE: "value per\n1,000 contacts"}
_MOST_CASES: Final = 4  # columns that stay legible


def plot_whatif(result: WhatIf, path: Path) -> Path:
    """Draw a panel per quantity and use-case, in the form that the file's ending names.

    Raises:
        ConfigError: The ending is none of png, svg, pdf.
        RunError: The file cannot be written.
    """
    form_of(path)
    cases = result.thresholds[:_MOST_CASES]
    height = _ROW * len(_QUANTITIES) + 12
    with page(FULL, height, rows=len(_QUANTITIES), columns=len(cases), sharex=True) as made:
        figure, axes = made
        for row, quantity in enumerate(_QUANTITIES):
            for column, case in enumerate(cases):
                panel = axes[row * len(cases) + column]
                _panel(panel, case, quantity)
                if not column:
                    panel.set_ylabel(_LABELS.get(quantity, f"Δ {quantity}, points"))
                if not row:
                    panel.set_title(visible(f"Use-case {case.use_case}"), loc="left")
                if row == len(_QUANTITIES) - 1:
                    panel.set_xlabel("flag from this score on")
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=5)
        figure.suptitle(visible(_title(result)), fontsize=7)
        return save_as(figure, path)


def _title(result: WhatIf) -> str:
    weeks = in_weeks(result.weeks)
    one = result.baseline
    return (
        f"Everybody treated minus nobody: {result.scenario}, {weeks}, seed {result.seed}; "
        f"{one.loss}, {one.calibrator}, {one.policy}"
    )


def _panel(panel: Axes, case: CaseThresholds, quantity: str) -> None:
    unit = 1.0 if quantity == VALUE else 100.0
    curve, x = case.curves[quantity], case.thresholds
    panel.fill_between(
        x, [unit * y for y in curve.low], [unit * y for y in curve.high], color=_BAND, lw=0,
        label="all assumed harms and recalls",
    )  # fmt: skip
    panel.plot(x, [unit * y for y in curve.form], color=INK, label="closed form")
    panel.errorbar(
        [one.threshold for one in case.simulated],
        [unit * one.gains[quantity] for one in case.simulated],
        yerr=[2 * unit * one.standard_errors[quantity] for one in case.simulated],
        fmt="o", markersize=2.5, color=INK, markerfacecolor="white", elinewidth=0.6, lw=0,
        label="simulated, ±2 errors",
    )  # fmt: skip
    panel.axhline(0, color="0.5", lw=0.5, zorder=0)
    for answer, style in (("in use", (0, (4, 1.5))), (quantity, (0, (1, 1)))):
        found = next(one for one in case.answers if one.answer == answer)
        if found.threshold is not None:
            label = "in use" if answer == "in use" else "best, closed form"
            panel.axvline(found.threshold, color=INK, linestyle=style, lw=0.7, label=label)
    panel.set_xlim(0, 1)
