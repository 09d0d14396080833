"""Figures 5 and 6: precision and recall of LABEL 0, against each other and the threshold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from abkit.core.pictured import Curve, Pictured
from abkit.render.figures.style import FULL, INK, page, save, share_axis
from abkit.render.numbers import share

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

_MARKS: Final = tuple(step / 10 for step in range(1, 10))  # thresholds shown as dots
_COLUMNS: Final = 3
_GREY: Final = "0.6"
_FEW: Final = 10  # fewer flagged texts give a precision that jumps about


def precision_recall(shown: Pictured, folder: Path) -> list[Path]:
    """Draw each model's curve over that of CE, with dots at the thresholds .1 to .9."""
    with page(FULL, 100, rows=2, columns=_COLUMNS, sharex=True, sharey=True) as (figure, axes):
        reference = shown.curves[0]
        for panel, curve in zip(axes, shown.curves, strict=False):
            if curve is not reference:
                _line(panel, reference, color=_GREY, linestyle=(0, (1, 1)), label="CE")
            _line(panel, curve, color=INK, label="this model")
            _dots(panel, curve)
            _goal(panel, shown.target_precision)
            panel.set_title(f"{curve.model}, average precision {share(curve.average_precision)}")
        _frame(axes, len(shown.curves), "recall", "precision")
        _explain(axes, len(shown.curves))
        return save(figure, folder, "figure-5")


def thresholds(shown: Pictured, folder: Path) -> list[Path]:
    """Draw precision and recall against the threshold, and the one chosen on other texts."""
    with page(FULL, 100, rows=2, columns=_COLUMNS, sharex=True, sharey=True) as (figure, axes):
        for panel, curve in zip(axes, shown.curves, strict=False):
            enough = _enough(curve)
            panel.plot(curve.thresholds[enough:], curve.precision[enough:], INK, label="precision")
            panel.plot(curve.thresholds, curve.recall, INK, linestyle=(0, (4, 1.5)), label="recall")
            _goal(panel, shown.target_precision)
            _chosen(panel, curve)
        _frame(axes, len(shown.curves), "threshold of P(LABEL 0)", "precision, recall")
        _explain(axes, len(shown.curves))
        return save(figure, folder, "figure-6")


def _enough(curve: Curve) -> int:
    """Return from which threshold on enough texts are flagged; thresholds fall."""
    return min(_FEW, len(curve.thresholds) - 1)


def _line(panel: Axes, curve: Curve, **style: object) -> None:
    enough = _enough(curve)
    panel.plot(curve.recall[enough:], curve.precision[enough:], **style)  # type: ignore[arg-type]


def _dots(panel: Axes, curve: Curve) -> None:
    at = [_last_reaching(curve.thresholds, mark) for mark in _MARKS]
    rows = [row for row in at if row is not None]
    panel.plot(
        [curve.recall[row] for row in rows], [curve.precision[row] for row in rows], "o",
        color=INK, markerfacecolor="white", markersize=3.2, label="thresholds .1, .2, ... .9",
    )  # fmt: skip


def _last_reaching(falling: Sequence[float], mark: float) -> int | None:
    """Return the row whose texts are those that "score >= mark" flags; None: it flags none."""
    reaching = sum(threshold >= mark for threshold in falling)
    return reaching - 1 if reaching else None


def _goal(panel: Axes, target: float) -> None:
    panel.axhline(
        target, color=_GREY, linewidth=0.6, linestyle=(0, (6, 2, 1, 2)),
        label=f"target precision {share(target, 2)}",
    )  # fmt: skip


def _chosen(panel: Axes, curve: Curve) -> None:
    if curve.chosen is None or curve.chosen_precision is None or curve.chosen_recall is None:
        panel.set_title(f"{curve.model}: no threshold reaches it")
        return
    panel.axvline(curve.chosen, color=INK, linewidth=0.6, linestyle=(0, (1, 1.5)))
    panel.plot(
        [curve.chosen] * 2, [curve.chosen_precision, curve.chosen_recall], "s", color=INK,
        markersize=3, label="chosen on other golden texts", clip_on=False, zorder=5,
    )  # fmt: skip
    panel.set_title(f"{curve.model}, chosen: {_threshold(curve.chosen)}")


def _frame(axes: Sequence[Axes], n: int, x: str, y: str) -> None:
    for index, panel in enumerate(axes[:n]):
        panel.set_xlim(0, 1)
        panel.set_ylim(0, 1.02)
        share_axis(panel.xaxis)
        share_axis(panel.yaxis)
        panel.set_xlabel(x)
        panel.tick_params(labelbottom=True)
        if index % _COLUMNS == 0:
            panel.set_ylabel(y)


def _explain(axes: Sequence[Axes], n: int) -> None:
    """Put the legend where no model is left."""
    for panel in axes[n:]:
        panel.axis("off")
    if len(axes) > n:
        handles: dict[str, Artist] = {}
        for panel in axes[:n]:
            found, labels = panel.get_legend_handles_labels()
            handles |= dict(zip(labels, found, strict=True))
        axes[n].legend(handles.values(), handles.keys(), loc="center left")


def _threshold(value: float) -> str:
    """Return four decimals, or as many as keep it from looking like 1."""
    digits = next((d for d in range(4, 10) if round(value, d) < 1), 10)
    return share(value, digits)
