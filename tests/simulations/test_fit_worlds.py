"""All-control against all-treatment: the closed form's effects, from the simulated log."""

import numpy as np
import pandas as pd
import pytest

from abkit.simulations.closed_form import closed_form
from abkit.simulations.fit_moments import FIELDS, Contacts, delta
from abkit.simulations.fit_targets import Reading
from abkit.simulations.fit_worlds import SimulatedDelta, simulated_deltas, unlimited
from abkit.simulations.scenario import Scenario
from abkit.simulations.world import simulate_contacts

from .default_flags import default_supply
from .fakes import default_scenario

SUPPLY = default_supply()
SMALL = {"arrivals.first_contacts_per_week": 20_000}
Found = dict[tuple[str, str], SimulatedDelta]


def found(
    scenario: Scenario, *, reading: Reading = "points", contacts: Contacts = "first",
    seed: int = 1, threshold: float = 0.5, weeks: int = 1,
    arms: tuple[str, str] = ("control", "treatment"),
) -> Found:  # fmt: skip
    return simulated_deltas(
        scenario, SUPPLY, threshold, reading=reading, contacts=contacts, weeks=weeks, seed=seed,
        arms=arms,
    )  # fmt: skip


def exact(scenario: Scenario, reading: Reading, contacts: Contacts) -> dict[tuple[str, str], float]:
    form, values = closed_form(scenario, SUPPLY, 0.5), {}
    for case, of in form.items():
        arms = of.arms["control"], of.arms["treatment"]
        rates = [arm.first if contacts == "first" else arm.every for arm in arms]
        for metric, name in FIELDS.items():
            values[case, metric] = delta(reading, *(getattr(rate, name) for rate in rates))
    return values


@pytest.mark.parametrize("contacts", ["first", "all"])
@pytest.mark.parametrize("reading", ["points", "relative"])
def test_unlimited_agents_show_the_closed_form(reading: Reading, contacts: Contacts) -> None:
    scenario = unlimited(default_scenario({"arrivals.first_contacts_per_week": 60_000}))
    wanted = exact(scenario, reading, contacts)
    simulated = found(scenario, reading=reading, contacts=contacts, seed=3)
    assert simulated.keys() == wanted.keys()
    z = np.array([(s.delta - wanted[k]) / s.standard_error for k, s in simulated.items()])
    assert np.abs(z).max() < 4
    assert np.square(z).sum() < 33  # chi-square(9), .0001: independent cells would be beyond


def test_swapped_labels_flip_every_sign() -> None:
    scenario = default_scenario(SMALL)
    there, back = found(scenario), found(scenario, arms=("treatment", "control"))
    for key, one in there.items():
        assert back[key].delta == -one.delta
        assert back[key].standard_error == pytest.approx(one.standard_error, rel=1e-9)


def test_a_threshold_above_all_scores_has_no_effect_at_all() -> None:
    for scenario in (default_scenario(SMALL), unlimited(default_scenario(SMALL))):
        for cell in found(scenario, threshold=2.0).values():
            assert cell.delta == 0
            assert cell.standard_error == 0


def test_a_queue_touches_what_waits_alone() -> None:
    """First contacts' AR and PRR are decided before the queue; repeats are not."""
    scenario = default_scenario(SMALL)
    few = default_scenario(
        SMALL | {f"agents.heads.{day}": (9,) * 24 for day in (
            "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")}
    )  # fmt: skip
    free, queued = found(unlimited(scenario)), found(few)
    for key, cell in queued.items():
        if key[1] == "24RR":
            assert cell.control > free[key].control + 0.01
        else:
            assert cell.delta == free[key].delta
            assert cell.standard_error >= free[key].standard_error


