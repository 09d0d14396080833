"""Solving the `fn` cells for given effects, and refusing effects that cannot be."""

import pytest

from abkit.core.errors import ConfigError
from abkit.simulations.closed_form import Rates, closed_form, deltas
from abkit.simulations.fit_cells import FnCells, solve_fn_cells, with_fn_cells

from .fakes import default_scenario, make_supply, two_point_supply
from .test_closed_form import PUBLISHED, published_scenario

# Table 3 of the paper, read as percentage points
TABLE_3 = {
    "A": Rates(automation=0.0213, positive=0.0318, repeat=-0.0065),
    "B": Rates(automation=0.0210, positive=0.0097, repeat=-0.0068),
    "C": Rates(automation=0.0398, positive=0.1285, repeat=-0.0102),
}


def falling_recall():  # type: ignore[no-untyped-def]
    """Recall .83 to .51 over hardness, false flags as precision .85 at the served prior asks."""
    rates = make_supply.__globals__["np"].full((5, 5), 0.67 * 0.2385 / 0.85 * 0.15 / 0.7615)
    rates[0] = [0.83, 0.75, 0.67, 0.59, 0.51]
    return make_supply(rates)
