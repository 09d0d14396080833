"""The world in which every customer is in one arm: what a launch, or no launch, would bring."""

from abkit.core.errors import unknown_choice
from abkit.simulations.scenario import Scenario


def one_arm(scenario: Scenario, arm: str) -> Scenario:
    """Return the scenario with every customer in one arm, weight 1, and nobody in the others.

    Arms are drawn by key, so the same customers come, with the same matters and draws: what differs
    from another world of the scenario is what the arm's policy makes of it.

    Args:
        scenario: With any number of arms.
        arm: Its name; may have the weight 0 in the scenario.

    Raises:
        ConfigError: The scenario has no such arm.
    """
    if arm not in scenario.arms:
        raise unknown_choice("arm", arm, scenario.arms)
    arms = {
        name: one.model_copy(update={"weight": float(name == arm)})
        for name, one in scenario.arms.items()
    }
    return scenario.model_copy(update={"arms": arms})