def test_counts_are_those_of_a_plain_loop() -> None:
    scenario = unlimited(default_scenario(SMALL))
    cells = found(scenario, contacts="all", seed=5)
    values = scenario.model_dump()
    values["arms"]["treatment"]["weight"] = 0
    log = simulate_contacts(
        Scenario.model_validate(values), SUPPLY, threshold=0.5, weeks=1, seed=5
    ).to_pylist()  # fmt: skip
    start = min(row["started_at"] for row in log).replace(hour=0, minute=0, second=0, microsecond=0)
    issues: dict[str, list[dict[str, object]]] = {}
    for row in sorted(log, key=lambda row: row["attempt"]):
        issues.setdefault(row["issue_id"], []).append(row)
    kept = [
        i
        for i in issues.values()
        if (i[0]["started_at"] - start).days < 4 and i[0]["use_case"] == "B"
    ]
    n = sum(map(len, kept))
    assert cells["B", "AR"].customers == len(kept)
    assert cells["B", "AR"].control == sum(bool(r["automated"]) for i in kept for r in i) / n
    assert cells["B", "24RR"].control == sum(len(i) - 1 for i in kept) / n
    answers = [r["response"] for i in kept for r in i if r["response"]]
    assert cells["B", "PRR"].control == answers.count("positive") / len(answers)


def jackknife(scenario: Scenario, over: str, under: str) -> float:
    """Return the standard error of a relative effect in use-case C, one customer left out each."""
    counts = []
    for arm in ("control", "treatment"):
        values = scenario.model_dump()
        for name in values["arms"]:
            values["arms"][name]["weight"] = float(name == arm)
        rows = simulate_contacts(
            Scenario.model_validate(values), SUPPLY, threshold=0.5, weeks=1, seed=2
        ).to_pandas()
        first = rows[(rows["attempt"] == 1) & (rows["use_case"] == "C")].sort_values("customer_id")
        first = first[
            first["started_at"] < first["started_at"].min().floor("D") + pd.Timedelta("4D")
        ]
        answered = first["response"].notna().to_numpy()
        columns = {
            "automated": first["automated"].to_numpy(dtype=float), "contacts": np.ones(len(first)),
            "positive": (first["response"] == "positive").to_numpy(dtype=float),
            "answers": answered.astype(float),
        }  # fmt: skip
        x, n = columns[over], columns[under]
        counts.append((x.sum() - x) / (n.sum() - n))
    effects = counts[1] / counts[0] - 1
    return float(np.sqrt((effects.size - 1) * effects.var()))


@pytest.mark.parametrize(
    ("metric", "columns"), [("AR", ("automated", "contacts")), ("PRR", ("positive", "answers"))]
)
def test_standard_errors_are_the_jackknife_s(metric: str, columns: tuple[str, str]) -> None:
    """Relative to a control far below treatment, so that both levels matter."""
    strong = {
        "use_cases.C.acceptance.fn": 0.2, "use_cases.C.prevalence": 0.8,
        "arrivals.first_contacts_per_week": 20_000,
    }  # fmt: skip
    scenario = unlimited(default_scenario(strong))
    cell = found(scenario, reading="relative", seed=2)["C", metric]
    assert cell.delta > 0.5
    exact_one = jackknife(scenario, *columns)
    assert cell.standard_error == pytest.approx(exact_one, rel=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("reading", ["points", "relative"])
def test_standard_errors_are_honest(reading: Reading) -> None:
    """Over 60 seeds: z has mean 0 and standard deviation 1, within 4 standard errors of 540."""
    scenario = unlimited(default_scenario({"arrivals.first_contacts_per_week": 20_000}))
    wanted = exact(scenario, reading, "all")
    z = np.array([
        [(cell.delta - wanted[key]) / cell.standard_error for key, cell in
         found(scenario, reading=reading, contacts="all", seed=seed).items()]
        for seed in range(60)
    ])  # fmt: skip
    assert abs(z.mean()) < 4 / np.sqrt(60)  # the nine cells of a seed go together
    assert np.abs(z.std(axis=0) - 1).max() < 4 / np.sqrt(2 * 60)
