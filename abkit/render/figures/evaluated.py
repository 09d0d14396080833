"""The reliability diagram of an evaluation: one panel per model, or per class."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from abkit.core.escape import visible
from abkit.core.evaluated import Evaluated, EvaluatedBin
from abkit.render.figures.style import FULL, GREYS, INK, page, save, share_axis
from abkit.render.numbers import count, share

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PANEL: Final = 55.0  # mm
_PER_ROW: Final = 3
_LONGEST: Final = 36  # characters of a line of a title
_MOST_BARS: Final = 20  # with more of them their counts would overlap
_ABOVE_COUNTS: Final = 20  # points between a panel and its title: the bins' counts stand there


def reliability_diagram(shown: Evaluated, folder: Path) -> list[Path]:
    """Draw how often what was predicted came true, bin by bin; return the files.

    Raises:
        RunError: The folder cannot be written.
    """
    panels = _panels(shown)
    columns = min(_PER_ROW, len(panels))
    rows = -(-len(panels) // columns)
    width, height = min(FULL, _PANEL * columns + 25), _PANEL * rows + 18
    with (
        warnings.catch_warnings(),
        page(width, height, rows=rows, columns=columns, sharey="row") as (figure, axes),
    ):
        warnings.filterwarnings("ignore", "Glyph .* missing")  # a box stands for it
        for panel, (title, bins) in zip(axes, panels, strict=False):
            _bars(panel, bins, shown.conventions.confidence_level)
            panel.set_title(title, pad=_ABOVE_COUNTS, parse_math=False)
        for panel in axes[len(panels) :]:
            panel.axis("off")
        for panel in axes[::columns]:
            panel.set_ylabel("share that came true")
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=min(3, columns + 1))
        return save(figure, folder, "reliability")


def _panels(shown: Evaluated) -> list[tuple[str, Sequence[EvaluatedBin]]]:
    """Return title and bins of each panel."""
    models = [(shown.source, shown.rows)]
    if shown.against is not None:
        models.append((shown.against.source, shown.against.rows))
    found: list[tuple[str, Sequence[EvaluatedBin]]] = []
    for source, rows in models:
        ece = f"ECE {share(rows.measure('ece').estimate)}"
        if shown.conventions.calibration_of == "classwise":
            for name in shown.class_names:
                of_class = [one for one in rows.bins if one.class_name == name]
                found.append((_title(source, f"P({name})"), of_class))
        else:
            of = shown.conventions.positive
            what = "top label" if shown.conventions.calibration_of == "top-label" else f"P({of})"
            found.append((_title(source, what, ece), rows.bins))
    return found


def _title(*lines: str) -> str:
    """Return one line each, harmless and no wider than a panel."""
    safe = map(visible, lines)
    return "\n".join(f"{one[: _LONGEST - 1]}…" if len(one) > _LONGEST else one for one in safe)


def _bars(panel: Axes, bins: Sequence[EvaluatedBin], level: float) -> None:
    filled = [one for one in bins if one.accuracy is not None]
    lower, width = [one.lower for one in filled], [one.upper - one.lower for one in filled]
    middle = [(one.lower + one.upper) / 2 for one in filled]
    came_true = [one.accuracy or 0.0 for one in filled]
    panel.bar(
        lower, came_true, width=width, align="edge", color=GREYS[1], edgecolor=INK,
        label=f"came true, exact {100 * level:g} % interval",
    )  # fmt: skip
    below = [(one.accuracy or 0) - (one.ci_lower or 0) for one in filled]
    above = [(one.ci_upper or 0) - (one.accuracy or 0) for one in filled]
    panel.errorbar(
        middle, came_true, yerr=[below, above], fmt="none", ecolor=INK, elinewidth=0.8,
        capsize=1.5,
    )  # fmt: skip
    panel.hlines(
        [one.confidence or 0 for one in filled], lower, [one.upper for one in filled], color=INK,
        linewidth=1.6, label="mean confidence",
    )  # fmt: skip
    panel.plot([0, 1], [0, 1], color=INK, linestyle=(0, (4, 3)), linewidth=0.6, label="calibrated")
    if len(bins) <= _MOST_BARS:
        for x, one in zip(middle, filled, strict=True):
            panel.text(x, 1.03, count(one.n), rotation=90, ha="center", va="bottom", fontsize=5.5)
    panel.set_xlabel("confidence")
    for axis in (panel.xaxis, panel.yaxis):
        share_axis(axis)
    panel.set_xlim(0, 1)
    panel.set_ylim(0, 1)
