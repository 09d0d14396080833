"""The focal loss against Lin et al., cross-entropy, autograd and its own population minimiser."""

import math

import pytest
import torch
from torch.nn.functional import cross_entropy

from abkit.core.errors import ConfigError
from abkit.model.losses import focal_loss

GAMMAS = (0.0, 1.0, 2.5, 5.0)


def logits_of(p: float) -> torch.Tensor:
    """Two logits whose first class has probability p."""
    return torch.tensor([[math.log(p) - math.log1p(-p), 0.0]], dtype=torch.float64)


def test_gamma_zero_is_cross_entropy() -> None:
    logits = torch.randn(64, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    target = torch.arange(64) % 5
    got, want = focal_loss(logits, target, gamma=0), cross_entropy(logits, target)
    assert float(got) == pytest.approx(float(want), rel=1e-15)


@pytest.mark.parametrize(("p", "ratio"), [(0.9, 100), (0.968, 1000)])
def test_published_ratio_to_cross_entropy(p: float, ratio: float) -> None:
    """Lin et al. (2017), section 3.2: gamma = 2 divides the loss by 100 at .9, 1000 at ~.968."""
    target = torch.tensor([0])
    logits = logits_of(p)
    got = focal_loss(logits, target, gamma=0) / focal_loss(logits, target, gamma=2)
    assert float(got) == pytest.approx(ratio, rel=0.03)


@pytest.mark.parametrize("gamma", GAMMAS)
def test_gradient_against_finite_differences(gamma: float) -> None:
    logits = torch.randn(6, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    target = torch.tensor([0, 1, 2, 0, 1, 2])
    assert torch.autograd.gradcheck(
        lambda z: focal_loss(z, target, gamma=gamma), logits.requires_grad_()
    )


@pytest.mark.parametrize("gamma", GAMMAS)
@pytest.mark.parametrize("margin", [0.0, 40.0, 1e4, -69.0776, -1e4])
def test_stable_value_and_gradient_at_the_ends(gamma: float, margin: float) -> None:
    """p_y = 1 (in float32 from a margin of 17 on) and p_y = 1e-30 are where naive forms fail."""
    logits = torch.tensor([[margin, 0.0]], requires_grad=True)
    loss = focal_loss(logits, torch.tensor([0]), gamma=gamma)
    torch.autograd.backward(loss)
    log_p = -max(-margin, 0) - math.log1p(math.exp(-abs(margin)))
    exact = (-math.expm1(log_p)) ** gamma * -log_p
    assert float(loss.detach()) == pytest.approx(exact, rel=1e-5, abs=1e-16)  # float32
    assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize(
    ("gamma", "q", "p"),
    [(1, 0.6, 0.556950), (1, 0.99, 0.926964), (3, 0.8, 0.594478), (5, 0.9, 0.597400)],
)
def test_population_minimiser(gamma: float, q: float, p: float) -> None:
    """p solves q = g(1-p) / (g(p) + g(1-p)), g(p) = (1-p)^gamma/p - gamma (1-p)^(gamma-1) ln p.

    So at p the expected gradient under a true posterior q vanishes.
    """
    logits = logits_of(p).requires_grad_()
    risk = q * focal_loss(logits, torch.tensor([0]), gamma=gamma)
    risk = risk + (1 - q) * focal_loss(logits, torch.tensor([1]), gamma=gamma)
    torch.autograd.backward(risk)
    assert float(logits.grad.abs().max()) < 2e-6


@pytest.mark.parametrize("gamma", [1.0, 2.0, 10.0])
def test_bound_of_the_paper(gamma: float) -> None:
    """Equation 2: focal >= KL(q, p) + H(q) - gamma H(p), for gamma >= 1; here q is one-hot."""
    logits = 4 * torch.randn(
        500, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(2)
    )
    for z in logits:
        log_p = z.log_softmax(0)
        entropy = -(log_p.exp() * log_p).sum()
        assert focal_loss(z[None], torch.tensor([0]), gamma=gamma) >= -log_p[0] - gamma * entropy


@pytest.mark.parametrize("gamma", [-1.0, 0.5, 0.999, math.nan, math.inf])
def test_gamma_outside_its_domain(gamma: float) -> None:
    with pytest.raises(ConfigError, match="`gamma` is") as caught:
        focal_loss(torch.zeros(1, 2), torch.tensor([0]), gamma=gamma)
    assert "gradient" in str(caught.value.hint)
