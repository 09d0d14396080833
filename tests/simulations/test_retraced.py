"""What is drawn again from a log is what the simulation drew, column by column."""

import numpy as np
import pyarrow as pa

from abkit.simulations.beta_supply import beta_supply
from abkit.simulations.customers import make_customers
from abkit.simulations.draws import Draws
from abkit.simulations.retraced import codes, customers, retrace, times
from abkit.simulations.world import simulate_contacts

from .fakes import default_scenario

SMALL = {"arrivals.first_contacts_per_week": 2_000.0, "agents.heads": 4}


def world() -> pa.Table:
    return simulate_contacts(
        default_scenario(SMALL), beta_supply(per_cell=20), threshold=0.4, weeks=1, seed=7
    )


def test_times_and_customers_are_the_simulations() -> None:
    log = world()
    made = make_customers(default_scenario(SMALL), weeks=1, draws=Draws(7, 0))
    first = log["attempt"].to_numpy() == 1
    assert (times(log, "started_at")[first] == made.arrival[customers(log)[first]]).all()
    arms = codes(log, "arm", ["control", "treatment"])
    assert (arms == made.arm[customers(log)]).all()


def test_durations_add_up_in_the_log() -> None:
    """Ends, waits and repeats follow from the drawn durations; another seed's do not fit."""
    log, scenario = world(), default_scenario(SMALL)
    right, wrong = (retrace(log, scenario, Draws(seed, 0)) for seed in (7, 8))
    for found, fits in ((right, True), (wrong, False)):
        service = np.where(found.served, found.service, 0)
        lasted = found.bot + np.maximum(found.wait, 0) + service
        assert (found.end - found.start == lasted).all() == fits
        assert (found.wait == found.patience)[found.abandoned].all() == fits
    assert right.served.sum() > 100
    assert right.abandoned.sum() > 10
    assert (right.escalated == (right.served | right.abandoned)).all()
    assert (right.joined == right.start + right.bot).all()


def test_the_beta_supply_is_what_it_says() -> None:
    """Recall at .4 falls from .96 to .36 over the levels; .08 of the others are flagged."""
    rates = beta_supply(per_cell=4_000).flag_rates(0.4)
    assert np.allclose(rates[0, [0, 4]], [0.96, 0.36], atol=0.03)
    assert (np.diff(rates[0]) < 0).all()
    assert np.allclose(rates[1:], 0.078, atol=0.02)
    again = beta_supply(per_cell=10)
    assert (again.scores == beta_supply(per_cell=10).scores).all()
