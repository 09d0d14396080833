"""Figures 3 and 4: histograms of scores over reliability diagrams."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from abkit.core.pictured import Diagram, DiagramBin, Pictured
from abkit.render.figures.style import FULL, GREYS, HATCHES, INK, page, save, share_axis
from abkit.render.numbers import count, share

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FIGURE: Final = {1: "figure-3", 2: "figure-4"}
_PER_MODEL: Final = 42.0  # width in mm of a column of panels, if there is room
_ABOVE_COUNTS: Final = 22  # points between a panel and its title: the bins' counts stand there


def reliability_diagrams(shown: Pictured, folder: Path) -> list[Path]:
    """Draw, per model, how its scores are spread, and how often its top label is right."""
    n = len(shown.diagrams)
    width = min(FULL, _PER_MODEL * n + 10)
    with page(width, 95, rows=2, columns=n, sharey="row") as (figure, axes):
        for index, diagram in enumerate(shown.diagrams):
            _histogram(axes[index], diagram, shown)
            _reliability(axes[n + index], diagram, lowest=1 / len(shown.class_names))
        axes[0].set_ylabel("texts")
        axes[n].set_ylabel("accuracy")
        handles = [pair for panel in (axes[0], axes[n]) for pair in _legend(panel)]
        figure.legend(*zip(*handles, strict=True), loc="outside lower center", ncols=3)
        return save(figure, folder, _FIGURE[shown.table])


def _legend(panel: Axes) -> list[tuple[object, str]]:
    return list(zip(*panel.get_legend_handles_labels(), strict=True))


def _histogram(panel: Axes, diagram: Diagram, shown: Pictured) -> None:
    first, second = diagram.histogram
    n = len(first)
    at = [(b + 0.5) / n for b in range(n)]
    for index, (counts, bottom) in enumerate(((first, [0] * n), (second, first))):
        panel.bar(
            at, counts, width=1 / n, bottom=bottom, color=GREYS[index], hatch=HATCHES[index],
            edgecolor=INK, linewidth=0.3, label=shown.histogram_groups[index],
        )  # fmt: skip
    panel.set_title(diagram.model)
    panel.set_xlabel(shown.histogram_of)
    panel.set_xlim(0, 1)
    share_axis(panel.xaxis)


def _reliability(panel: Axes, diagram: Diagram, *, lowest: float) -> None:
    filled = [one for one in diagram.bins if one.n]
    panel.bar(
        [one.lower for one in filled], [one.accuracy or 0 for one in filled], align="edge",
        width=0.1, color=GREYS[1], edgecolor=INK, label="accuracy, exact 95 % interval",
    )  # fmt: skip
    panel.errorbar(
        [_middle(one) for one in filled], [one.accuracy or 0 for one in filled],
        yerr=[[_below(one) for one in filled], [_above(one) for one in filled]],
        fmt="none", ecolor=INK, elinewidth=0.8, capsize=1.5,
    )  # fmt: skip
    panel.hlines(
        [one.confidence or 0 for one in filled], [one.lower for one in filled],
        [one.upper for one in filled], color=INK, linewidth=1.6, label="mean confidence",
    )  # fmt: skip
    panel.plot([0, 1], [0, 1], color=INK, linestyle=(0, (4, 3)), linewidth=0.6, label="calibrated")
    for one in filled:
        panel.text(
            _middle(one), 1.03, count(one.n), rotation=90, ha="center", va="bottom", fontsize=5.5
        )
    panel.set_xlabel("confidence")
    panel.set_title(
        f"ECE {share(diagram.ece)}, MCE {share(diagram.mce)}", fontsize=6.5, pad=_ABOVE_COUNTS
    )
    share_axis(panel.xaxis)
    share_axis(panel.yaxis)
    panel.set_xlim(min(lowest, *(one.lower for one in filled)), 1)
    panel.set_ylim(0, 1)


def _middle(one: DiagramBin) -> float:
    return (one.lower + one.upper) / 2


def _below(one: DiagramBin) -> float:
    return (one.accuracy or 0) - (one.ci_lower or 0)


def _above(one: DiagramBin) -> float:
    return (one.ci_upper or 0) - (one.accuracy or 0)
