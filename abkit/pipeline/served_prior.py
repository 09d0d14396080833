"""What a threshold is worth where another share of rows is positive than among the labelled."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from abkit.core import checks
from abkit.core.errors import DataError
from abkit.core.reasons import REASONS
from abkit.core.thresholded import AtPrior, AtThreshold, ServedPrior, UseCaseFlags
from abkit.model.prior_shift import estimate_prior, moved, precision_at_prior
from abkit.model.served_share import MeansEstimate, calibration_p_value, share_by_means
from abkit.pipeline.threshold_aim import Aim
from abkit.pipeline.threshold_rows import Labelled, served_probabilities
from abkit.simulations.scenario import Scenario

ALIKE: Final = 1e-3  # shares that print alike share a row
FACTORS: Final = (0.25, 0.5, 1.0, 2.0)  # of the labelled share, in the table of priors


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """The share of positives among what is served, and how it is known."""

    prior: float
    origin: str
    standard_error: float | None = None
    p_value: float | None = None
    by_means: MeansEstimate | None = None  # None: the share was not estimated
    calibration_p_value: float | None = None

    @property
    def promised(self) -> float | None:
        """Return the share that a promise is made at; None: an estimate that has no lower limit."""
        return self.prior if self.by_means is None else self.by_means.lower or None


def given_prior(prior: float) -> Served:
    """Return a stated share."""
    checks.level("served_prior", prior)
    return Served(prior=prior, origin="as given")


def scenario_prior(world: Scenario, labelled: Labelled) -> Served | None:
    """Return a scenario's share; None where it is 0 or 1."""
    prior = float(world.served_prior()[_reason(labelled)])
    if not 0 < prior < 1:
        return None
    return Served(prior=prior, origin=f"first contacts of scenario {world.name}")


def estimated_prior(path: Path, labelled: Labelled, *, confidence: float) -> Served:
    """Estimate the share from unlabelled scores, by expectation maximisation.

    Mean scores estimate it, too, and limit it from below: with half of the chance that a promise
    with `confidence` may fail. The other half is left to the threshold.

    Raises:
        DataError: The file cannot be used, or a class has no labelled row to compare with.
    """
    p, whole = served_probabilities(path, labelled.class_names, labelled.place)
    share = labelled.prior[labelled.place]
    prior, place = (labelled.prior, labelled.place) if whole else ((share, 1 - share), 0)
    if min(prior) <= 0:
        raise DataError("a class has no labelled row, so its served share cannot be estimated")
    found = estimate_prior(p, prior)
    if not 0 < found.prior[place] < 1:
        raise DataError(f"the scores of `{path}` all speak for one class")
    return Served(
        prior=found.prior[place],
        origin=f"estimated from {found.n:,} unlabelled scores of {path.name}",
        standard_error=found.standard_errors[place],
        p_value=found.p_value,
        by_means=share_by_means(
            p[:, place], labelled.certify.scores, labelled.certify.is_positive,
            confidence=_of_one(confidence),
        ),
        calibration_p_value=calibration_p_value(
            labelled.certify.scores, labelled.certify.is_positive
        ),
    )  # fmt: skip


def _of_one(confidence: float) -> float:
    """Return the confidence of each of two statements that hold together with this one."""
    return 1 - (1 - confidence) / 2


def labelled_share(labelled: Labelled) -> float | None:
    """Return the share of positives among the rows that certify; None when it is 0 or 1."""
    share = float(np.mean(labelled.certify.is_positive))
    return share if 0 < share < 1 else None


def aim_at(aim: Aim, golden: float, served: Served) -> Aim:
    """Return the aim on the labelled rows that keeps the target at the served share.

    Under label shift odds(precision) move with odds(prior), so the labelled rows must show the
    target moved back from the served share to theirs. Recall does not move. An estimated share is
    replaced by its lower limit, and both limits share the chance to fail.

    Raises:
        DataError: The share was estimated and has no lower limit above 0.
    """
    if aim.goal == "recall":
        return aim
    if served.promised is None:
        raise DataError(
            f"the served share is {served.origin}, but it has no lower limit above 0 with "
            f"{_of_one(aim.confidence):g} confidence, so no precision can be promised there",
            hint="score more of what is served, or state the share with --served-prior",
        )
    if served.by_means is not None:
        aim = replace(aim, confidence=_of_one(aim.confidence))
    return aim.moved(moved(aim.target, served.promised, golden))


