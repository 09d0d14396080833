"""Which line is suggested for a file, and what is left to the user, never guessed."""

import re
from pathlib import Path

import pyarrow as pa
import pytest

from abkit.core.inspected import CommandFacts, shell_line
from abkit.pipeline import sheets, suggested_commands
from abkit.pipeline.inspecting import inspect

N = 120
MOMENTS = [f"2024-01-01 10:{k % 60:02d}:00" for k in range(N)]
LOG = {
    "contact_id": [f"k{k}" for k in range(N)],
    "customer_id": [f"c{k}" for k in range(N)],
    "use_case": ["A" if k % 2 else "B" for k in range(N)],
    "arm": ["control" if k % 3 else "new" for k in range(N)],
    "started_at": [f"{moment}Z" for moment in MOMENTS],
    "ended_at": [f"{moment}Z" for moment in MOMENTS],
    "automated": ["1" if k % 2 else "0" for k in range(N)],
    "response": ["positive" if k % 2 else "" for k in range(N)],
}
AB_FILE = {
    "user": [f"u{k}" for k in range(N)],
    "variant": ["old" if k % 2 else "new" for k in range(N)],
    "converted": ["yes" if k % 3 else "no" for k in range(N)],
    "vip": ["1" if k % 5 else "0" for k in range(N)],
    "spend": [str(k / 4) for k in range(N)],
}
TEXTS = {
    "text": [f"it broke after {k} days" for k in range(N)],
    "reason": ["defective" if k % 2 else "quality" for k in range(N)],
}


def commands(**columns: list[str]) -> dict[str, CommandFacts]:
    return {found.command: found for found in inspect(pa.table(columns)).commands}


def renamed(columns: dict[str, list[str]], **names: str) -> dict[str, list[str]]:
    return {names.get(name, name): values for name, values in columns.items()}


def test_a_contact_log() -> None:
    found = commands(**LOG)["analyze"]
    assert found.status == "ready"
    assert found.words == ("abkit", "analyze", "?")  # a table in memory has no path
    assert found.says == (
        "a contact log: AR, PRR, 24RR by `use_case`, which has 2 values",
        "rows by `arm`: `control` 80, `new` 40",
        "arms of unequal size: if planned so, add --allocation, as in 1:2",
    )


def test_a_contact_log_by_other_names() -> None:
    names = {"arm": "variant", "automated": "deflected", "customer_id": "User_ID",
             "started_at": "created_at"}  # fmt: skip
    found = commands(**renamed(LOG, **names))["analyze"]
    maps = {word for option, word in zip(found.words, found.words[1:], strict=False)
            if option == "--map"}  # fmt: skip
    assert maps == {f"{role}={column}" for role, column in names.items()}
    assert found.status == "ready"


@pytest.mark.parametrize(
    ("lost", "says"),
    [
        ("automated", "no AR: it needs `automated`"), ("response", "no PRR: it needs `response`"),
        ("customer_id", "no 24RR: it needs `customer_id`"),
        ("ended_at", "no 24RR: it needs `ended_at`"),
    ],
)  # fmt: skip
def test_what_a_log_lacks_is_said(lost: str, says: str) -> None:
    found = commands(**{name: values for name, values in LOG.items() if name != lost})["analyze"]
    assert found.status == "ready"
    assert says in found.says


def test_the_control_arm_is_never_guessed() -> None:
    arms = ["baseline" if k % 2 else "new" for k in range(N)]
    found = commands(**LOG | {"arm": arms})["analyze"]
    assert found.status == "choose"
    assert found.words[3:] == ("--control", "?")
    assert "--control: which arm is the control, `baseline` or `new`" in found.says


def test_the_clock_of_a_log_is_never_guessed() -> None:
    found = commands(**LOG | {"started_at": MOMENTS, "ended_at": MOMENTS})["analyze"]
    assert found.status == "choose"
    assert found.words[-2:] == ("--tz", "?")
    assert "--tz: the zone of `started_at` and `ended_at`, as in Europe/Berlin or UTC" in found.says
    no_repeats = {k: v for k, v in LOG.items() if k not in ("ended_at", "customer_id")}
    assert commands(**no_repeats)["analyze"].status == "ready"


