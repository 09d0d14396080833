"""One use-case's first contacts as a mixture of customers with LABEL 0 and others.

In a control log the cells (tp, fn, fp, tn) are seen on labelled contacts only: the menu is known,
the truth is not. But score, acceptance, answer and repeat all depend on the truth, so the contacts
without a label say something as well. With r the truth, m the menu (LABEL 0 or not), s the bin of
the score and o what followed the offer, a contact has

    P(m, s, o) = sum_r P(r) P(m | r) P(s | r, m) P(o | r, m),

and a labelled one has its own term of the sum. Score and outcome are independent given r and m, as
they are in the simulator: hardness acts on menu and text, not on what follows. The score's law
is learnt bin by bin for each r and m, so that no calibration is assumed.

Labels may be of any sample whose choice rests on what the log shows (all contacts alike, more of
the high scores, only those with a text): then they are missing at random, and the likelihood needs
no weights.

The likelihood is maximised by EM, then Newton; standard errors are from the inverse of the
observed information.

References:
    Dempster, Laird and Rubin (1977), JRSS B 39, 1-38; Louis (1982), JRSS B 44, 226-233;
    Little and Rubin (2019), Statistical Analysis with Missing Data, ch. 6.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import expit, logit

from abkit.core.fitted_log import LogEstimate
from abkit.simulations.clock import Floats

# Outcomes: no offer, rejected, then accepted by answer (none, yes, no) and repeat (open, yes, no).
OUTCOMES: Final = 11
UNLABELLED, LABELLED_0, LABELLED_OTHER = range(3)
NAMES: Final = (
    "prevalence", "menu_error", "menu_false_claim",
    *(f"{g}.{c}" for g in ("acceptance", "positive", "repeat") for c in ("tp", "fn", "fp", "tn")),
)  # fmt: skip
_MENU_0: Final = tuple(  # what contacts whose menu says LABEL 0 alone can tell
    i for i, n in enumerate(NAMES) if n.startswith("menu") or n.endswith((".tp", ".fp"))
)
_PSEUDO: Final = 0.5  # added to yes and no of a share, Jeffreys' prior; to all bins together
_EM_ROUNDS, _NEWTON_ROUNDS = 300, 30
_STEP: Final = 1e-4  # of logits, for the information
_Z: Final = 1.959963984540054


def _indicators() -> tuple[Floats, Floats]:
    """Return which outcomes are a yes and a no to acceptance, positive, repeat; (3, 11) each."""
    answer, repeat = np.divmod(np.arange(OUTCOMES - 2), 3)
    yes, no = np.zeros((3, OUTCOMES)), np.zeros((3, OUTCOMES))
    yes[0, 2:], no[0, 1] = 1, 1
    yes[1, 2:], no[1, 2:] = answer == 1, answer == 2
    yes[2, 2:], no[2, 2:] = repeat == 1, repeat == 2
    return yes, no


_YES, _NO = _indicators()


@dataclass(frozen=True, slots=True)
class _Point:
    """All probabilities: those of `NAMES`, shape (15,), and of the bins, (true, menu, bins)."""

    shares: Floats
    bins: Floats

    @property
    def theta(self) -> Floats:
        """Logits, and log-ratios of the bins to the last one; shape (15 + 4 (bins - 1),)."""
        ratios = np.log(self.bins[..., :-1] / self.bins[..., -1:])
        return np.concatenate((logit(self.shares), ratios.ravel()))


def _point(theta: Floats) -> _Point:
    n = len(NAMES)
    powers = np.exp(theta[n:].reshape(2, 2, -1))
    whole = 1 + powers.sum(axis=-1, keepdims=True)
    return _Point(expit(theta[:n]), np.concatenate((powers, np.ones((2, 2, 1))), axis=-1) / whole)


@dataclass(frozen=True, slots=True)
class MixtureCounts:
    """First contacts of one use-case.

    Attributes:
        counts: By menu (LABEL 0, other), bin of the score (the last one: no text), outcome and
            label, shape (2, bins + 1, 11, 3).
    """

    counts: Floats

    @property
    def has_entry(self) -> bool:
        """Whether anybody's menu says LABEL 0."""
        return bool(self.counts[0].sum() > 0)

    def labelled(self) -> tuple[int, int]:
        """Return how many are labelled LABEL 0, and other."""
        by_label = self.counts.sum(axis=(0, 1, 2))
        return int(by_label[LABELLED_0]), int(by_label[LABELLED_OTHER])

    def only_labelled(self) -> "MixtureCounts":
        """Return the labelled contacts alone."""
        counts = self.counts.copy()
        counts[..., UNLABELLED] = 0
        return MixtureCounts(counts)

    def expected(self, point: _Point) -> tuple[Floats, float]:
        """Return counts by truth, (2, menu, bin, outcome), and the penalised log-likelihood."""
        prevalence, error, claim = point.shares[:3]
        truth = np.log([prevalence, 1 - prevalence])
        menu = np.log([[1 - error, error], [claim, 1 - claim]])
        cells = point.shares[3:].reshape(3, 2, 2)  # what, true, menu: tp, fn, fp, tn
        after = np.einsum("gtm,go->tmo", np.log(cells), _YES)
        after += np.einsum("gtm,go->tmo", np.log1p(-cells), _NO)
        bins = np.concatenate((np.log(point.bins), np.zeros((2, 2, 1))), axis=-1)
        joint = (truth[:, None] + menu)[..., None, None] + bins[..., None] + after[:, :, None]
        both = np.logaddexp(joint[0], joint[1])
        defective = np.exp(joint[0] - both)
        n = np.moveaxis(self.counts, -1, 0)
        by_truth = np.array([n[0] * defective + n[1], n[0] * (1 - defective) + n[2]])
        found = (n[0] * both + n[1] * joint[0] + n[2] * joint[1]).sum()
        prior = np.log(point.shares).sum() + np.log1p(-point.shares).sum()
        spread = np.log(point.bins).mean(axis=-1).sum()
        return by_truth, float(found + _PSEUDO * (prior + spread))


