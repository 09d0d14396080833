"""`threshold` on files and on a model's parts: numbers that agree, refusals that explain."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import abkit
from abkit.core.errors import AbkitError, ConfigError, DataError
from abkit.core.rng import rng_for
from abkit.model.artifact import Artifact, save
from abkit.model.calibration import no_calibration
from abkit.model.certified_thresholds import certify_precision, certify_recall
from abkit.model.golden_ledger import GoldenPart
from abkit.model.presets import preset
from abkit.model.prior_shift import moved
from abkit.model.served_share import share_by_means
from abkit.model.text import normalise, text_hashes
from abkit.model.thresholds import plug_in_recall, plug_in_threshold

threshold = abkit.threshold


def draw(n: int, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores calibrated at a share of .3, and whether each row is positive."""
    rng = rng_for(seed, "rows")
    y = rng.random(n) < share
    z = rng.normal(size=n) + 2.4 * y
    return 1 / (1 + np.exp(-(2.4 * z - 2.88 + np.log(0.3 / 0.7)))), y


def write(path: Path, p: np.ndarray, y: np.ndarray | None = None) -> Path:
    names = None if y is None else np.where(y, "spam", "ham")
    lines = ["p_spam,p_ham" + ("" if names is None else ",label")]
    for i, value in enumerate(p.tolist()):
        lines.append(f"{value!r},{1 - value!r}" + ("" if names is None else f",{names[i]}"))
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    return write(tmp_path / "scores.csv", *draw(1200, 0.3, seed=1))


@pytest.fixture
def served(tmp_path: Path) -> Path:
    return write(tmp_path / "served.csv", draw(4000, 0.1, seed=2)[0])


def part(n: int, seed: int, *, labels_of="golden") -> GoldenPart:
    p, y = draw(n, 0.24, seed)
    texts = [f"text number {i} of part {seed} with more words" for i in range(n)]
    return GoldenPart(
        labels_of=labels_of,
        probabilities=np.column_stack([p, 1 - p]),
        labels=(~y).astype(np.int64),
        hashes=text_hashes([normalise(text) for text in texts]),
        n_in_training=3 if seed == 4 else 0,
    )


@pytest.fixture
def artifact() -> Artifact:
    """A model that was never trained: its parts and thresholds are all that is asked for."""
    parts = {name: part(1000, seed) for seed, name in ((3, "calibrate"), (4, "certify"),
                                                       (5, "report"))}  # fmt: skip
    chosen = parts["calibrate"]
    return Artifact(
        config=preset("compact", n_classes=2),
        class_names=("defective", "other"),
        calibrator=no_calibration(2),
        threshold=plug_in_threshold(chosen.probabilities[:, 0], chosen.labels == 0),
        certified=None,
        golden=parts,
        class_prior=(0.24, 0.76),
        label_source="golden",
        metrics={},
        tokenizer="{}",
        weights={"w": np.zeros(1, dtype=np.float32)},
        seen_texts=np.sort(chosen.hashes),
    )


@pytest.fixture
def model(artifact: Artifact, tmp_path: Path) -> Path:
    return save(artifact, tmp_path / "model")


def test_a_file_certifies_chooses_and_measures(scores: Path) -> None:
    p, y = draw(1200, 0.3, seed=1)
    got, want = threshold(scores, precision=0.9), certify_precision(p, y, target=0.9)
    assert got.threshold == want.threshold is not None
    facts = got.to_dict()
    assert facts["certified"] == want.to_dict()
    assert facts["guaranteed_precision"] == 0.9
    assert facts["guaranteed_recall"] is None
    assert facts["expected_precision"] == pytest.approx(want.observed_precision)
    assert facts["expected_recall"] == pytest.approx(want.observed_recall)
    assert facts["plug_in_threshold"] == plug_in_threshold(p, y, target_precision=0.9).threshold
    assert (facts["more_labels_needed"], facts["confidence"]) == (0, 0.95)
    assert any("cannot know" in note for note in facts["notes"])
    assert got.source == f"1,200 rows of scores.csv, {y.sum()} spam"
    assert "flatter a threshold chosen on them" in got.expected_on


def test_recall(scores: Path) -> None:
    p, y = draw(1200, 0.3, seed=1)
    got = threshold(scores, recall=0.9).to_dict()
    assert got["threshold"] == pytest.approx(certify_recall(p, y, target=0.9).threshold)
    assert (got["guaranteed_recall"], got["guaranteed_precision"]) == (0.9, None)
    assert got["plug_in_threshold"] == pytest.approx(plug_in_recall(p, y, target_recall=0.9))
    assert got["breaks_at_prior"] is None


