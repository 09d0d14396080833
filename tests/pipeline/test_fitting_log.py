"""`fit-scenario --log` from file to file: a known world found again, every form, refusals."""

import json
from pathlib import Path

import pandas as pd
import pytest

from abkit.core.errors import AbkitError
from abkit.core.fitted_log import FittedToLog
from abkit.pipeline.fitting_log import fit_to_log, read_control_log
from abkit.pipeline.fitting_log_page import HEADING, page
from abkit.pipeline.fitting_log_study import (
    drawn_labels,
    remake,
    simulated_log,
    study_recovery,
)
from abkit.pipeline.fitting_log_world import BASE, flag_truths, known_world, truths
from abkit.simulations.fit_log_scenario import HELD
from abkit.simulations.scenario_files import load_scenario


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log as Parquet and CSV, with labels; `true_reason` is in the files and must not matter."""
    place = tmp_path_factory.mktemp("log")
    table = simulated_log(known_world(), seed=7, replication=0)
    table["flagged"] = pd.array(table["score"] >= 0.4, dtype="boolean")
    labels = drawn_labels(table, 1_000, seed=7, replication=0)
    table["true_reason"] = "others"
    table.to_parquet(place / "log.parquet")
    table.to_csv(place / "log.csv.gz", index=False)
    pd.DataFrame(labels.items(), columns=["contact_id", "label"]).to_csv(
        place / "golden.csv", index=False
    )
    return place


@pytest.fixture(scope="module")
def fitted(folder: Path) -> FittedToLog:
    return fit_to_log(folder / "log.parquet", labels=folder / "golden.csv", out=folder / "new.toml")


def test_a_known_world_is_found_again(fitted: FittedToLog) -> None:
    truth, z = truths(known_world()), []
    for parameter in fitted.parameters:
        estimate = parameter.estimate
        if estimate is not None and estimate.standard_error:
            z.append(abs(estimate.value - truth[parameter.name]) / estimate.standard_error)
    assert len(z) > 80
    assert sum(each > 2 for each in z) < 0.15 * len(z)
    assert max(z) < 5
    for check in fitted.text_check:
        assert check.recall is not None
        assert check.recall.lower < flag_truths(known_world())[f"use_cases.{check.use_case}.recall"]
    assert fitted.threshold == pytest.approx(0.4, abs=0.001)


def test_the_written_scenario_is_what_was_found(fitted: FittedToLog) -> None:
    scenario = load_scenario(fitted.out)
    values = truths(scenario)
    for parameter in fitted.parameters:
        if parameter.name.startswith(("use_cases", "customers", "agents", "bot", "repeat")):
            assert values[parameter.name] == parameter.fitted, parameter.name
    assert scenario.name == "new"
    assert dict(fitted.held) == dict(HELD)
    kept = {p.name for p in fitted.parameters if p.kept == "prior"}
    assert {"use_cases.C.acceptance.tp", "use_cases.C.positive.fp"} <= kept
    for name in kept:
        assert values[name] == truths(load_scenario(BASE))[name]


def test_csv_and_parquet_say_the_same(folder: Path, fitted: FittedToLog) -> None:
    other = fit_to_log(folder / "log.csv.gz", labels=folder / "golden.csv", out=folder / "csv.toml")
    assert other.parameters == fitted.parameters
    rows = read_control_log(folder / "log.csv.gz")
    assert "true_reason" not in rows


def test_every_form(fitted: FittedToLog) -> None:
    found = json.loads(fitted.to_json())
    assert found["scenario"] == "new"
    assert found["cost"] == pytest.approx(fitted.cost)
    assert len(found["parameters"]) == len(fitted.parameters)
    assert "| A.acceptance.fn |" in fitted.to_markdown()
    assert r"\begin{tabular}" in fitted.to_latex()


def test_the_cost_is_zero_at_the_base_and_grows(fitted: FittedToLog) -> None:
    by_hand = sum(p.moved**2 for p in fitted.parameters if p.moved is not None)
    assert fitted.cost == by_hand > 1


def test_yes_and_no_leave_the_other_reasons_alone(folder: Path) -> None:
    labels = pd.read_csv(folder / "golden.csv")
    labels["is_label_0"] = labels.pop("label").eq("defective").map({True: "yes", False: "no"})
    labels.loc[:20, "is_label_0"] = None
    labels.to_csv(folder / "sheet.csv", index=False)
    found = fit_to_log(
        folder / "log.parquet", labels=folder / "sheet.csv", out=folder / "sheet.toml"
    )
    kept = {p.name: p.kept for p in found.parameters}
    assert kept["other_reasons.quality"] == kept["customers.menu_confusion"] == "prior"
    assert kept["use_cases.A.prevalence"] == "log"
    assert found.notes[0].startswith("979 labels")


def test_few_labels_leave_the_cells_alone(folder: Path) -> None:
    pd.read_csv(folder / "golden.csv").head(8).to_csv(folder / "few.csv", index=False)
    found = fit_to_log(folder / "log.parquet", labels=folder / "few.csv", out=folder / "few.toml")
    kept = {p.name: p.kept for p in found.parameters}
    assert kept["use_cases.A.prevalence"] == "prior"
    assert kept["use_cases.A.share"] == kept["customers.text_rate"] == "log"
    assert any("too few labels in A, B, C" in note for note in found.notes)


@pytest.mark.parametrize(
    ("change", "fact"),
    [
        ({"use_case": "D"}, "the log's use-case `D` is none of the base's"),
        ({"started_at": "soon"}, "`started_at` of .* is `soon`"),
        ({"attempt": "0"}, "`attempt` of .* is `0`"),
        ({"wait_s": "long"}, "`wait_s` of .* is `long`"),
        ({"accepted": "perhaps"}, "`accepted` of .* is `perhaps`"),
    ],
)
def test_logs_that_are_refused(folder: Path, change: dict[str, str], fact: str) -> None:
    table = pd.read_csv(folder / "log.csv.gz", dtype="string").assign(**change)
    table.to_csv(folder / "bad.csv", index=False)
    with pytest.raises(AbkitError, match=fact):
        fit_to_log(folder / "bad.csv", labels=folder / "golden.csv", out=folder / "bad.toml")
    assert not (folder / "bad.toml").exists()


@pytest.mark.parametrize(
    ("rows", "fact"),
    [
        ("contact_id,answer\nc,yes\n", "has no column of labels"),
        ("contact_id,label,reason\nc,yes,others\n", "has 2 columns of labels"),
        ("contact_id,label\nc,\n", "holds no label"),
        ("contact_id,label\nc,yes\nc,no\n", "labels contact `c` in two ways"),
        ("contact,label\nc,yes\n", "has no column `contact_id`"),
    ],
)
def test_labels_that_are_refused(folder: Path, rows: str, fact: str) -> None:
    (folder / "labels.csv").write_text(rows)
    with pytest.raises(AbkitError, match=fact):
        fit_to_log(
            folder / "log.parquet", labels=folder / "labels.csv", out=folder / "refused.toml"
        )


def test_the_page_of_the_study(tmp_path: Path) -> None:
    """Two logs: the page replaces its own part alone."""
    study = study_recovery(2)
    assert {row.name for row in study.parameters} >= {"use_cases.A.recall", "arrivals.hour_weights"}
    assert study.intervals > 150
    text = page(study)
    assert text.startswith(HEADING)
    assert "| A.acceptance.fn | .3600 | .4477 |" in text
    (tmp_path / "docs").mkdir()
    path = tmp_path / "docs" / "fit-scenario.md"
    path.write_text(f"# Before\n\n{HEADING}\n\nold\n")
    remake(tmp_path, logs=2)
    assert path.read_text() == f"# Before\n\n{text}"


@pytest.mark.slow
def test_stated_errors_hold_on_fifty_logs() -> None:
    study = study_recovery(50, seed=2)
    share = study.held / study.intervals
    assert 0.935 < share < 0.965
    assert study.lowest_p > 0.001
    assert study.bias_p > 0.0001
    assert study.heads_near > 0.9