def _sums(by_truth: Floats) -> tuple[Floats, Floats, Floats]:
    """Return yeses and trials of the shares, (15,) each, and counts of the bins, (2, 2, bins)."""
    after = by_truth.sum(axis=2)  # true, menu, outcome
    menu = after.sum(axis=2)
    yes = [menu[0].sum(), menu[0, 1], menu[1, 0]]
    trials = [menu.sum(), menu[0].sum(), menu[1].sum()]
    return (
        np.concatenate((yes, np.einsum("go,tmo->gtm", _YES, after).ravel())),
        np.concatenate((trials, np.einsum("go,tmo->gtm", _YES + _NO, after).ravel())),
        by_truth[:, :, :-1].sum(axis=3),
    )


def _maximised(by_truth: Floats) -> _Point:
    """Return the probabilities that suit the counts best."""
    yes, trials, bins = _sums(by_truth)
    bins = bins + _PSEUDO / bins.shape[-1]
    return _Point((yes + _PSEUDO) / (trials + 2 * _PSEUDO), bins / bins.sum(axis=-1, keepdims=True))


def _gradient(counts: MixtureCounts, theta: Floats) -> Floats:
    """Return the slope of the penalised log-likelihood, that of complete data expected."""
    point = _point(theta)
    yes, trials, bins = _sums(counts.expected(point)[0])
    bins = bins + _PSEUDO / bins.shape[-1]
    slope = yes + _PSEUDO - (trials + 2 * _PSEUDO) * point.shares
    of_bins = bins - bins.sum(axis=-1, keepdims=True) * point.bins
    return np.concatenate((slope, of_bins[..., :-1].ravel()))


def _information(counts: MixtureCounts, theta: Floats) -> Floats:
    """Return minus the second derivatives, by central differences of the slope."""
    steps = _STEP * np.eye(theta.size)
    rows = [_gradient(counts, theta - h) - _gradient(counts, theta + h) for h in steps]
    second = np.array(rows) / (2 * _STEP)
    symmetric: Floats = (second + second.T) / 2
    return symmetric


@dataclass(frozen=True, slots=True)
class MixtureFit:
    """The fitted mixture: logits, and their covariance."""

    theta: Floats
    covariance: Floats
    counts: MixtureCounts

    def estimates(self) -> dict[str, LogEstimate]:
        """Return the shares by name; without what no menu entry lets anybody see."""
        shares = expit(self.theta[: len(NAMES)])
        errors = np.sqrt(np.diag(self.covariance)[: len(NAMES)])
        labelled = self.counts.labelled()
        by = f"{sum(labelled):,} labels, mixture"
        return {
            name: _on_logit(float(shares[i]), float(errors[i]), by)
            for i, name in enumerate(NAMES)
            if self.counts.has_entry or i not in _MENU_0
        }

    def flag_rates(self, first_bin: int) -> tuple[LogEstimate, LogEstimate]:
        """Return P(bin >= `first_bin`), menu other: of LABEL 0 (recall), of others."""
        by = "mixture, menu other"
        found = []
        bins = _point(self.theta).bins
        width = bins.shape[-1] - 1
        for true in (0, 1):
            share = float(bins[true, 1, first_bin:].sum())
            slope = np.zeros(self.theta.size)
            at = len(NAMES) + (2 * true + 1) * width
            flagged = np.arange(width) >= first_bin
            slope[at : at + width] = bins[true, 1, :-1] * (flagged - share)
            error = float(np.sqrt(slope @ self.covariance @ slope))
            found.append(_on_logit(share, error / (share * (1 - share)), by))
        return found[0], found[1]


def _on_logit(share: float, error: float, by: str) -> LogEstimate:
    """Return an estimate whose interval is symmetric for the logit; `error` is the logit's."""
    low, high = expit(logit(share) - _Z * error), expit(logit(share) + _Z * error)
    return LogEstimate(
        value=share, standard_error=error * share * (1 - share),
        lower=float(low), upper=float(high), by=by,
    )  # fmt: skip


def fit_mixture(counts: MixtureCounts) -> MixtureFit:
    """Return the most likely mixture; labels of both kinds must be there, to tell which is which.

    Half a contact is added to each yes and no, and one half to all bins of a score's law together,
    so that an empty cell has a share and a wide interval.
    """
    labelled = counts.counts[..., 1:]
    point = _maximised(np.moveaxis(labelled, -1, 0))
    for _ in range(_EM_ROUNDS):
        point = _maximised(counts.expected(point)[0])
    theta, value = point.theta, counts.expected(point)[1]
    for _ in range(_NEWTON_ROUNDS):
        slope = _gradient(counts, theta)
        if np.abs(slope).max() < 1e-6:
            break
        step = _covariance(_information(counts, theta)) @ slope
        for _ in range(12):  # halve a step that goes too far
            new = counts.expected(_point(theta + step))[1]
            if new >= value - 1e-9:
                break
            step /= 2
        else:
            break
        theta, value = theta + step, new
    return MixtureFit(theta, _covariance(_information(counts, theta)), counts)


def _covariance(information: Floats) -> Floats:
    """Return the inverse; a direction of which nothing is known has a variance of 1,000."""
    values, vectors = np.linalg.eigh(information)
    inverse: Floats = (vectors / np.maximum(values, 1e-3)) @ vectors.T
    return inverse