def served_threshold(aim: Aim, labelled: Labelled, golden: float, served: Served) -> ServedPrior:
    """Return the served share with the threshold that keeps the target there, if one can be."""
    there = aim if served.promised is None else aim_at(aim, golden, served)
    known = aim.goal == "recall" or served.promised is not None
    found = there.certify(labelled.certify).threshold if known else None
    means = served.by_means
    calibrated = labelled.prior[labelled.place]
    score = None
    if found is not None and len(labelled.class_names) == 2 and 0 < calibrated < 1:
        score = moved(found, calibrated, served.prior)
    return ServedPrior(
        prior=served.prior,
        origin=served.origin,
        standard_error=served.standard_error,
        p_value=served.p_value,
        golden_target=there.target if aim.goal == "precision" and known else None,
        threshold=found,
        corrected_threshold=score,
        estimated=means is not None,
        by_means=means.share if means else None,
        by_means_error=means.standard_error if means else None,
        lower_limit=served.promised if means else None,
        calibration_p_value=served.calibration_p_value,
    )


def at_priors(
    shown: AtThreshold | None, golden: float | None, promised: float | None, served: Served | None
) -> tuple[AtPrior, ...]:
    """Return one threshold at several shares of positives; `promised` holds at `golden`."""
    if shown is None or golden is None:
        return ()
    priors = {factor * golden for factor in FACTORS if factor * golden < 1}
    if served is not None and abs(served.prior - golden) >= ALIKE:
        priors.add(served.prior)
    return tuple(
        AtPrior(
            prior=prior,
            expected_precision=expected_precision(shown, prior),
            guaranteed_precision=_promise(promised, golden, prior),
            flag_rate=flag_rate(shown, prior),
        )
        for prior in sorted(priors)
    )


def expected_precision(shown: AtThreshold, prior: float) -> float | None:
    """Return the precision at another share of positives."""
    if shown.recall is None or shown.false_positive_rate is None:
        return None
    return precision_at_prior(shown.recall, shown.false_positive_rate, prior)


def flag_rate(shown: AtThreshold, prior: float) -> float | None:
    """Return the share of rows flagged at another share of positives."""
    if shown.recall is None or shown.false_positive_rate is None:
        return None
    return prior * shown.recall + (1 - prior) * shown.false_positive_rate


def use_case_flags(
    world: Scenario,
    labelled: Labelled,
    shown: AtThreshold,
    golden: float | None,
    promised: float | None,
) -> tuple[UseCaseFlags, ...]:
    """Return a week of first contacts of each use-case, flagged from the threshold on."""
    rows = []
    for name, case in world.use_cases.items():
        prior = float(world.reason_shares(name)[_reason(labelled)])
        first = world.arrivals.first_contacts_per_week * case.share
        texts = first * world.customers.text_rate
        rate = flag_rate(shown, prior)
        rows.append(
            UseCaseFlags(
                use_case=name,
                prior=prior,
                texts_per_week=texts,
                flagged_per_week=None if rate is None else rate * texts,
                expected_precision=expected_precision(shown, prior),
                guaranteed_precision=_promise(promised, golden, prior),
            )
        )
    return tuple(rows)


def _promise(promised: float | None, golden: float | None, prior: float) -> float | None:
    """Return what is left at `prior` of a precision promised at the labelled share."""
    if promised is None or golden is None or not 0 < prior < 1:
        return None
    return moved(promised, golden, prior)


def _reason(labelled: Labelled) -> int:
    return REASONS.index(labelled.class_names[labelled.place])
