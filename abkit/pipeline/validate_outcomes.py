"""AR, PRR and 24RR without congestion against their closed form; the same worlds' arrivals."""

from collections.abc import Mapping
from dataclasses import astuple
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from abkit.core.metrics import AR, PRR, REPEAT_RATE
from abkit.core.progress import Progress
from abkit.core.reasons import DEFECTIVE, REASONS
from abkit.core.world_checks import IdentityCheck, TheoryCheck
from abkit.pipeline.validate_arrivals import arrived, check_day_factor, check_poisson
from abkit.pipeline.validate_scenarios import THRESHOLD, changed
from abkit.pipeline.validate_z import Against
from abkit.simulations.beta_supply import beta_supply
from abkit.simulations.clock import DAY, Floats
from abkit.simulations.closed_form import ArmRates, CaseForm, closed_form
from abkit.simulations.retraced import codes, customers, times
from abkit.simulations.scenario import Scenario
from abkit.simulations.world import simulate_contacts

FIRST, EVERY = "first", "every"  # groups: first contacts of an issue, all contacts
FLAGS: Final = "flags"  # group: what the text check does
WEEKS: Final = 2
DAYS: Final = 7 * WEEKS + 1
FOLLOWED: Final = 10 * DAY  # issues that began before: five more days hold all their repeats
KEPT: Final = 20  # runs whose arrivals are looked at, at most, for the sake of memory
PER_WEEK: Final = 120_000.0  # first contacts, five arms and three use-cases together

# Two hours closed, then a jump; a weekday closed.
_HOURS: Final = (0.0, 0.0, 1.0, 40.0, *(3.0,) * 10, *(8.0,) * 10)
_WEEKDAYS: Final = (1.5, 1.0, 1.0, 1.0, 1.0, 0.5, 0.0)
_ARMS: Final[Mapping[str, Any]] = {
    "menu": {"policy": "menu", "weight": 1},
    "menu_or_text": {"policy": "menu_or_text", "weight": 1},
    "text_over_menu": {"policy": "text_over_menu", "weight": 1},
    "menu_and_text": {"policy": "menu_and_text", "weight": 1},
    "menu_or_text .7": {"policy": "menu_or_text", "weight": 1, "threshold": 0.7},
}
_METRICS: Final = (AR.name, PRR.name, REPEAT_RATE.name)


def check_outcomes(
    *, replications: int, factor_replications: int, seed: int, progress: Progress
) -> tuple[list[TheoryCheck], IdentityCheck, int]:
    """Simulate the returns bot with unlimited agents; all policies, all use-cases.

    Args:
        replications: Runs of two weeks.
        factor_replications: Runs of arrivals with a day factor.
        seed: Of every draw.
        progress: Shown by run.

    Returns:
        Rates and arrivals against theory, what closed hours show, and the contacts simulated.
    """
    scenario, supply = uncongested(), beta_supply()
    form = closed_form(scenario, supply, THRESHOLD)
    exact = np.array(
        [[_exact(form[case].arms[arm]) for arm in scenario.arms] for case in scenario.use_cases]
    )  # (use-cases, arms, 6)
    sums, arrivals, contacts = np.zeros((*exact.shape, 3)), [], 0
    texts = np.zeros((len(scenario.use_cases), 2, 2, 2))
    runs = range(replications)
    for replication in progress.track(runs, description="Rates and arrivals", total=replications):
        log = simulate_contacts(
            scenario, supply, threshold=THRESHOLD, weeks=WEEKS, seed=seed, replication=replication
        )
        contacts += log.num_rows
        if replication < KEPT:
            arrivals.append(arrived(log))
        sums += _sums(_issues(log, scenario), exact)
        texts += _texts(log, scenario)
    poisson, closed = check_poisson(
        scenario.arrivals, arrivals, days=DAYS, subject="closed hours and a jump by 40"
    )
    factor = check_day_factor(scenario.arrivals, replications=factor_replications, seed=seed)
    flags = _flag_rates(form, texts)
    return [*poisson, factor, *_rates(scenario, exact, sums), *flags], closed, contacts


def uncongested() -> Scenario:
    """Return the returns bot with unlimited agents, five arms and an hour-of-week profile."""
    cases = {
        "use_cases.A.share": 0.4,
        "use_cases.B.share": 0.3,
        "use_cases.C.share": 0.3,
        "use_cases.C.menu_error": 0.5,  # with an entry for LABEL 0, or policies would agree
        "use_cases.C.menu_false_claim": 0.06,
        "customers.hardness_slope": 1.0,
        "use_cases.B.acceptance.wrong": 0.45,
        "use_cases.B.positive.wrong": 0.5,
        "use_cases.B.repeat.wrong": 0.2,
    }
    return changed(
        "returns-bot-points",
        cases
        | {
            "arms": _ARMS,
            "agents.heads": "unlimited",
            "arrivals.first_contacts_per_week": PER_WEEK,
            "arrivals.day_factor_cv": 0.0,
            "arrivals.hour_weights": _HOURS,
            "arrivals.weekday_weights": _WEEKDAYS,
        },
    )


