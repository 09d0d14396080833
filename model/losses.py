"""The training objectives: focal loss (equation 1 of the paper), FLSD-53, label smoothing."""

from collections.abc import Callable
from functools import partial
from typing import Final

import torch
from torch import Tensor, expm1
from torch.nn.functional import log_softmax

from abkit.model.presets import ModelConfig, check_gamma

# FLSD-53 of Mukhoti et al. (2020): gamma is 5 where the label's probability is below .2, else 3
FLSD_GAMMAS: Final = (5.0, 3.0)
FLSD_LIMIT: Final = 0.2

Objective = Callable[[Tensor, Tensor], Tensor]  # logits (n, k), labels (n,) -> scalar, in nats


def objective_of(config: ModelConfig) -> Objective:
    """Return the loss that the config trains with; it is no NLL unless gamma is 0."""
    if config.loss == "flsd53":
        return partial(flsd53_loss, label_smoothing=config.label_smoothing)
    return partial(focal_loss, gamma=config.gamma, label_smoothing=config.label_smoothing)


def focal_loss(
    logits: Tensor, target: Tensor, *, gamma: float = 1.0, label_smoothing: float = 0.0
) -> Tensor:
    """Return the mean of -(1 - p_y)^gamma log p_y, with p = softmax(logits).

    gamma = 0 is cross-entropy. Computed from log p_y, with 1 - p_y = -expm1(log p_y): value and
    gradient stay finite at p_y = 1 and at p_y = 1e-30 and less, where a form that takes the
    logarithm of p_y is infinite or NaN.

    With label smoothing e the loss is its expectation over a label that is y with probability
    1 - e + e/k and any other class with e/k: sum_c q_c l(c). With gamma = 0 that is the
    cross-entropy to the smoothed label.

    Args:
        logits: Float, shape (n, k), n >= 1.
        target: Int64, shape (n,), in 0..k-1.
        gamma: 0 (cross-entropy) or at least 1. Between them the gradient is infinite at p_y = 1.
        label_smoothing: e, in [0, 1).

    Returns:
        A scalar, in nats.

    Raises:
        ConfigError: gamma lies outside its domain.

    References:
        Lin et al. (2017), Focal Loss for Dense Object Detection, ICCV, eq. 4 (there summed).
        Szegedy et al. (2016), Rethinking the Inception Architecture, CVPR, section 7.
    """
    check_gamma(gamma)
    log_p = _log_probabilities(logits, target, label_smoothing)
    return _expected(_focal(log_p, gamma), target, label_smoothing)


def flsd53_loss(logits: Tensor, target: Tensor, *, label_smoothing: float = 0.0) -> Tensor:
    """Return the focal loss whose gamma is 5 where p_y < .2, else 3.

    Which gamma a sample has is not differentiated through: the loss jumps at p_y = .2, where the
    gradient is that of either side. Arguments and label smoothing as in `focal_loss`.

    References:
        Mukhoti et al. (2020), Calibrating Deep Neural Networks using Focal Loss, NeurIPS,
        section 4 (FLSD-53).
    """
    log_p = _log_probabilities(logits, target, label_smoothing)
    low, high = (_focal(log_p, gamma) for gamma in FLSD_GAMMAS)
    return _expected(torch.where(log_p.exp() < FLSD_LIMIT, low, high), target, label_smoothing)


def _focal(log_p: Tensor, gamma: float) -> Tensor:
    return -log_p if gamma == 0 else (-expm1(log_p)) ** gamma * -log_p


def _log_probabilities(logits: Tensor, target: Tensor, label_smoothing: float) -> Tensor:
    """Return log p_y, shape (n,), or with label smoothing log p of every class, shape (n, k)."""
    log_p = log_softmax(logits, dim=-1)
    return log_p if label_smoothing else log_p.gather(-1, target[:, None]).squeeze(-1)


def _expected(losses: Tensor, target: Tensor, label_smoothing: float) -> Tensor:
    """Return the mean over samples; over classes, (n, k), the mean under the smoothed label."""
    if not label_smoothing:
        return losses.mean()
    of_label = losses.gather(-1, target[:, None]).squeeze(-1)  # (n,)
    return ((1 - label_smoothing) * of_label + label_smoothing * losses.mean(dim=-1)).mean()
