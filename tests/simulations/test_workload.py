"""Agents who can never do the work are refused with the numbers that clash."""

from typing import Any

import pytest

from abkit.core.errors import ConfigError

from .fakes import default_scenario

NOBODY_ASKS = {"customers.asks_at_once": 0.0, "customers.asks_after_rejecting": 0.0}
NEVER = {"law": "hazard", "until_s": [], "per_s": [0.0]}
FIVE_PER_CENT_NEVER = {"law": "hazard", "until_s": [300.0], "per_s": [0.01, 0.0]}  # exp(-3) = .05


def test_requests_are_at_least_those_of_the_best_offers() -> None:
    """A tenth asks at once; of the rest 1 - acceptance rejects and .8 of those ask, by hand.

    Best cells (tp or fn, fp or tn): A .82, .69; B .80, .71; C .80, .61.
    """
    rejects = (
        0.45 * (1 - 0.21 * 0.82 - 0.79 * 0.69)
        + 0.35 * (1 - 0.20 * 0.80 - 0.80 * 0.71)
        + 0.20 * (1 - 0.37 * 0.80 - 0.63 * 0.61)
    )
    expected = 75_000 * (0.1 + 0.9 * rejects * 0.8)
    assert default_scenario().least_requests_per_week() == pytest.approx(expected)
    assert default_scenario(NOBODY_ASKS | {"agents.heads": 1}).least_requests_per_week() == 0


@pytest.mark.parametrize(
    ("changes", "fact"),
    [
        (
            {"agents.heads": 0},
            "`agents.heads`: no agent is ever on duty in the week, but at least 22,963 contacts a "
            "week ask for one and 0 wait at the start",
        ),
        (
            NOBODY_ASKS | {"agents.heads": 0, "agents.backlog": 3},
            "`agents.heads`: no agent is ever on duty in the week, but at least 0 contacts a week "
            "ask for one and 3 wait at the start",
        ),
        (
            {"agents.heads": 2, "agents.patience": NEVER},
            "`agents`: at least 22,963 contacts a week ask for an agent, 4,593 hours of work at "
            "720 s each, for 336 hours on duty, and 100 % of customers would wait longer than a "
            "week: the queue would only grow; expected at most 3 times the hours",
        ),
        ({"agents.heads": 1, "agents.patience.mean_s": 31_536_000}, "`agents`: at least 22,963"),
    ],
)
def test_refusals(changes: dict[str, Any], fact: str) -> None:
    with pytest.raises(ConfigError) as caught:
        default_scenario(changes)
    assert str(caught.value).startswith(f"scenario: {fact}")


@pytest.mark.parametrize(
    "changes",
    [
        NOBODY_ASKS | {"agents.heads": 0},
        {"agents.heads": 1},  # 27 times the work, but customers give up after 5 minutes
        {"agents.heads": 1, "agents.patience": FIVE_PER_CENT_NEVER},  # 1.4 times
        {"agents.heads": 10, "agents.patience": NEVER},  # 2.7 times
        {"agents.heads": "unlimited", "agents.patience": NEVER},
    ],
)
def test_agents_who_can(changes: dict[str, Any]) -> None:
    default_scenario(changes)
