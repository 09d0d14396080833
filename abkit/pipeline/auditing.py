"""`audit`: sample a run's contacts, have them annotated, judge the live model's precision."""

import json
import re
from operator import index
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyarrow import parquet

from abkit.analysis.audit import audit_counts
from abkit.analysis.consistency import consistency_note
from abkit.analysis.sampling import AuditSample, SampledContact, draw_audit_sample
from abkit.core import checks, paper
from abkit.core.audit_report import AuditedRun, AuditReport
from abkit.core.audited import AuditResult
from abkit.core.errors import ConfigError
from abkit.core.reasons import DEFECTIVE, REASONS
from abkit.core.runs import find_run, open_run
from abkit.core.store import write_json
from abkit.pipeline.sheets import ANSWER, read_sheet, write_csv, write_sheet
from abkit.simulations.annotators import annotate

_COUNTS: Final = re.compile(r"\s*(\d+)\s*/\s*(\d+)\s*")


def audit(
    *,
    sample: int = 485,
    sample_unflagged: int = 200,
    run: str | None = None,
    seed: int = 1,
    annotator_error: float = 0.02,
    sheet: Path | None = None,
    target_precision: float = 0.85,
    runs: Path = Path("runs"),
) -> AuditReport:
    """Audit the classifier of a run from simple random samples of its treatment contacts.

    Args:
        sample: Flagged contacts to annotate.
        sample_unflagged: Unflagged contacts to annotate.
        run: The run's name; None: the latest.
        seed: Of the sample, the order of the sheet and the simulated annotators.
        annotator_error: P(a simulated annotator's label is wrong).
        sheet: A person's answers; None: simulated annotators.
        target_precision: The promised precision of LABEL 0.
        runs: The folder that holds the run folders.

    Returns:
        Precision and NPV with exact intervals, the target's verdict, and the truth. The blind
        sheet, its key and the answers are files in the run's folder.

    Raises:
        ConfigError: An argument lies outside its domain, or a sample exceeds its population.
        RunError: There is no such run, or it is damaged.
        DataError: The filled-in sheet cannot be used.
    """
    runs, seed = Path(runs), index(seed)
    checks.probability("annotator_error", annotator_error)
    checks.at_least("seed", seed, 0)
    checks.level("target_precision", target_precision)
    folder = find_run(runs, run)
    open_run(folder)
    log = folder / "contacts.parquet"
    drawn = draw_audit_sample(log, n_flagged=sample, n_unflagged=sample_unflagged, seed=seed)
    contacts = _key(drawn)
    truth = _truth(log)
    place = folder / "audits" / f"{sample}-{sample_unflagged}-seed{seed}"
    if sheet is None:
        ids = contacts["contact_id"].tolist()
        is_defective = truth["is_defective"].loc[ids].to_numpy()
        answers = annotate(ids, is_defective, error_rate=annotator_error, seed=seed)
        who = f"simulated-{annotator_error:g}"
        annotators = _simulated(annotator_error, _shares(truth)["precision"])
    else:
        who = "sheet"
        answers = read_sheet(Path(sheet), contacts["contact_id"].tolist())
        annotators = f"the answers in {sheet}"
    result = _judge(contacts, answers, drawn, target_precision)
    if not (place / "sheet.csv").exists():  # a person may be filling it in
        write_sheet(place / "sheet.csv", contacts, seed=seed)
    write_csv(place / "key.csv", contacts.drop(columns="text"))
    write_csv(
        place / f"answers-{who}.csv",
        pd.DataFrame({"contact_id": contacts["contact_id"], ANSWER: _words(answers)}),
    )
    sampled = AuditedRun(
        run=folder.name,
        folder=place,
        seed=seed,
        annotators=annotators,
        offline_precision=_offline_precision(folder),
        truth=_shares(truth),
    )
    found = AuditReport(result=result, sampled=sampled, paper_note=_paper_note())
    write_json(place / f"result-{who}.json", found.to_dict())
    return found


