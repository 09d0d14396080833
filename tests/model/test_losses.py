"""The losses against publications, torch, autograd and their own population minimisers."""

import math
from functools import partial

import pytest
import torch
from torch.nn.functional import cross_entropy

from abkit.core.errors import ConfigError
from abkit.model.losses import flsd53_loss, focal_loss, objective_of
from abkit.model.presets import ModelConfig

GAMMAS = (0.0, 1.0, 2.5, 5.0)


def logits_of(p: float) -> torch.Tensor:
    """Two logits whose first class has probability p."""
    return torch.tensor([[math.log(p) - math.log1p(-p), 0.0]], dtype=torch.float64)


def test_gamma_zero_is_cross_entropy() -> None:
    logits = torch.randn(64, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    target = torch.arange(64) % 5
    got, want = focal_loss(logits, target, gamma=0), cross_entropy(logits, target)
    assert float(got) == pytest.approx(float(want), rel=1e-15)
    each = [(focal_loss(logits[[i]], target[[i]], gamma=0), i) for i in range(64)]
    assert all(one == cross_entropy(logits[[i]], target[[i]]) for one, i in each)  # to the bit


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


def minimiser(loss, q: float) -> float:
    """The p that minimises q loss(label 0) + (1 - q) loss(label 1), by Newton's method."""
    margin = torch.zeros(1, dtype=torch.float64, requires_grad=True)

    def risk() -> torch.Tensor:
        logits = torch.stack((margin, 0 * margin), dim=1)
        return q * loss(logits, torch.tensor([0])) + (1 - q) * loss(logits, torch.tensor([1]))

    optimizer = torch.optim.LBFGS(
        [margin],
        max_iter=200,
        tolerance_grad=1e-14,
        tolerance_change=1e-16,
        line_search_fn="strong_wolfe",
    )

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        value = risk()
        torch.autograd.backward(value)
        return value

    optimizer.step(closure)
    return float(torch.sigmoid(margin.detach()))


Q = (0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
MINIMISERS = {  # solved from the closed form in `test_closed_form_of_the_minimiser`, 6 decimals
    1: (0.556950, 0.617230, 0.685831, 0.774425, 0.838404, 0.926964),
    3: (0.527944, 0.558188, 0.594478, 0.647056, 0.692534, 0.780023),
    5: (0.518199, 0.537973, 0.561929, 0.597400, 0.629213, 0.695348),
    10: (0.509641, 0.520138, 0.532919, 0.552062, 0.569567, 0.607571),
}


@pytest.mark.parametrize("gamma", MINIMISERS)
def test_population_minimiser(gamma: float) -> None:
    """Focal loss is not proper: trained to its end it says p where the truth is q."""
    got = [minimiser(partial(focal_loss, gamma=gamma), q) for q in Q]
    assert got == pytest.approx(MINIMISERS[gamma], abs=1.5e-6)
    assert minimiser(partial(focal_loss, gamma=0), 0.9) == pytest.approx(0.9, abs=1e-9)


@pytest.mark.parametrize("gamma", MINIMISERS)
def test_closed_form_of_the_minimiser(gamma: float) -> None:
    """q = g(1-p) / (g(p) + g(1-p)), with g(p) = (1-p)^gamma/p - gamma (1-p)^(gamma-1) ln p."""

    def g(p: float) -> float:
        return (1 - p) ** gamma / p - gamma * (1 - p) ** (gamma - 1) * math.log(p)

    for q, p in zip(Q, MINIMISERS[gamma], strict=True):
        assert g(1 - p) / (g(p) + g(1 - p)) == pytest.approx(q, abs=5e-5)


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


@pytest.mark.parametrize(
    ("p", "gamma"), [(0.01, 5), (0.1999, 5), (0.2001, 3), (0.3, 3), (0.5, 3), (0.999, 3)]
)
def test_flsd53_is_the_focal_loss_of_its_gamma(p: float, gamma: float) -> None:
    """Mukhoti et al. (2020), section 4: gamma 5 for p_y in [0, .2), 3 for p_y in [.2, 1]."""
    results = []
    for loss in (flsd53_loss, partial(focal_loss, gamma=gamma)):
        logits = logits_of(p).requires_grad_()
        value = loss(logits, torch.tensor([0]))
        torch.autograd.backward(value)
        results.append((float(value.detach()), logits.grad.tolist()))
    assert results[0] == results[1]


def test_flsd53_is_a_mean_over_samples_and_stable_at_the_ends() -> None:
    logits = torch.tensor([[-69.1, 0.0], [40.0, 0.0], [-1e4, 0.0], [0.0, 0.0]], requires_grad=True)
    loss = flsd53_loss(logits, torch.zeros(4, dtype=torch.int64))
    torch.autograd.backward(loss)
    assert torch.isfinite(logits.grad).all()
    assert float(loss.detach()) == pytest.approx((69.1 + 0 + 1e4 + 0.125 * math.log(2)) / 4)


def test_flsd53_gradient_against_finite_differences() -> None:
    logits = torch.randn(40, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    target = torch.arange(40) % 3
    p = logits.softmax(1).gather(1, target[:, None])
    assert 0 < int((p < 0.2).sum()) < 40
    assert torch.autograd.gradcheck(lambda z: flsd53_loss(z, target), logits.requires_grad_())


@pytest.mark.parametrize("share", [0.05, 0.3])
def test_label_smoothing_against_torch(share: float) -> None:
    """With gamma 0 it is the cross-entropy to (1 - e) one-hot + e/k (Szegedy et al., 2016)."""
    logits = torch.randn(64, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(4))
    target = torch.arange(64) % 5
    got = focal_loss(logits, target, gamma=0, label_smoothing=share)
    want = cross_entropy(logits, target, label_smoothing=share)
    assert float(got) == pytest.approx(float(want), rel=1e-14)


@pytest.mark.parametrize("gamma", [0.0, 2.0, None])
def test_label_smoothing_is_the_expectation_over_smoothed_labels(gamma: float | None) -> None:
    """Any loss: (1 - e) times the loss of the label plus e/k times that of every class."""
    loss = flsd53_loss if gamma is None else partial(focal_loss, gamma=gamma)
    logits = torch.randn(30, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    target = torch.arange(30) % 3
    each = [loss(logits, torch.full((30,), c)) for c in range(3)]
    want = 0.9 * loss(logits, target) + 0.1 * sum(each) / 3
    assert float(loss(logits, target, label_smoothing=0.1)) == pytest.approx(float(want), rel=1e-14)
    assert torch.autograd.gradcheck(
        lambda z: loss(z, target, label_smoothing=0.1), logits.requires_grad_()
    )


def test_label_smoothing_bounds_the_confidence() -> None:
    """Its minimiser on clean labels is 1 - e/2 of two classes, not 1."""
    loss = partial(focal_loss, gamma=0, label_smoothing=0.1)
    assert minimiser(loss, 1.0) == pytest.approx(0.95, abs=1e-7)


def test_objective_of_a_config() -> None:
    logits = torch.randn(9, 2, generator=torch.Generator().manual_seed(6)) * 3
    target = torch.arange(9) % 2
    for changes, want in (
        ({}, focal_loss(logits, target, gamma=1)),
        ({"gamma": 3.0}, focal_loss(logits, target, gamma=3)),
        ({"loss": "flsd53"}, flsd53_loss(logits, target)),
        (
            {"gamma": 0.0, "label_smoothing": 0.2},
            focal_loss(logits, target, gamma=0, label_smoothing=0.2),
        ),
        (
            {"loss": "flsd53", "label_smoothing": 0.2},
            flsd53_loss(logits, target, label_smoothing=0.2),
        ),
    ):
        assert objective_of(ModelConfig(n_classes=2, **changes))(logits, target) == want