def test_the_other_class_is_flagged_by_its_own_score(scores: Path) -> None:
    p, y = draw(1200, 0.3, seed=1)
    got = threshold(scores, precision=0.9, positive="ham")
    assert got.threshold == certify_precision(1 - p, ~y, target=0.9).threshold


def test_none_is_an_answer(scores: Path) -> None:
    got = threshold(scores, precision=0.999).to_dict()
    assert got["threshold"] is got["guaranteed_precision"] is got["expected_precision"] is None
    assert got["more_labels_needed"] > 1200
    assert got["start_then"] >= got["certified"]["start"]


def test_noise_cannot_be_certified_by_any_number_of_labels(tmp_path: Path) -> None:
    rng = rng_for(0, "noise")
    file = write(tmp_path / "noise.csv", rng.random(500), np.arange(500) % 2 == 0)
    got = threshold(file, precision=0.9)
    assert (got.threshold, got.more_labels_needed) == (None, None)
    assert "more labels would not help" in got.to_markdown()


def test_the_served_share_moves_the_promise(scores: Path) -> None:
    """At odds a third as high, 90 % becomes 75 %: odds 9 to 3."""
    got = threshold(scores, precision=0.9, served_prior=0.1)
    golden = got.promise_at_prior
    assert golden == pytest.approx(0.3, abs=0.04)
    row = next(row for row in got.by_prior if row.prior == 0.1)
    odds = 9 * (0.1 / 0.9) / (golden / (1 - golden))
    assert row.guaranteed_precision == pytest.approx(odds / (1 + odds))
    at = got.expected
    assert at is not None
    want = 0.1 * at.recall / (0.1 * at.recall + 0.9 * at.false_positive_rate)
    assert row.expected_precision == pytest.approx(want)
    assert row.flag_rate == pytest.approx(0.1 * at.recall + 0.9 * at.false_positive_rate)
    edge = got.breaks_at_prior
    assert edge is not None
    assert edge * at.recall / (
        edge * at.recall + (1 - edge) * at.false_positive_rate
    ) == pytest.approx(0.9)


def test_the_served_share_is_estimated_and_corrected_only_when_asked(
    scores: Path, served: Path
) -> None:
    plain = threshold(scores, precision=0.7)
    got = threshold(scores, precision=0.7, served_scores=served)
    assert got.served is not None
    assert got.served.prior == pytest.approx(0.1, abs=4 * (got.served.standard_error or 0))
    assert got.served.p_value == pytest.approx(0, abs=1e-6)
    assert got.threshold == plain.threshold  # nothing is corrected in silence
    asked = threshold(scores, precision=0.7, served_scores=served, correct_prior=True)
    assert asked.threshold == got.served.threshold is not None
    assert asked.threshold > plain.threshold
    assert asked.promise_at_prior == got.served.lower_limit is not None
    assert asked.promise_at_prior < got.served.prior
    assert asked.to_dict()["guaranteed_precision"] == 0.7
    assert asked.certified["confidence"] == pytest.approx(0.975)  # half of the 5 % is the share's
    assert asked.served is not None
    corrected = asked.served.corrected_threshold
    odds = asked.threshold / (1 - asked.threshold)
    odds *= got.served.prior / (1 - got.served.prior) * (1 - 0.3) / 0.3
    assert corrected == pytest.approx(odds / (1 + odds), abs=0.03)  # .3 but for the sample


def test_the_error_of_an_estimated_share_is_carried(scores: Path, served: Path) -> None:
    """By hand: the limit of the share by means, and the target moved there, at 97.5 %."""
    p, y = draw(1200, 0.3, seed=1)
    limit = share_by_means(draw(4000, 0.1, seed=2)[0], p, y, confidence=0.975)
    got = threshold(scores, precision=0.7, served_scores=served, correct_prior=True)
    aim = moved(0.7, limit.lower, float(y.mean()))
    assert got.threshold == certify_precision(p, y, target=aim, confidence=0.975).threshold
    assert got.served is not None
    assert got.served.by_means == pytest.approx(limit.share)
    said = " ".join(got.to_markdown().split())
    assert "the lower limit of the estimate, on which half of the 5 % is spent" in said
    assert "which asks for no calibration" in said
    assert "show no lack of calibration" in said
    given = threshold(scores, precision=0.7, served_prior=0.1, correct_prior=True)
    assert given.certified["confidence"] == 0.95  # a stated share is taken as exact
    assert given.served is not None
    assert (given.served.estimated, given.served.by_means) == (False, None)


