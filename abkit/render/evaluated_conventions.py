"""What the numbers of an evaluation rest on, in sentences."""

from typing import Final

from abkit.core.evaluated import Conventions
from abkit.render.numbers import count

_WEIGHTS: Final = (
    "weights: a row of weight 2 counts as two; intervals, variances and the 20 rows of a bin go "
    "by rows, since a weight adds no evidence"
)


def conventions(c: Conventions) -> list[str]:
    """Return what the numbers rest on, in sentences."""
    edges = (
        "(lower, upper], 0 in the first" if c.edges == "right" else "[lower, upper), 1 in the last"
    )
    of = {
        "top-label": "top label: the largest probability, ties to the first class, against whether "
        "it is the label",
        "positive": f"P({c.positive}): that column against whether the label is {c.positive}",
        "classwise": "mean of classes: each column against whether the label is its class; of MCE "
        "the largest",
    }[c.calibration_of]
    drawn = (
        f"intervals: percentiles of {count(c.resamples)} resamples of the rows, seed {c.seed}; "
        "resampling adds error to a calibration error, so that its interval may lie above it"
        if c.resamples
        else "intervals: none, since no resamples were asked for"
    )
    return [
        "a prediction is the largest probability, ties to the first class; macro: means over the "
        "classes, 0/0 is 0; macro F1 is the mean of the classes' F1",
        "average precision: sum over thresholds of (gain in recall) (precision), tied scores are "
        "one threshold, nothing interpolated",
        "NLL: mean of -log of the label's probability; Brier: from 0 to 2, with two classes twice "
        "the one-column score",
        f"{of}",
        "ECE: mean over the rows of the |gap| of their bin; MCE: the largest |gap| of a bin that "
        "is not empty",
        f"equal widths: bins {edges}, edges exactly k/{c.n_bins}; equal masses: about the same "
        "number of rows each, equal probabilities in one bin",
        "debiased: root of the mean squared gap less its variance (Kumar et al. 2019), equal "
        "masses; 0 where that is negative",
        "smooth ECE: Gaussian kernel reflected at 0 and 1, its standard deviation equal to the "
        "error itself (Blasiok and Nakkiran 2024); no bins",
        *([_WEIGHTS] if c.weight else []),
        drawn,
    ]


def probability_of(c: Conventions) -> str:
    """Return of which probability calibration is, as it stands in a name."""
    return {
        "top-label": "top label",
        "positive": f"P({c.positive})",
        "classwise": "mean of classes",
    }[c.calibration_of]
