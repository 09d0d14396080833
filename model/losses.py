"""The focal loss (equation 1 of the paper); gamma = 0 is cross-entropy."""

from torch import Tensor, expm1
from torch.nn.functional import log_softmax

from abkit.model.presets import check_gamma


def focal_loss(logits: Tensor, target: Tensor, *, gamma: float = 1.0) -> Tensor:
    """Return the mean of -(1 - p_y)^gamma log p_y, with p = softmax(logits).

    Computed from log p_y, with 1 - p_y = -expm1(log p_y): value and gradient stay finite at p_y = 1
    and at p_y = 1e-30 and less, where a form that takes the logarithm of p_y is infinite or NaN.

    Args:
        logits: Float, shape (n, k), n >= 1.
        target: Int64, shape (n,), in 0..k-1.
        gamma: 0 (cross-entropy) or at least 1. Between them the gradient is infinite at p_y = 1.

    Returns:
        A scalar, in nats.

    Raises:
        ConfigError: gamma lies outside its domain.

    References:
        Lin et al. (2017), Focal Loss for Dense Object Detection, ICCV, eq. 4 (there summed).
    """
    check_gamma(gamma)
    log_p = log_softmax(logits, dim=-1).gather(-1, target[:, None]).squeeze(-1)  # (n,)
    if gamma == 0:
        return -log_p.mean()
    return ((-expm1(log_p)) ** gamma * -log_p).mean()
