"""Tables from logits with a known overconfidence: rows, pairs, verdicts, pictures."""

import json

import numpy as np
import pytest

from abkit.core.paper import TABLE_1, TABLE_2, TABLE_METRICS
from abkit.core.reproduced import Reproduction, model_name
from abkit.model.calibration import fit_temperature
from abkit.model.metrics import evaluate
from abkit.pipeline.reproduce_measures import resamples
from abkit.pipeline.reproduce_tables import GAMMAS, KINDS, paper_table

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
            assert minus["ece"].side == "lower"
            assert minus["accuracy"].verdict("accuracy") == "tie"
            assert "objective" not in minus  # of two losses: no common unit
        assert table.row("CE", "last", "none").differences == {}


def test_pairs_are_the_differences_of_their_rows(made: Reproduction) -> None:
    for table in made.tables:
        for pair in table.pairs:
            ours, other = table.row(*pair.ours), table.row(*pair.other)
            for name, minus in pair.differences.items():
                for seed, one in enumerate(minus.by_seed):
                    a, b = (row.metrics[name].by_seed[seed].estimate for row in (ours, other))
                    assert one.estimate == pytest.approx(a - b, abs=1e-12)
            assert table.difference(pair.ours, pair.other, "ece") is pair.differences["ece"]
        pairs = [(pair.ours, pair.other) for pair in table.pairs]
        assert len(set(pairs)) == len(pairs)


def test_a_paired_interval_is_that_of_resampled_differences() -> None:
    """Drawn again here: both models on the same rows, the metrics by the model package."""
    outcomes = by_seed(1, 1)
    table = paper_table(1, "paper", outcomes, replications=100)
    found = table.difference(("FL3", "last", "none"), ("FL1", "last", "none"), "nll").by_seed[0]
    labels = outcomes[0][0].labels["report-paper"]
    weights = resamples(len(labels), 100, 1, "paper", seed=0)
    losses = []
    for outcome in (outcomes[0][2], outcomes[0][1]):
        z = outcome.logits["last/report-paper"]
        losses.append(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(z)), labels])
    drawn = (weights * (losses[0] - losses[1])).sum(axis=1) / len(labels)
    assert found.estimate == pytest.approx(drawn[0])
    assert (found.ci_lower, found.ci_upper) == pytest.approx(
        tuple(np.quantile(drawn[1:], [0.025, 0.975]))
    )


def test_verdicts_of_a_world_that_is_as_the_paper_says(made: Reproduction) -> None:
    verdicts = {(one.table, one.golden, one.code): one.verdict for one in made.claims}
    for golden in ("served", "paper"):
        for code in ("early_stopping_helps", "gamma_lowers_ece", "gamma_lowers_nll"):
            assert verdicts[1, golden, code] == "holds", code
        assert verdicts[1, golden, "gamma_keeps_predictions"] == "holds"  # a monotone map
        assert verdicts[1, golden, "gamma_makes_tunable"] == "fails"
        assert verdicts[1, golden, "flips_overcorrect"] in ("holds", "mixed")
    cases = {(one.table, one.code): len(one.comparisons) for one in made.claims}
    assert cases[1, "gamma_lowers_ece"] == 4
    assert cases[2, "gamma_lowers_ece"] == 2
    assert cases[1, "gamma_keeps_predictions"] == 4 * 2  # models, metrics
    assert cases[2, "flips_overcorrect"] == 3 * 2
    assert cases[1, "paper_nll_is_objective"] == 1


def test_overcorrection_needs_a_higher_temperature_in_every_seed(made: Reproduction) -> None:
    for claim in made.claims:
        table = next(t for t in made.tables if (t.number, t.golden) == (claim.table, claim.golden))
        for one in claim.comparisons:
            if claim.code in ("flips_overcorrect", "log_errors_overcorrect"):
                model = one.ours.split()[0]
                kind = "flips" if claim.code == "flips_overcorrect" else "logs"
                noisy, true = (table.row(model, "last", k).temperatures for k in (kind, "truth"))
                assert one.hotter == all(np.array(noisy) > np.array(true))
            else:
                assert one.hotter is None


def test_the_papers_row_is_nearer_to_what_falls_like_it() -> None:
    """The distances of one seed worked out from its row alone."""
    table = paper_table(2, "served", by_seed(2, 1), replications=20)
    ce = table.row("CE", "last", "none")
    distance = {"objective": 0.0, "nll": 0.0}
    for model in ("FL1", "FL5"):
        row = table.row(model, "last", "none")
        stated = np.log(TABLE_2[model][4] / TABLE_2["CE"][4])
        for name in distance:
            ours = row.metrics[name].mean.estimate / ce.metrics[name].mean.estimate
            distance[name] += abs(np.log(ours) - stated)
    expected = distance["objective"] - distance["nll"]
    assert table.objective_farther.mean.estimate == pytest.approx(expected)


def test_thresholds_are_chosen_on_one_part_and_tried_on_the_other(made: Reproduction) -> None:
    assert all(None not in one.thresholds for one in made.tables[0].chosen)
    for table in made.tables:
        for model, chosen in enumerate(table.chosen):
            for seed, outcomes in enumerate(by_seed(table.number, 3)):
                threshold = chosen.thresholds[seed]
                if threshold is None:  # nowhere 85 %: five classes as fakes draw them
                    assert chosen.precision[seed] is chosen.recall[seed] is None
                    continue
                for part in ("calibrate", "report"):
                    name = f"{part}-{table.golden}"
                    z = outcomes[model].logits[f"last/{name}"]
                    score = np.exp(z[:, 0]) / np.exp(z).sum(axis=1)
                    hit = outcomes[model].labels[name][score >= threshold] == 0
                    if part == "calibrate":
                        assert hit.mean() >= chosen.target
                    else:
                        assert chosen.precision[seed] == pytest.approx(hit.mean())


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
    assert facts["claims"][0]["comparisons"][0]["verdict"] == "better"
    assert "times" not in facts  # what a machine took is no result
    assert facts["tables"][2]["rows"][0]["paper"]["mce"] is None
    assert len(made.to_pandas()) == sum(len(table.rows) for table in made.tables)