def test_one_arm_or_none() -> None:
    for arms, says in (
        (["control"] * N, "`arm` has one value only, `control`; a comparison needs two arms"),
        ([f"a{k}" for k in range(N)], r"`arm` has 120 values: no arms"),
    ):
        found = commands(**LOG | {"arm": arms})["analyze"]
        assert (found.status, found.words) == ("lacking", ())
        assert re.fullmatch(says, found.says[0])


def test_values_that_do_not_fit_their_name() -> None:
    found = commands(**LOG | {"automated": [str(k) for k in range(N)]})["analyze"]
    assert "`automated` holds whole numbers, expected 0/1" in found.says


def test_an_ab_file() -> None:
    found = commands(**AB_FILE)["analyze"]
    assert shell_line(found.words) == (
        "abkit analyze '?' --variant variant --control '?' --unit user "
        "--metric converted=converted --metric spend=spend:mean"
    )
    assert found.status == "choose"
    assert "also 0/1: `vip`" in found.says
    arms = ["control" if k % 2 else "new" for k in range(N)]
    found = commands(**AB_FILE | {"variant": arms})["analyze"]
    assert found.status == "ready"
    assert found.words[3:7] == ("--variant", "variant", "--control", "control")


def test_what_an_ab_file_leaves_open() -> None:
    two = commands(**AB_FILE, test_group=AB_FILE["vip"], a_bucket=AB_FILE["vip"])["analyze"]
    assert two.words[3:7] == ("--variant", "variant", "--control", "?")  # the plainest name
    two = commands(**renamed(AB_FILE, variant="old_arm"), new_arm=AB_FILE["vip"])["analyze"]
    assert two.words[3:7] == ("--variant", "?", "--control", "?")
    assert "--variant: the column of the arm, `old_arm` or `new_arm`" in two.says
    units = commands(**AB_FILE, visitor_id=AB_FILE["user"])["analyze"]
    assert "--unit: who was randomised, `user` or `visitor_id`" in units.says
    none = commands(**renamed(AB_FILE, user="x"))["analyze"]
    assert "--unit" not in none.words
    assert "no column is called like a unit, so every row is taken for one" in none.says
    no_outcome = commands(**renamed(AB_FILE, converted="x", spend="y"))["analyze"]
    assert no_outcome.words[-2:] == ("--metric", "outcome=?")
    assert no_outcome.says[-1] == (
        "--metric: the column of the outcome; 0/1: `x` or `vip`; for a mean add :mean: `y`"
    )
    no_arm = commands(**renamed(AB_FILE, variant="z"))["analyze"]
    assert no_arm.words[3:7] == ("--variant", "?", "--control", "?")
    nothing = commands(**renamed(AB_FILE, variant="z", converted="x", spend="y"))["analyze"]
    assert nothing.words[3:] == (
        "--variant", "?", "--control", "?", "--unit", "user", "--metric", "outcome=?",
    )  # fmt: skip
    assert "--variant: the column of the arm, `z`, `x` or `vip`" in nothing.says  # words first
    texts = commands(**TEXTS)["analyze"]
    assert texts.status == "lacking"
    assert texts.says == (
        "no column is called like an arm (arm, variant, group); of few enough values: `reason`",
    )


OWN = {
    "geloest": [("yes", "no")[k % 2] for k in range(N)],
    "Kunde": [f"K{k}" for k in range(N)],
    "Bot Version": [("old_bot", "new_bot")[k % 2] for k in range(N)],
    "Thema": [("Retoure", "Rechnung", "Lieferung")[k % 3] for k in range(N)],
    "Beginn": [f"18.03.2024 10:{k % 60:02d}:00" for k in range(N)],
    "Ende": [f"18.03.2024 11:{k % 60:02d}" for k in range(N)],
}


