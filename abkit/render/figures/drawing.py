"""All figures of a reproduction, written into one folder."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from abkit.core.pictured import Pictured
from abkit.core.progress import SILENT, Progress
from abkit.render.figures.balance import class_balance
from abkit.render.figures.curves import precision_recall, thresholds
from abkit.render.figures.diagrams import reliability_diagrams


def draw(shown: Sequence[Pictured], folder: Path, *, progress: Progress = SILENT) -> list[Path]:
    """Write Figures 2 to 6, as far as the tables at hand have them, each in three forms.

    Raises:
        RunError: The folder cannot be written.
    """
    work = [partial(class_balance, shown, folder)]
    for one in shown:
        work.append(partial(reliability_diagrams, one, folder))
        if one.curves:
            work += [partial(precision_recall, one, folder), partial(thresholds, one, folder)]
    steps = progress.track(work, description="Drawing", total=len(work))
    return [path for step in steps for path in step()]