def test_scores_without_calibration_are_told(served: Path, tmp_path: Path) -> None:
    p, y = draw(1200, 0.3, seed=1)
    file = write(tmp_path / "sure.csv", p**3 / (p**3 + (1 - p) ** 3), y)
    page = " ".join(threshold(file, precision=0.7, served_scores=served).to_markdown().split())
    assert "do not believe the first share" in page


def test_a_share_without_a_lower_limit_promises_nothing(scores: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "few.csv", draw(12, 0.1, seed=2)[0])
    with pytest.raises(DataError, match="no lower limit above 0 with 0.975 confidence"):
        threshold(scores, precision=0.7, served_scores=file, correct_prior=True)
    shown = threshold(scores, precision=0.7, served_scores=file)
    assert shown.served is not None
    assert (shown.served.lower_limit, shown.served.threshold) == (None, None)
    assert "--correct-prior can promise nothing" in " ".join(shown.to_markdown().split())
    assert threshold(scores, recall=0.7, served_scores=file).served.lower_limit is None


@pytest.mark.slow
def test_the_corrected_promise_is_kept_at_the_served_share(tmp_path: Path) -> None:
    """Certified for a share of 15 % on rows with 30 %: true precision there by a large draw."""
    p, y = draw(400_000, 0.15, seed=9)
    broken = found = 0
    for seed in range(400):
        file = write(tmp_path / "s.csv", *draw(1000, 0.3, seed=100 + seed))
        got = threshold(file, precision=0.8, served_prior=0.15, correct_prior=True).threshold
        found += got is not None
        broken += got is not None and y[p >= got].mean() <= 0.8
    print(f"broken {broken / 400:.1%}, found {found / 400:.1%}")
    assert broken / 400 <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 400)
    assert found > 200


def test_a_model_keeps_its_parts_apart(model: Path, artifact: Artifact) -> None:
    got = threshold(model=model)
    rows = {name: (kept.probabilities[:, 0], kept.labels == 0)
            for name, kept in artifact.golden.items()}  # fmt: skip
    assert got.threshold == certify_precision(*rows["certify"], target=0.85).threshold is not None
    assert got.plug_in is not None
    assert got.plug_in.threshold == artifact.threshold.threshold
    p, y = rows["report"]
    assert got.expected is not None
    assert got.expected.precision == pytest.approx(y[p >= got.threshold].mean())
    assert got.expected.recall == pytest.approx(y[p >= got.threshold].sum() / y.sum())
    assert "report part" in got.expected_on
    assert got.golden["certify"]["digest"] == artifact.golden["certify"].digest
    assert any("3 of those golden texts" in note for note in got.notes)


def test_volumes_add_up(model: Path) -> None:
    """75,000 first contacts a week, 90 % with text; the flags are the two rates' mixture."""
    got = threshold(model=model)
    assert sum(row.texts_per_week for row in got.use_cases) == pytest.approx(67_500)
    at = got.expected
    assert at is not None
    for row in got.use_cases:
        rate = row.prior * at.recall + (1 - row.prior) * at.false_positive_rate
        assert row.flagged_per_week == pytest.approx(rate * row.texts_per_week)
        assert row.guaranteed_precision < row.expected_precision
    assert [round(row.prior, 2) for row in got.use_cases] == [0.21, 0.2, 0.37]


def test_another_vocabulary_has_no_scenario(artifact: Artifact, tmp_path: Path) -> None:
    folder = save(replace(artifact, class_names=("lost", "not lost")), tmp_path / "other")
    assert threshold(model=folder).use_cases == ()
    with pytest.raises(ConfigError, match="`lost`, which is no reason"):
        threshold(model=folder, scenario="returns-bot-points")


def test_reuse_of_a_part_is_refused(model: Path, tmp_path: Path) -> None:
    for seed, says in ((3, "calibrated it"), (4, "certified its threshold"), (5, "reported on")):
        rows = [f"text number {i} of part {seed} with more words" for i in range(200)]
        lines = [f"{row},{'defective' if i % 2 else 'other'}" for i, row in enumerate(rows)]
        file = tmp_path / "again.csv"
        file.write_text("text,reason\n" + "\n".join(lines) + "\n")
        with pytest.raises(DataError, match=f"200 of the 200 .*{says}"):
            threshold(model=model, data=file)


