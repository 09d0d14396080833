"""`forecast` from file to file: written, hashed, checked afterwards; every refusal."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from abkit.core.errors import AbkitError
from abkit.core.forecasted import Forecast, forecast_hash
from abkit.core.store import sha256_of
from abkit.pipeline.fitting_log_study import drawn_labels, simulated_log
from abkit.pipeline.fitting_log_world import known_world
from abkit.pipeline.forecasting import _notes, forecast
from abkit.pipeline.forecasting_check import check_forecast
from abkit.pipeline.validate_scenarios import THRESHOLD
from abkit.simulations.beta_supply import beta_supply
from abkit.simulations.forecast import CaseForecast, LogForecast
from abkit.simulations.forecast_draws import CaseDraws
from abkit.simulations.forecast_effects import ForecastRates
from abkit.simulations.scenario import Arm
from abkit.simulations.world import simulate_contacts


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A control log with labels, and the log of the test that came afterwards."""
    place, world = tmp_path_factory.mktemp("forecast"), known_world()
    table = simulated_log(world, seed=9, replication=0)
    table["flagged"] = pd.array(table["score"] >= THRESHOLD, dtype="boolean")
    labels = drawn_labels(table, 1_000, seed=9, replication=0)
    table["true_reason"] = "others"  # must not matter
    table.to_parquet(place / "log.parquet")
    pd.DataFrame(labels.items(), columns=["contact_id", "label"]).to_csv(
        place / "golden.csv", index=False
    )
    arms = {"control": world.arms["control"], "treatment": Arm(policy="menu_or_text", weight=1)}
    log = simulate_contacts(
        world.model_copy(update={"arms": arms}), beta_supply(), threshold=THRESHOLD, weeks=2,
        seed=9, replication=1,
    )  # fmt: skip
    log.to_pandas().to_parquet(place / "test.parquet")
    return place


def made(folder: Path, out: Path | None = None, **changes: object) -> Forecast:
    arguments = {"labels": folder / "golden.csv", "draws": 500, "out": out} | changes
    return forecast(folder / "log.parquet", **arguments)


@pytest.fixture(scope="module")
def written(folder: Path) -> Path:
    made(folder, folder / "forecast.json")
    return folder / "forecast.json"


def test_what_is_written(folder: Path, written: Path) -> None:
    facts = json.loads(written.read_bytes())
    again = made(folder)
    assert facts == json.loads(again.to_json())
    assert facts["sha256"] == again.sha256 == forecast_hash(facts)
    assert facts["inputs"]["log"] == sha256_of(folder / "log.parquet")
    assert facts["inputs"]["labels"] == sha256_of(folder / "golden.csv")
    assert facts["threshold"] == pytest.approx(THRESHOLD, abs=0.001)
    assert facts["threshold_origin"] == "the lowest score flagged in the log"
    assert {(row["use_case"], row["metric"]) for row in facts["rows"]} == {
        (case, metric) for case in "ABC" for metric in ("AR", "PRR", "24RR")
    }
    for row in again.rows:
        assert row.effect.lower < row.effect.median < row.effect.upper
        assert row.estimate.upper - row.estimate.lower > row.effect.upper - row.effect.lower
    assert "abkit" in facts["versions"]
    assert "| A | AR |" in again.to_markdown()
    assert again.to_latex()


def test_a_check_fits_a_terminal(folder: Path, written: Path) -> None:
    console = Console(width=80, highlight=False, markup=False)
    with console.capture() as captured:
        console.print(check_forecast(written, folder / "test.parquet"))
    lines = captured.get().splitlines()
    assert max(map(len, lines)) <= 80
    rows = [line for line in lines if line.endswith(("yes", "no", "yes   ", "no    "))]
    assert len(rows) == 9


def test_what_the_log_contradicts_is_worth_a_word() -> None:
    draws = CaseDraws(values={}, from_prior=(), helps=("acceptance.fp",))
    case = CaseForecast(
        use_case="B", labels=(9, 9), draws=draws, rates=ForecastRates(np.zeros(3), np.zeros(3)),
        errors=np.zeros(3), contacts_per_arm=1.0,
    )  # fmt: skip
    found = LogForecast(cases=(case,), few_labels=("C",), from_prior=(), unreached=())
    few, helps = _notes(found)
    assert few.startswith("not forecast, too few labels: C")
    assert helps.startswith("the log says that a wrong resolution helps: B acceptance.fp; look")


def test_afterwards(folder: Path, written: Path) -> None:
    found = check_forecast(written, folder / "test.parquet")
    assert found.compared == 9
    assert found.inside >= 7
    assert found.sha256 == json.loads(written.read_bytes())["sha256"]
    assert "9 estimates lie in the 90 % interval" in found.to_markdown()
    assert (found.control, found.treatment, found.trusted) == ("control", "treatment", True)
    for row in found.rows:
        assert row.estimate is not None
        assert row.ci_lower is not None
        assert row.ci_upper is not None
        assert row.ci_lower < row.estimate < row.ci_upper


@pytest.mark.parametrize(
    "change",
    [
        lambda facts: facts["rows"][4]["effect"].update(upper=0.123456789),
        lambda facts: facts.update(seed=2),
        lambda facts: facts["inputs"].update(log="0" * 64),
        lambda facts: facts.update(sha256="0" * 64),
        lambda facts: facts.update(added=1),
        lambda facts: facts["rows"].pop(),
    ],
)  # fmt: skip
def test_one_changed_number_is_refused(change, folder: Path, written: Path, tmp_path: Path) -> None:
    facts = json.loads(written.read_bytes())
    change(facts)
    (tmp_path / "changed.json").write_text(json.dumps(facts))
    with pytest.raises(AbkitError, match="was changed after it was written"):
        check_forecast(tmp_path / "changed.json", folder / "test.parquet")