def test_a_log_with_names_of_its_own() -> None:
    """Every part is left to the user, with the columns whose values fit it."""
    found = commands(**OWN)["analyze"]
    assert found.status == "choose"
    assert shell_line(found.words[3:]) == (
        "--map 'arm=?' --map 'automated=?' --map 'contact_id=?' --map 'customer_id=?' "
        "--map 'use_case=?' --map 'started_at=?' --map 'ended_at=?' --control '?' --tz '?'"
    )
    for said in (
        "--map arm: `Bot Version`, `Thema` or `geloest`",  # 0/1 behind words
        "--map automated: `geloest`",
        "--map customer_id: `Kunde`",
        "--map use_case: `Bot Version` or `Thema`",
        "--map started_at: `Beginn` or `Ende`",
        "--tz: the zone of `Beginn` and `Ende`, as in Europe/Berlin or UTC",
    ):
        assert said in found.says
    assert any("--variant ?" in said for said in found.says)
    known = commands(**renamed(OWN, Kunde="user_id"))["analyze"]
    assert "customer_id=user_id" in known.words
    named = commands(**renamed(OWN, **{"Bot Version": "variant"}))["analyze"]
    assert {"arm=variant", "automated=?"} <= {*named.words}
    assert "--control: which arm is the control, `new_bot` or `old_bot`" in named.says
    foreign = [("ja", "nein")[k % 2] for k in range(N)]
    found = commands(**OWN | {"geloest": foreign})["analyze"]
    assert any("`geloest` (`ja` and `nein`)" in said for said in found.says)
    assert "automated=?" not in found.words


def test_a_few_odd_values_keep_an_outcome_a_metric() -> None:
    rows = {name: values * 10 for name, values in AB_FILE.items()}
    rows["converted"] = ["7"] * 5 + rows["converted"][5:]
    found = commands(**rows)["analyze"]
    assert "converted=converted" in found.words
    assert "`converted` is 0/1 but for 5 values (`7`), which the checks will report" in found.says
    rows["converted"] = ["7"] * 50 + rows["converted"][50:]
    assert "converted=converted" not in commands(**rows)["analyze"].words


def test_names_that_options_would_misread() -> None:
    for name, metric in (("converted:mean", "converted:mean=converted:mean:higher"),
                         ("a=converted", "a_converted=a=converted")):  # fmt: skip
        found = commands(**renamed(AB_FILE, converted=name))["analyze"]
        assert metric in found.words
    assert " converted" not in str(
        commands(**renamed(AB_FILE, converted=" converted"))["analyze"].words
    )


def test_repeats_alone_make_no_contact_log() -> None:
    """An A/B file may have times, too: its outcome matters, not whether customers come back."""
    times = {name: LOG[name] for name in ("started_at", "ended_at")}
    found = commands(**AB_FILE, **times)["analyze"]
    assert found.words[3:5] == ("--variant", "variant")
    found = commands(**renamed(AB_FILE, variant="arm"), **times)["analyze"]
    assert found.says[0].startswith("a contact log: 24RR")


def test_another_name_counts_only_with_values_that_fit() -> None:
    found = commands(**renamed(LOG, automated="contained"))["analyze"]
    assert "automated=contained" in found.words
    words = ["who knows"] * N
    found = commands(**renamed(LOG, automated="contained") | {"contained": words})["analyze"]
    assert "no AR: it needs `automated`" in found.says


def test_counts() -> None:
    cells = {"metric": ["AR", "AR"], "successes": ["1", "2"], "trials": ["3", "4"]}
    found = commands(**cells, arm=["control", "new"])["analyze"]
    assert found.words == ("abkit", "analyze", "--counts", "?")
    assert found.status == "ready"
    found = commands(**cells, arm=["a", "b"])["analyze"]
    assert found.words[-2:] == ("--control", "?")


def test_counts_in_a_path_that_the_option_would_misread(tmp_path: Path) -> None:
    path = tmp_path / "a=b.csv"
    path.write_text("metric,arm,successes,trials\nAR,control,1,2\nAR,new,1,2\n")
    found = of_file(path)["analyze"]
    assert found.says == ("a path with `=` in it cannot be given to --counts: rename it",)


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    return written(tmp_path / "x.csv", TEXTS)


def written(path: Path, columns: dict[str, list[str]], mark: str = ",") -> Path:
    rows = [mark.join(cells) for cells in zip(*columns.values(), strict=True)]
    path.write_text("\n".join([mark.join(columns), *rows]))
    return path


def of_file(path: Path) -> dict[str, CommandFacts]:
    return {found.command: found for found in inspect(path).commands}