def test_fresh_texts_that_never_say_label_0_may_lie_in_another_column(
    model: Path, tmp_path: Path
) -> None:
    file = tmp_path / "fresh.csv"
    file.write_text("text,reason\nthe lamp is broken,Defectives\nwhere is it,delivery\n")
    with pytest.raises(DataError, match="never says `defective`") as refused:
        threshold(model=model, data=file)
    assert "--reason names the column" in str(refused.value.hint)


def test_a_folder_is_a_model(model: Path) -> None:
    assert threshold(model).to_dict() == threshold(model=model).to_dict()
    with pytest.raises(ConfigError, match="`label` has no effect"):
        threshold(model, label="y")


@pytest.mark.parametrize(
    ("asked", "is_another"),
    [
        ({}, False),
        ({"precision": 0.85, "start": 30, "step": 10}, False),
        ({"served_prior": 0.1}, False),  # shown, not promised
        ({"precision": 0.8}, True),
        ({"recall": 0.85}, True),
        ({"positive": "other"}, True),
        ({"confidence": 0.9}, True),
        ({"start": 40}, True),
        ({"step": 5}, True),
        ({"served_prior": 0.1, "correct_prior": True}, True),
    ],
)
def test_a_part_promises_for_the_question_of_training(
    artifact: Artifact, tmp_path: Path, asked, is_another: bool
) -> None:
    part = artifact.golden["certify"]
    first = certify_precision(part.probabilities[:, 0], part.labels == 0, target=0.85)
    folder = save(replace(artifact, certified=first), tmp_path / "certified")
    said = (
        "training already asked this part for 85 % precision of `defective` with 95 % confidence "
        "(start 30, step 10): "
    )
    notes = threshold(folder, **asked).notes
    assert any(note.startswith(said) for note in notes) == is_another
    assert any("already asked" in note for note in notes) == is_another


def test_logged_labels_certify_nothing(artifact: Artifact, tmp_path: Path) -> None:
    parts = {name: part for name, part in artifact.golden.items() if name != "certify"}
    folder = save(replace(artifact, golden=parts, label_source="logs"), tmp_path / "logs")
    with pytest.raises(ConfigError, match="trained without golden labels"):
        threshold(model=folder)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"precision": 0.8, "recall": 0.8}, "`precision` and `recall` exclude each other"),
        ({"recall": 0.8, "start": 30}, "have no effect beside `recall`"),
        ({"recall": 0.8, "correct_prior": True}, "it does not move"),
        ({"precision": 85}, "`precision` is 85"),
        ({"confidence": 1.0}, "`confidence` is 1.0"),
        ({"precision": 1}, "`precision` is 1; expected a share strictly in"),
        ({"step": 0}, "`step` is 0"),
        ({"start": 5}, "`start` is 5"),
        ({"served_prior": 0.0}, "`served_prior` is 0.0"),
        ({"served_prior": 0.1, "served_scores": "x.csv"}, "exclude each other"),
        ({"correct_prior": True}, "`correct_prior` needs the served share"),
        ({"positive": "spa"}, "`positive` is `spa`"),
        ({"model": "m"}, "`model` has no effect beside a file of scores"),
        ({"served_scores": "absent.csv"}, "there is no file `absent.csv`"),
    ],
)
def test_refusals(scores: Path, arguments, says: str) -> None:
    with pytest.raises(AbkitError, match=says):
        threshold(scores, **arguments)


def test_served_scores_of_abkit_score(scores: Path, tmp_path: Path) -> None:
    """One column `score`, some rows without a text and so without a score."""
    p = draw(4000, 0.1, seed=2)[0]
    file = tmp_path / "scored.csv"
    file.write_text("text,score\nno text,\n" + "".join(f"x,{value!r}\n" for value in p.tolist()))
    both = threshold(scores, served_scores=write(tmp_path / "two.csv", p)).served
    one = threshold(scores, served_scores=file).served
    assert one is not None
    assert both is not None
    assert one.prior == pytest.approx(both.prior, abs=1e-6)
    for content, says in (("score\n1.5\n", "no probabilities"), ("x\n1\n", "no column `p_spam`"),
                          ('score\n""\n""\n', "no row with a score")):  # fmt: skip
        file.write_text(content)
        with pytest.raises(DataError, match=says):
            threshold(scores, served_scores=file)