def audit_from_counts(
    flagged: str | None,
    unflagged: str | None,
    *,
    population: tuple[int, int] | None = None,
    target_precision: float = 0.85,
) -> AuditReport:
    """Audit from counts alone, each written `K/N`.

    Raises:
        ConfigError: A count is missing or is no `K/N`.
    """
    result = audit_counts(
        _counts("--flagged", flagged),
        _counts("--unflagged", unflagged),
        population=population,
        target_precision=target_precision,
    )
    return AuditReport(result=result, sampled=None, paper_note=_paper_note())


def _paper_note() -> str:
    note = consistency_note(*paper.AUDIT_FLAGGED, paper.AUDIT_STATED_PRECISION)
    return f"the paper's own figure does not fit its counts: {note}"


def _counts(name: str, text: str | None) -> tuple[int, int]:
    found = _COUNTS.fullmatch(text or "")
    if found is None:
        fact = f"`{name}` is missing" if text is None else f"`{name}` is `{text}`"
        raise ConfigError(
            f"{fact}; expected K/N, as in 384/485",
            hint="an audit from counts needs --flagged K/N and --unflagged K/N",
        )
    return int(found[1]), int(found[2])


def _key(drawn: AuditSample) -> pd.DataFrame:
    """Return the sampled contacts with what the sheet hides: the prediction and the weight."""

    def rows(contacts: tuple[SampledContact, ...], population: int) -> pd.DataFrame:
        table = pd.DataFrame([(c.contact_id, c.text, c.flagged) for c in contacts])
        table.columns = pd.Index(["contact_id", "text", "flagged"])
        return table.assign(inclusion_probability=len(contacts) / population)

    both = zip((drawn.flagged, drawn.unflagged), drawn.population, strict=True)
    return pd.concat([rows(*pair) for pair in both], ignore_index=True)


def _truth(log: Path) -> pd.DataFrame:
    """Return the population with its truth, which only a simulation knows, by contact id."""
    columns = ["contact_id", "arm", "counted", "flagged", "true_reason"]
    table = parquet.read_table(log, columns=columns).to_pandas()
    table = table[table["counted"] & (table["arm"] == "treatment") & table["flagged"].notna()]
    return pd.DataFrame(
        {
            "flagged": table["flagged"].to_numpy(dtype=bool),
            "is_defective": (table["true_reason"] == REASONS[DEFECTIVE]).to_numpy(),
        },
        index=pd.Index(table["contact_id"]),
    )


def _judge(
    contacts: pd.DataFrame,
    answers: npt.NDArray[np.bool_],
    drawn: AuditSample,
    target_precision: float,
) -> AuditResult:
    flagged = contacts["flagged"].to_numpy(dtype=bool)
    return audit_counts(
        (int(answers[flagged].sum()), int(flagged.sum())),
        (int((~answers[~flagged]).sum()), int((~flagged).sum())),
        population=drawn.population,
        target_precision=target_precision,
    )


def _simulated(error: float, precision: float) -> str:
    """Return who answered, and what their errors make of the true precision."""
    words = f"simulated annotators who err on {100 * error:g} % of contacts"
    seen = precision * (1 - error) + (1 - precision) * error
    if not error:
        return words
    return f"{words}: the true precision of {100 * precision:.1f} % shows as {100 * seen:.1f} %"


def _offline_precision(run: Path) -> float | None:
    """Return the precision that the report part promised for the run's threshold."""
    results = json.loads((run / "results.json").read_bytes())
    promised: float | None = results["simulation"]["model"]["offline_precision"]
    return promised


def _shares(truth: pd.DataFrame) -> dict[str, float]:
    flagged, defective = truth["flagged"], truth["is_defective"]
    return {
        "precision": float(defective[flagged].mean()),
        "npv": float((~defective[~flagged]).mean()),
        "recall": float(flagged[defective].mean()),
        "prevalence": float(defective.mean()),
    }


def _words(answers: npt.NDArray[np.bool_]) -> list[str]:
    return ["yes" if answer else "no" for answer in answers]