def test_texts(texts: Path) -> None:
    found = of_file(texts)
    assert found["train"].words == ("abkit", "train", "--data", str(texts))
    assert found["score"].words == ("abkit", "score", str(texts))
    assert found["train"].status == found["score"].status == "ready"
    other = renamed(TEXTS, text="comment", reason="label")
    other["label"] = [value.replace("defective", "broken") for value in other["label"]]
    found = of_file(written(texts, other))
    assert found["train"].words[4:] == ("--text", "comment", "--reason", "label", "--label-0", "?")
    assert found["train"].says == ("--label-0: the label to detect, of `broken` and `quality`",)
    assert found["score"].words[3:] == ("--text", "comment")


def test_what_texts_leave_open(texts: Path) -> None:
    two = renamed(TEXTS, text="title", reason="label") | {"body": TEXTS["text"]}
    found = of_file(written(texts, two | {"topic": TEXTS["reason"]}))["train"]
    assert found.words[4:] == ("--text", "?", "--reason", "?", "--label-0", "?")
    assert "--text: which column holds the texts, `title` or `body`" in found.says
    found = of_file(written(texts, TEXTS | {"reason5": TEXTS["reason"]}))["train"]
    assert found.says == ("other labels: `reason5`",)
    assert of_file(written(texts, TEXTS | {"score": TEXTS["text"]}))["score"].says == (
        "there is a column `score` already: rename it first",
    )
    for path in (written(texts, TEXTS, ";"), written(texts.with_suffix(".tsv"), TEXTS)):
        for command in ("train", "score"):
            assert of_file(path)[command].says == (
                "it reads one comma-separated CSV (.csv, .csv.gz) or one Parquet file",
            )
    assert commands(**AB_FILE)["train"].says == ("no column holds texts",)
    assert commands(text=TEXTS["text"])["train"].says[0].startswith("no column of a few words")


def test_sheets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {"contact_id": LOG["contact_id"], "text": TEXTS["text"], "is_label_0": [""] * N}
    place = tmp_path / "runs" / "r1" / "audits" / "60-40-seed3"
    place.mkdir(parents=True)
    found = of_file(written(place / "sheet.csv", rows))["audit"]
    assert found.says == ("nothing is answered yet: write yes or no into `is_label_0`",)
    rows |= {"is_label_0": ["yes", "no"] * (N // 2)}
    found = of_file(written(place / "sheet.csv", rows))["audit"]
    assert found.status == "ready"
    assert found.words[3:] == (
        str(place / "sheet.csv"), "--run", "r1", "--sample", "60", "--sample-unflagged", "40",
        "--seed", "3", "--runs", str(tmp_path / "runs"),
    )  # fmt: skip
    found = of_file(written(tmp_path / "sheet.csv", rows))["audit"]
    assert found.words[4:] == (
        "--run", "?", "--sample", "?", "--sample-unflagged", "?", "--seed", "?",
    )  # fmt: skip
    (place / "key.csv").write_text("\n".join(["contact_id", *LOG["contact_id"]]))
    monkeypatch.chdir(tmp_path)  # where there is a folder `runs`
    found = of_file(tmp_path / "sheet.csv")["audit"]
    assert found.words[4:] == (
        "--run", "r1", "--sample", "60", "--sample-unflagged", "40", "--seed", "3",
    )  # fmt: skip
    assert commands(**AB_FILE)["audit"].says == (
        "a sheet has the columns `contact_id` and `is_label_0`",
    )


def test_the_words_are_those_of_the_sheets() -> None:
    """They are repeated, since importing them takes longer than the inspection."""
    assert (suggested_commands.ID, suggested_commands.ANSWER) == (sheets.ID, sheets.ANSWER)
    assert f"{suggested_commands.ANSWER}_" == sheets.ANNOTATOR


def test_truth_is_never_suggested() -> None:
    found = commands(text=TEXTS["text"], true_reason=TEXTS["reason"], arm=LOG["arm"])
    assert found["train"].says[0].startswith("no column of a few words")
    found = commands(true_arm=LOG["arm"], true_converted=AB_FILE["vip"])
    assert found["analyze"].status == "lacking"
