"""What the usual A/B test misses by load, and what designs make of it: two figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from abkit.core.interference_study import DesignRow, InterferenceStudy, LoadRow
from abkit.render.figures.style import FULL, INK, page, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HEIGHT: Final = 58.0  # mm
_GREY: Final = "0.55"
_SHOWN: Final = {
    "AR": "Automation rate",
    "24RR": "24 h repeat rate",
    "abandoned": "Contacts that abandon the queue",
}
_SE: Final = 1.96


def draw_interference(study: InterferenceStudy, folder: Path) -> list[Path]:
    """Draw both figures as PNG, SVG and PDF; return the files."""
    return [*_by_load(study, folder), *_by_design(study, folder)]


def _by_load(study: InterferenceStudy, folder: Path) -> list[Path]:
    with page(FULL, _HEIGHT, columns=len(_SHOWN), sharex=True) as (figure, axes):
        for panel, (metric, title) in zip(axes, _SHOWN.items(), strict=True):
            rows = [row for row in study.loads if row.metric == metric]
            _load_panel(panel, rows)
            panel.set_title(title, loc="left")
        axes[0].set_ylabel("difference, points")
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2)
        return save(figure, folder, "interference-load")


def _load_panel(panel: Axes, rows: list[LoadRow]) -> None:
    """Draw the true effect of a launch and the mean A/B estimate; unlimited agents stand first."""
    at = list(range(len(rows)))
    panel.axhline(0, color=_GREY, lw=0.5)
    panel.plot(
        at, [100 * row.launch for row in rows], marker="o", ms=3.5, color=INK,
        label="true effect of a launch for everybody",
    )  # fmt: skip
    panel.errorbar(
        at, [100 * row.estimate for row in rows],
        yerr=[100 * _SE * row.bias_error for row in rows],
        marker="s", ms=3.5, mfc="white", color=INK, ls=(0, (4, 1.5)), capsize=2,
        label="mean estimate of the A/B test, ±1.96 standard errors",
    )  # fmt: skip
    panel.set_xticks(at, ["no\nqueue" if row.load is None else f"{row.load:.2f}" for row in rows])
    panel.set_xlabel("load of the agents")


def _by_design(study: InterferenceStudy, folder: Path) -> list[Path]:
    shown = ("24RR", "abandoned")
    with page(FULL, _HEIGHT, columns=len(shown), sharey="row") as (figure, axes):
        for panel, metric in zip(axes, shown, strict=True):
            _design_panel(panel, [row for row in study.designs if row.metric == metric])
            panel.set_title(_SHOWN[metric], loc="left")
            panel.set_xlabel("estimate − true effect, points")
        return save(figure, folder, "interference-designs")


def _design_panel(panel: Axes, rows: list[DesignRow]) -> None:
    """Draw each design's bias with the spread of its estimates."""
    at = list(range(len(rows)))
    panel.axvline(0, color=_GREY, lw=0.5)
    bias = [100 * row.bias for row in rows]
    panel.errorbar(
        bias, at, xerr=[100 * row.sd for row in rows], fmt="none", ecolor=_GREY, elinewidth=2.5
    )
    panel.errorbar(
        bias, at, xerr=[100 * _SE * row.bias_error for row in rows], fmt="o", ms=3.5, color=INK,
        capsize=2,
    )  # fmt: skip
    names = ["A/B test" if row.design == "customer" else row.design for row in rows]
    panel.set_yticks(at, names)
    panel.set_ylim(len(rows) - 0.5, -0.5)
