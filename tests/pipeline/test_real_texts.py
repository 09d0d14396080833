"""Models on real texts: which rows and labels, one small run end to end, its metrics and page."""

import gzip
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from sklearn.metrics import average_precision_score, f1_score, log_loss

from abkit.core.errors import ConfigError, DataError
from abkit.core.real_texts import BASELINE, RealTexts
from abkit.core.reproduced import Interval
from abkit.model.presets import ModelConfig
from abkit.pipeline.real_texts import real_texts
from abkit.pipeline.real_texts_changes import CHANGES
from abkit.pipeline.real_texts_data import AIRLINE, BANK_SHARES, TASKS, TaskTexts, clothing_rules
from abkit.pipeline.real_texts_measures import task_report
from abkit.pipeline.real_texts_training import GAMMAS, Job, Outcome

LUGGAGE = ["my bag is lost", "the suitcase never came", "where is my bag"]
OTHER = ["the flight is late", "the crew was rude", "no answer on the phone"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tweets in the form of the airline file; those without a reason must not be used."""
    place = tmp_path_factory.mktemp("real")
    lines = ["text,reason,reason5,unanimous"]
    for i in range(300):
        words, reason = (LUGGAGE, "luggage") if i % 4 == 0 else (OTHER, "others")
        lines.append(f"{words[i % 3]} number {i},{reason},{reason},{i % 2}")
        lines.append(f"thank you {i},,others,1")
    content = gzip.compress("\n".join(lines).encode())
    (place / "airline_complaints.csv.gz").write_bytes(content)
    return place


@pytest.fixture(scope="module")
def report(folder: Path) -> RealTexts:
    return real_texts(folder, tasks=("airline luggage",), epochs=1, workers=1)


def test_one_task_end_to_end(report: RealTexts) -> None:
    (task,) = report.tasks
    assert task.n_train + task.n_validation + task.n_test == 300
    models = [row.model for row in task.rows]
    assert models == ["CE", "CE + temperature", "FL1", "FL1 + temperature", "FL5",
                      "FL5 + temperature", BASELINE]  # fmt: skip
    for row in task.rows:
        assert (row.temperature is not None) == row.model.endswith("temperature")
        assert (row.gap is not None) == (row.model in GAMMAS)
        assert sum(stratum.n for stratum in row.strata) == task.n_test
    (change,) = task.changed  # with one epoch asked of both, nothing is changed
    assert change.n_train == task.n_train
    assert change.epochs == 1
    assert change.to_default.estimate == change.to_default.ci_lower == 0
    assert change.to_baseline == task.default.gap
    assert change.value == task.default.metrics["average_precision"]
    plain, scaled = task.rows[0], task.rows[1]  # a temperature keeps the order of two classes
    name = "average_precision"
    assert scaled.metrics[name].estimate == pytest.approx(plain.metrics[name].estimate)


@pytest.mark.slow
def test_the_number_of_rows_and_workers(folder: Path) -> None:
    words = {"tasks": ("airline luggage",), "epochs": 1, "rows": 150}
    one, two = real_texts(folder, workers=1, **words), real_texts(folder, workers=2, **words)
    assert one == two
    assert one.tasks[0].n_train < 150


def test_the_page_says_the_gap(report: RealTexts) -> None:
    page = report.to_markdown()
    gap = report.tasks[0].default.gap
    assert gap is not None
    assert page.count(f"| {report.tasks[0].verdict} |") == 1
    assert f"by the estimate alone it is met on {int(gap.estimate >= -0.02)}" in page
    tables = [line for line in page.splitlines() if line.startswith("| CE |")]
    assert [line.count("|") - 1 for line in tables] == [7, 4, 7, 7]  # metrics, gap, two strata
    assert page.count("FL1 with one thing changed**") == len(report.tasks[0].changed) == 1
    assert report.to_latex().count(r"\begin{table}") == 5
    assert len(report.records()) == 7
    console = Console(width=80, record=True, file=StringIO())
    console.print(report)
    assert max(map(len, console.export_text().splitlines())) <= 80


def test_changes_are_of_tasks_and_of_settings_that_exist() -> None:
    assert CHANGES.keys() == TASKS.keys()
    for task in CHANGES.values():
        assert all(change not in (*GAMMAS, BASELINE) for change in task)
        for change in task.values():
            assert ModelConfig(n_classes=5, **change.settings) != ModelConfig(n_classes=5) or (
                change.texts is not None and not change.settings
            )


def test_the_page_names_the_best_change_where_the_aim_is_not_met(report: RealTexts) -> None:
    task = report.tasks[0]
    own, (change,) = task.default, task.changed
    behind, better = Interval(estimate=-0.1, ci_lower=-0.2, ci_upper=-0.021), change.to_default
    better = replace(better, estimate=0.07)
    worse = replace(change, what="worse", to_default=replace(better, estimate=-0.3))
    unmet = replace(
        task,
        rows=tuple(replace(row, gap=behind) if row == own else row for row in task.rows),
        changed=(
            worse,
            replace(change, what="longer", to_default=better),
            replace(change, what="baseline on more", epochs=None, to_baseline=better),
        ),
    )
    page = replace(report, tasks=(unmet,)).to_markdown()
    assert "| −10.0<br>\\[−20.0, −2.1\\] | not met |" in page
    assert "tasks, missed by it on 1 and left open by it on 0; by the estimate alone" in page
    assert "the best of 2 changes to FL1 on these test rows, longer, moves it by +7.0" in page
    assert "airline luggage: baseline on more moves by +7.0" in page
    met = replace(task, rows=tuple(replace(row, gap=better) if row == own else row
                                   for row in task.rows))  # fmt: skip
    assert "changes to FL1" not in replace(report, tasks=(met,)).to_markdown()


@pytest.mark.parametrize(
    ("gap", "verdict"),
    [
        ((-0.01, -0.02, 0.01), "met"),  # the end may touch the aim
        ((-0.01, -0.021, 0.01), "met by the point"),
        ((-0.02, -0.06, 0.02), "met by the point"),
        ((-0.021, -0.06, -0.02), "missed by the point"),
        ((-0.05, -0.06, -0.021), "not met"),
    ],
)
def test_the_aim_is_judged_by_the_interval(
    report: RealTexts, gap: tuple[float, float, float], verdict: str
) -> None:
    task = report.tasks[0]
    found = Interval(estimate=gap[0], ci_lower=gap[1], ci_upper=gap[2])
    rows = tuple(replace(row, gap=found) if row == task.default else row for row in task.rows)
    page = replace(report, tasks=(replace(task, rows=rows),)).to_markdown()
    assert f"| {verdict} |" in page
    open_ = int("point" in verdict)
    assert f"left open by it on {open_}" in page
    assert f"by the estimate alone it is met on {int(verdict.startswith('met'))}" in page


def test_an_error_below_its_interval_is_explained(report: RealTexts) -> None:
    """Resampled noise counts as error, so the page says why an estimate stands outside."""

    def page(ece: float) -> str:
        found = Interval(estimate=ece, ci_lower=0.03, ci_upper=0.05)
        rows = tuple(
            replace(row, metrics={**row.metrics, "ece": found, "ece_classwise": found})
            for row in report.tasks[0].rows
        )
        return replace(report, tasks=(replace(report.tasks[0], rows=rows),)).to_markdown()

    assert "14 of 14 calibration errors" in page(0.02)
    assert "lies too high (docs/metrics.md)" in page(0.02)
    assert "calibration errors" not in page(0.03)


def test_what_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="`seeds` is 0"):
        real_texts(folder, seeds=0)
    with pytest.raises(ConfigError, match="`task` is `airlin`"):
        real_texts(folder, tasks=("airlin",))
    with pytest.raises(DataError, match="there is no folder"):
        real_texts(tmp_path / "absent")
    with pytest.raises(DataError, match="there is no file"):
        real_texts(tmp_path)


def test_metrics_are_those_of_scikit_learn_with_weights() -> None:
    rng = np.random.default_rng(1)
    labels = rng.integers(3, size=200)
    weights = rng.uniform(1, 6, size=200)
    scores = [rng.dirichlet(np.ones(3) + 2 * np.eye(3)[y]) for y in labels]
    p, other = np.array(scores), np.full((200, 3), 1 / 3)
    data = TaskTexts(name="t", how="", class_names=("a", "b", "c"), metric="average_precision",
                     texts=[], labels=labels)  # fmt: skip

    def outcome(model: str, plain: np.ndarray, seed: int = 0) -> Outcome:
        job = Job(folder=Path(), task="t", model=model, seed=seed, rows=None, epochs=None)
        return Outcome(job=job, plain=plain, scaled=plain, temperature=1.0, labels=labels,
                       weights=weights, agreed=None, n_train=1, n_validation=1,
                       epochs=2)  # fmt: skip

    one = {"FL1": [outcome("FL1", p)], BASELINE: [outcome(BASELINE, other)]}
    task = task_report(data, one, {"worse": [outcome("worse", other)]})
    rows = task.rows
    found = {name: value.estimate for name, value in rows[0].metrics.items()}
    assert found["average_precision"] == pytest.approx(
        average_precision_score(labels == 0, p[:, 0], sample_weight=weights)
    )
    assert found["macro.f1"] == pytest.approx(
        f1_score(labels, p.argmax(axis=1), average="macro", sample_weight=weights)
    )
    assert found["nll"] == pytest.approx(log_loss(labels, p, sample_weight=weights))
    assert rows[0].gap is not None
    base = np.average(labels == 0, weights=weights)  # one threshold: the prevalence
    assert rows[0].gap.estimate == pytest.approx(found["average_precision"] - base)
    assert rows[0].gap.ci_lower < rows[0].gap.estimate < rows[0].gap.ci_upper
    assert task.changed[0].to_default.estimate == pytest.approx(-rows[0].gap.estimate)
    assert task.changed[0].to_baseline.estimate == 0
    both = {"FL1": [outcome("FL1", p), outcome("FL1", other, 1)],
            BASELINE: [outcome(BASELINE, other), outcome(BASELINE, other, 1)]}  # fmt: skip
    mean = task_report(data, both).rows[0].gap
    assert mean is not None
    assert mean.estimate == pytest.approx(rows[0].gap.estimate / 2)  # the mean over the seeds


def test_the_real_tasks(real_data: Path | None) -> None:
    if real_data is None:
        return
    tasks = {name: task(real_data) for name, task in TASKS.items()}
    airline = tasks["airline reasons"]
    assert len(airline.texts) == len(tasks["airline luggage"].texts) < 14_394
    assert np.bincount(airline.labels)[AIRLINE.index("luggage")] == 792
    clothing = tasks["clothing not recommended"]
    assert (clothing.labels == 0).mean() == pytest.approx(0.181, abs=0.0005)
    returns = tasks["clothing returns"]
    assert returns.golden is not None
    assert len(returns.golden.texts) == 310
    assert not set(returns.golden.texts) & set(returns.texts)
    every = clothing_rules(real_data)
    assert every.golden is not None
    assert every.golden.texts == returns.golden.texts
    assert set(returns.texts) < set(every.texts)
    assert not set(every.golden.texts) & set(every.texts)
    assert len(every.texts) > 9 * len(returns.texts)
    share = np.average(returns.golden.labels == 0, weights=returns.golden.weights)
    assert share == pytest.approx(0.103, abs=0.0005)
    shares = np.bincount(tasks["bank queries"].labels) / len(tasks["bank queries"].labels)
    np.testing.assert_allclose(shares, BANK_SHARES, atol=0.0005)
