"""Tables from logits with a known overconfidence: rows, pairs, verdicts, pictures."""

import json

import numpy as np
import pytest

from abkit.core.paper import TABLE_1, TABLE_2, TABLE_METRICS
from abkit.core.reproduced import Reproduction
from abkit.model.calibration import fit_temperature
from abkit.model.metrics import evaluate
from abkit.pipeline.reproduce_tables import GAMMAS, KINDS, model_name

from ..study_fakes import by_seed, reproduction


@pytest.fixture(scope="module")
def made() -> Reproduction:
    return reproduction()


def test_the_paper_is_copied_as_it_stands() -> None:
    """Checked against its text by sums: a digit that slips changes one of them."""
    sums = [round(sum(row[i] or 0 for row in TABLE_1.values()), 3) for i in range(7)]
    assert sums == [4.141, 4.131, 4.086, 4.102, 4.641, 0.631, 1.963]
    sums = [round(sum(row[i] or 0 for row in TABLE_2.values()), 3) for i in range(7)]
    assert sums == [2.262, 2.435, 2.269, 2.288, 1.337, 0.097, 0]
    assert len(TABLE_METRICS) == 7


def test_rows_are_models_by_kinds(made: Reproduction) -> None:
    for table in made.tables:
        names = [(row.model, row.stopping, row.calibration) for row in table.rows]
        assert names == [(model_name(g), *kind) for kind in KINDS for g in GAMMAS[table.number]]
        assert [bool(row.paper) for row in table.rows] == [
            (row.stopping, row.calibration) == ("last", "none") for row in table.rows
        ]


def test_estimates_are_the_metrics_of_the_scores(made: Reproduction) -> None:
    outcome = by_seed(1, 3)[2][1]  # FL1, third seed
    logits = outcome.logits["last/report-paper"]
    labels = outcome.labels["report-paper"]
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    table = next(t for t in made.tables if (t.number, t.golden) == (1, "paper"))
    row = table.row("FL1", "last", "none")
    known = evaluate(p, labels)
    assert row.metrics["ece"].by_seed[2].estimate == pytest.approx(known.ece)
    assert row.metrics["nll"].by_seed[2].estimate == pytest.approx(known.nll)
    mean = np.mean([one.estimate for one in row.metrics["ece"].by_seed])
    assert row.metrics["ece"].mean.estimate == pytest.approx(mean)
    calibrated = table.row("FL1", "last", "golden")
    fitted = fit_temperature(
        outcome.logits["last/calibrate-paper"], outcome.labels["calibrate-paper"]
    )
    assert calibrated.temperatures[2] == pytest.approx(fitted.temperature)
    assert calibrated.temperatures[2] == pytest.approx(8 / 3, rel=0.2)  # as sharp as drawn
    assert "objective" not in calibrated.metrics


def test_differences_are_paired(made: Reproduction) -> None:
    """A monotone map leaves every ranking: average precision differs by exactly 0."""
    for table in made.tables:
        if table.number == 1:
            minus = table.row("FL5", "last", "none").differences
            assert all(one.ci_lower == one.ci_upper == 0 for one in minus["accuracy"].by_seed)
            assert minus["average_precision"].mean.estimate == pytest.approx(0, abs=1e-12)
            assert minus["ece"].sign == "lower"
        assert table.row("CE", "last", "none").differences == {}


def test_verdicts_of_a_world_that_is_as_the_paper_says(made: Reproduction) -> None:
    verdicts = {(claim.table, claim.code): claim.verdict for claim in made.claims}
    for code in ("long_training_miscalibrates", "gamma_lowers_ece", "gamma_keeps_ranking",
                 "gamma_keeps_accuracy", "gamma_lowers_nll", "flips_overcorrect"):  # fmt: skip
        assert verdicts[1, code] == "holds", code
    cells = {(claim.table, claim.code): claim.n_cells for claim in made.claims}
    assert cells[1, "gamma_lowers_ece"] == 4 * 3 * 2  # models, seeds, golden sets
    assert cells[2, "gamma_lowers_ece"] == 2 * 3 * 2
    assert cells[1, "logs_overcorrect"] == 5 * 3 * 2


def test_one_seed_leaves_claims_open() -> None:
    assert {claim.verdict for claim in reproduction(1, (2,)).claims} == {"open"}


def test_pictures_hold_every_text(made: Reproduction) -> None:
    for shown in made.pictured:
        n = sum(shown.balance["golden-paper"])
        for diagram in shown.diagrams:
            if shown.table == 1:  # LABEL 0 below, the rest on top
                assert sum(diagram.histogram[0]) == shown.balance["golden-paper"][0]
            assert sum(map(sum, diagram.histogram)) == n
            assert sum(one.n for one in diagram.bins) == n
            for one in diagram.bins:
                if one.n:
                    assert one.ci_lower <= one.accuracy <= one.ci_upper
    for curve in made.pictured[0].curves:
        assert curve.recall[-1] == 1
        assert list(curve.thresholds) == sorted(curve.thresholds, reverse=True)
        area = np.sum(np.diff(curve.recall, prepend=0.0) * np.array(curve.precision))
        assert curve.average_precision == pytest.approx(area)
    assert made.pictured[1].curves == ()


def test_json_and_records(made: Reproduction) -> None:
    facts = json.loads(made.to_json())
    row = facts["tables"][0]["rows"][1]
    assert row["model"] == "FL1"
    assert row["paper"]["ece"] == 0.166
    assert set(row["differences_to_ce"]["ece"]) >= {"mean", "by_seed", "verdict"}
    assert facts["tables"][2]["rows"][0]["paper"]["mce"] is None
    assert len(made.to_pandas()) == sum(len(table.rows) for table in made.tables)