def _issues(log: pa.Table, scenario: Scenario) -> Floats:
    """Return one row per issue that is followed to its end, shape (n, 10).

    Use-case, arm; of the first contact automated, positive, responded, repeated; of all contacts
    automated, positive, responded, contacts. An issue's repeats are its contacts less one.
    """
    issue, first = customers(log), log["attempt"].to_numpy() == 1
    n = int(issue.max()) + 1
    responses = pc.cast(log["response"], pa.string()).fill_null("")
    facts = np.array(
        [
            log["automated"].to_numpy(),
            pc.equal(responses, "positive").to_numpy(),
            pc.not_equal(responses, "").to_numpy(),
            np.ones(issue.size),
        ],
        dtype=float,
    )  # (4, contacts)
    all_of = np.array([np.bincount(issue, weights=fact, minlength=n) for fact in facts])
    first_of = np.empty((6, n))
    first_of[:, issue[first]] = np.concatenate(
        [
            [codes(log, "use_case", list(scenario.use_cases))[first]],
            [codes(log, "arm", list(scenario.arms))[first]],
            facts[:3, first],
            [times(log, "started_at")[first]],
        ]
    )
    case, arm, automated, positive, responded, start = first_of
    repeated = all_of[3] > 1
    rows = np.column_stack([case, arm, automated, positive, responded, repeated, all_of.T])
    followed: Floats = rows[start < FOLLOWED]
    return followed


def _exact(rates: ArmRates) -> tuple[float, ...]:
    """Return the three metrics of first contacts, then of all."""
    return (*astuple(rates.first), *astuple(rates.every))


def _sums(issues: Floats, exact: Floats) -> Floats:
    """Return the sums of y, n and (y - R n)^2 over issues, shape (use-cases, arms, 6, 3).

    y of n, and theory's R, by use-case, arm and metric: `exact`, shape (use-cases, arms, 6).
    """
    sums = np.empty((*exact.shape, 3))
    for case, arm in np.ndindex(exact.shape[:2]):
        cell = issues[(issues[:, 0] == case) & (issues[:, 1] == arm), 2:].T
        one = np.ones(cell.shape[1])
        y = np.array([*cell[[0, 1, 3, 4, 5]], cell[7] - 1])
        n = np.array([one, cell[2], one, cell[7], cell[6], cell[7]])
        residual = y - exact[case, arm][:, None] * n
        sums[case, arm] = np.column_stack([y.sum(1), n.sum(1), (residual**2).sum(1)])
    return sums


def _rates(scenario: Scenario, exact: Floats, sums: Floats) -> list[TheoryCheck]:
    """Compare every rate sum y / sum n with theory's R.

    The standard error sqrt(sum (y - R n)^2) / sum n is linearised over issues, which are
    independent of each other without a queue.
    """
    y, n, squares = np.moveaxis(sums, -1, 0)
    rates, errors = y / n, np.sqrt(squares) / n
    groups = [(group, metric) for group in (FIRST, EVERY) for metric in _METRICS]
    return [
        Against(group=group, subject=f"{case}, {arm}").known_error(
            metric, float(exact[i, j, k]), float(rates[i, j, k]), float(errors[i, j, k])
        )
        for i, case in enumerate(scenario.use_cases)
        for j, arm in enumerate(scenario.arms)
        for k, (group, metric) in enumerate(groups)
    ]


def _texts(log: pa.Table, scenario: Scenario) -> Floats:
    """Return how many first contacts with a text there are, shape (use-cases, 2, 2, 2).

    By use-case, true LABEL 0, menu LABEL 0 and flag, no before yes; of arms at the common
    threshold.
    """
    common = pa.array([name for name, arm in scenario.arms.items() if arm.threshold is None])
    rows = log.filter(
        pc.and_(
            pc.and_(pc.equal(log["attempt"], 1), pc.is_valid(log["flagged"])),
            pc.is_in(pc.cast(log["arm"], pa.string()), value_set=common),
        )
    )
    defective = [REASONS[DEFECTIVE]]
    facts = [
        pc.is_in(pc.cast(rows[column], pa.string()), value_set=pa.array(defective)).to_numpy()
        for column in ("true_reason", "menu_reason")
    ]
    case = codes(rows, "use_case", list(scenario.use_cases))
    cell = ((case * 2 + facts[0]) * 2 + facts[1]) * 2 + rows["flagged"].to_numpy()
    counts = np.bincount(cell, minlength=8 * len(scenario.use_cases)).astype(float)
    return counts.reshape(-1, 2, 2, 2)


def _flag_rates(form: Mapping[str, CaseForm], texts: Floats) -> list[TheoryCheck]:
    """Compare recall, false flags, precision and NPV; first contacts are independent.

    Among customers whose menu did not say LABEL 0 both differ from the overall rates, since
    hardness tilts menu and text alike: there a flag changes what the bot does.
    """
    checks = []
    for counts, (name, case) in zip(texts, form.items(), strict=True):
        of, flags = counts.sum(axis=1), case.flags  # (true, flag)
        rates = {
            "recall": (flags.recall, of[1, 1], of[1].sum()),
            "false flags": (flags.false_flag_rate, of[0, 1], of[0].sum()),
            "precision": (flags.precision, of[1, 1], of[:, 1].sum()),
            "NPV": (flags.npv, of[0, 0], of[:, 0].sum()),
            "recall, menu wrong": (
                flags.recall_mis_selected, counts[1, 0, 1], counts[1, 0].sum()
            ),
            "false flags, menu not LABEL 0": (
                flags.false_flag_rate_menu_other, counts[0, 0, 1], counts[0, 0].sum()
            ),
        }  # fmt: skip
        against = Against(group=FLAGS, subject=f"use-case {name}")
        checks += [
            against.known_error(rate, p, float(y / n), float(np.sqrt(p * (1 - p) / n)))
            for rate, (p, y, n) in rates.items()
        ]
    return checks
