"""What a person must know of a trained model that is of no use."""

from typing import Final

from abkit.core.trained import TrainingReport
from abkit.render.numbers import share

_HIGHEST_TEMPERATURE: Final = 50  # the upper end of what a calibrator may take


def warnings_of(report: TrainingReport) -> list[str]:
    """Return what a person must know of a model of no use, none for one that works.

    A little less average precision than TF-IDF is usual and stands in the table; here it is less
    than half as far above the share of LABEL 0, which is what a random order has.
    """
    part, fitted = report.metrics["report"], report.calibrator
    found, linear = part["average_precision"], part["baseline_average_precision"]
    chance = part["n_positive"] / part["n"]
    lines = []
    if fitted.get("temperature", 0) > _HIGHEST_TEMPERATURE * 0.999:
        lines.append(
            f"warning: the temperature stands at its limit {_HIGHEST_TEMPERATURE}: the scores "
            "hardly tell the classes apart"
        )
    if found is not None and found <= chance:
        lines.append(
            f"warning: average precision {share(found)} on the part report is not above the share "
            f"of LABEL 0 there, {share(chance)}: a random order does as well"
        )
    elif None not in (found, linear) and found - chance < (linear - chance) / 2:
        lines.append(
            f"warning: average precision {share(found)} on the part report is far below that of "
            f"TF-IDF + logistic regression, {share(linear)}"
        )
    if report.n_called == 0:
        lines.append(
            "warning: no text is called LABEL 0: on every text of the part report another class is "
            "likelier"
        )
    if part.get("recall_at_threshold") == 0:
        lines.append("warning: no LABEL 0 text of the part report reaches the threshold")
    return lines
