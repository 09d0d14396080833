"""Figure 2: how often each class stands in the logs and in the golden sets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from abkit.core.pictured import Pictured
from abkit.render.figures.style import COLUMN, GREYS, HATCHES, INK, page, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SETS: Final = {
    "logs": "logs, as logged",
    "golden-served": "golden, served",
    "golden-paper": "golden, 42 % LABEL 0",
}
_TITLES: Final = {1: "two classes", 2: "five classes"}
_HEIGHT: Final = 0.27  # of a bar; classes stand 1 apart


def class_balance(shown: Sequence[Pictured], folder: Path) -> list[Path]:
    """Draw the share of each class in each set, one panel per table."""
    n_classes = [len(one.class_names) for one in shown]
    height = 24 + 11.5 * sum(n_classes)
    ratios = [float(n) for n in n_classes]
    with page(COLUMN, height, rows=len(shown), sharex=True, height_ratios=ratios) as made:
        figure, axes = made
        for panel, one in zip(axes, shown, strict=True):
            _panel(panel, one)
        axes[-1].set_xlabel("% of the texts")
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2)
        return save(figure, folder, "figure-2")


def _panel(panel: Axes, one: Pictured) -> None:
    for index, (key, label) in enumerate(_SETS.items()):
        counts = one.balance[key]
        shares = [100 * count / sum(counts) for count in counts]
        at = [code + (index - 1) * _HEIGHT for code in range(len(counts))]
        panel.barh(
            at, shares, height=_HEIGHT, label=label, color=GREYS[index],
            hatch=HATCHES[index], edgecolor=INK,
        )  # fmt: skip
        for y, share in zip(at, shares, strict=True):
            panel.text(share + 0.8, y, f"{share:.0f}", va="center", fontsize=5.5)
    names = [f"LABEL {code}\n{name}" for code, name in enumerate(one.class_names)]
    panel.set_yticks(range(len(names)), names)
    panel.invert_yaxis()
    panel.set_xlim(0, 100)
    panel.set_title(f"Table {one.table}: {_TITLES[one.table]}", loc="left")