def test_another_layout_of_the_same_numbers_is_no_change(
    folder: Path, written: Path, tmp_path: Path
) -> None:
    facts = json.loads(written.read_bytes())
    (tmp_path / "same.json").write_text(json.dumps(facts, sort_keys=True))
    assert check_forecast(tmp_path / "same.json", folder / "test.parquet").compared == 9


@pytest.mark.parametrize("text", ["[]", "{}", "no JSON", '{"rows": [], "level": 0.9}'])
def test_what_is_no_forecast_is_refused(text: str, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text(text)
    with pytest.raises(AbkitError, match=r"is no (forecast|JSON)"):
        check_forecast(tmp_path / "other.json", folder / "test.parquet")


def test_an_experiment_with_other_use_cases_has_no_estimate(
    folder: Path, written: Path, tmp_path: Path
) -> None:
    table = pd.read_parquet(folder / "test.parquet")
    table[table["use_case"] != "C"].to_parquet(tmp_path / "ab.parquet")
    found = check_forecast(written, tmp_path / "ab.parquet")
    assert found.compared == 6
    assert [row.estimate for row in found.rows if row.use_case == "C"] == [None] * 3


def test_three_arms_are_refused(folder: Path, written: Path, tmp_path: Path) -> None:
    table = pd.read_parquet(folder / "test.parquet").astype({"arm": str})
    table.loc[table["customer_id"].str[-1].isin(list("012")), "arm"] = "third"
    table.to_parquet(tmp_path / "three.parquet")
    with pytest.raises(AbkitError, match="has 2 treatment arms; a forecast is of one"):
        check_forecast(written, tmp_path / "three.parquet")


@pytest.mark.parametrize(
    ("changes", "fact"),
    [
        ({"weeks": 0}, "`weeks` is 0"),
        ({"draws": 99}, "`draws` is 99; expected at least 100"),
        ({"level": 90}, "`level` is 90"),
        ({"seed": -1}, "`seed` is -1"),
        ({"threshold": "high"}, "`threshold` is `high`"),
        ({"threshold": "certified"}, "`threshold` is `certified`, which is a model's"),
        ({"out": Path("forecast.txt")}, "expected a name that ends in .json"),
        ({"labels": Path("none.csv")}, "there is no file `none.csv`"),
        ({"scenario": "bank-1999"}, "the log's use-case `A` is none of the base's"),
    ],
)
def test_refusals(changes: dict[str, object], fact: str, folder: Path) -> None:
    with pytest.raises(AbkitError, match=fact):
        made(folder, **changes)


def test_a_forecast_is_written_once(folder: Path, written: Path) -> None:
    with pytest.raises(AbkitError, match="exists; a forecast is written once"):
        made(folder, written)


def test_a_threshold_must_be_known(folder: Path, tmp_path: Path) -> None:
    table = pd.read_parquet(folder / "log.parquet").drop(columns="flagged")
    table.to_parquet(tmp_path / "log.parquet")
    with pytest.raises(AbkitError, match="no threshold is known"):
        forecast(tmp_path / "log.parquet", labels=folder / "golden.csv")


def test_a_scenario_fitted_to_the_log_changes_next_to_nothing(folder: Path, tmp_path: Path) -> None:
    """What the log knows takes no prior, so nothing is used twice."""
    from abkit.pipeline.fitting_log import fit_to_log

    fit_to_log(folder / "log.parquet", labels=folder / "golden.csv", out=tmp_path / "fitted.toml")
    plain, fitted = made(folder), made(folder, scenario=tmp_path / "fitted.toml")
    for a, b in zip(plain.rows, fitted.rows, strict=True):
        width = a.effect.upper - a.effect.lower
        assert abs(a.effect.median - b.effect.median) < 0.25 * width
        assert b.effect.upper - b.effect.lower == pytest.approx(width, rel=0.25)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"rows": None}, "rows"),
        ({"rows": [1, 2]}, "rows.0"),
        ({"level": "high"}, "level"),
        ({"level": 1.5}, "level"),
        ({"rows": [{"use_case": "A", "metric": "AR", "effect": None}]}, "rows.0.effect"),
    ],
)
def test_another_shape_with_its_own_hash_is_no_forecast(
    change: dict[str, object], place: str, folder: Path, written: Path, tmp_path: Path
) -> None:
    facts = json.loads(written.read_bytes()) | change
    facts["sha256"] = forecast_hash(facts)
    (tmp_path / "other.json").write_text(json.dumps(facts))
    with pytest.raises(AbkitError, match=f"is no forecast: `{place}`"):
        check_forecast(tmp_path / "other.json", folder / "test.parquet")


def test_json_without_a_bottom_is_no_forecast(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "deep.json").write_text("[" * 100_000)
    with pytest.raises(AbkitError, match="is no JSON"):
        check_forecast(tmp_path / "deep.json", folder / "test.parquet")


@pytest.mark.parametrize("weeks", [float("inf"), 521.0, float("nan"), 0.0])
def test_weeks_that_nobody_can_plan(folder: Path, weeks: float) -> None:
    with pytest.raises(AbkitError, match="`weeks` is"):
        made(folder, weeks=weeks)
