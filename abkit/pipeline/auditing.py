"""`audit`: sample a run's contacts, have them annotated, judge the live model's precision."""

import json
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
from abkit.core.store import check_folder, to_json
from abkit.core.tables import to_safe_csv
from abkit.pipeline.annotations import Annotations, simulated_annotations
from abkit.pipeline.audit_folder import SHEET, save_audit
from abkit.pipeline.decisions import sheet_annotations
from abkit.pipeline.sheet_contacts import KEY
from abkit.pipeline.sheets import ANSWER, ID, TEXT, FilledSheet, blank_sheet, load_sheet
from abkit.pipeline.stated_counts import Stated, read_counts

_LOG: Final = "contacts.parquet"


def audit(
    *,
    sample: int = 485,
    sample_unflagged: int = 200,
    run: str | None = None,
    seed: int = 1,
    annotator_error: float = 0.02,
    sheet: Path | None = None,
    target_precision: float = 0.85,
    flagged: Stated | None = None,
    unflagged: Stated | None = None,
    population: tuple[int, int] | None = None,
    runs: Path = Path("runs"),
) -> AuditReport:
    """Audit a classifier: of a run, by random samples of its treatment contacts, or from counts.

    Args:
        sample: Flagged contacts to annotate.
        sample_unflagged: Unflagged contacts to annotate.
        run: The run's name; None: the latest.
        seed: Of the sample, the order of the sheet and the simulated annotators.
        annotator_error: P(a simulated annotator's label is wrong).
        sheet: A person's or several annotators' answers; None: simulated annotators.
        target_precision: The promised precision of LABEL 0.
        flagged: From counts, without any run: (K, N), or as text `K/N` or `K/N=X%`: K of N flagged
            contacts were annotated as truly LABEL 0, which somebody calls X per cent.
        unflagged: From counts: K of N unflagged contacts were annotated as truly not LABEL 0.
        population: From counts: how many flagged and unflagged contacts were sampled from.
        runs: The folder that holds the run folders.

    Returns:
        Precision and NPV with exact intervals, the target's verdict, and the truth. The blind
        sheet, its key and the answers are files in the run's folder.

    Raises:
        ConfigError: An argument lies outside its domain, or a sample exceeds its population.
        RunError: There is no such run, or it is damaged.
        DataError: The filled-in sheet cannot be used.
    """
    if flagged is not None or unflagged is not None or population is not None:
        if run is not None or sheet is not None:
            raise ConfigError(
                "counts (`--flagged`, `--unflagged`, `--population`) and a run (`--run`, "
                "`--sheet`) exclude each other"
            )
        return _audit_from_counts(flagged, unflagged, population, target_precision)
    _check_share("annotator_error", annotator_error)
    checks.at_least("seed", index(seed), 0)
    checks.level("target_precision", target_precision)
    filled = None if sheet is None else load_sheet(Path(sheet))
    folder = find_run(Path(runs), run)
    sizes = (sample, sample_unflagged)
    return _audit_run(folder, sizes, index(seed), annotator_error, filled, target_precision)


def _check_share(name: str, value: float) -> None:
    """Raise `ConfigError` unless `value` is a share, with the share that a percentage means."""
    if 1 < value <= 100:
        raise ConfigError(
            f"`{name}` is {value}; expected a share between 0 and 1",
            hint=f"write {value / 100:g} for {value:g} %",
        )
    checks.probability(name, value)


def _audit_run(
    run: Path,
    sizes: tuple[int, int],
    seed: int,
    annotator_error: float,
    filled: FilledSheet | None,
    target_precision: float,
) -> AuditReport:
    """Draw both samples, have them annotated, judge, and write the audit's files."""
    place = run / "audits" / f"{sizes[0]}-{sizes[1]}-seed{seed}"
    check_folder(place)
    open_run(run)
    drawn = draw_audit_sample(run / _LOG, n_flagged=sizes[0], n_unflagged=sizes[1], seed=seed)
    contacts, truth = _key(drawn), _truth(run / _LOG)
    if filled is None:
        who = f"simulated-{annotator_error:g}"
        answers = simulated_annotations(
            contacts, truth["is_defective"], error_rate=annotator_error, seed=seed,
            precision=_shares(truth)["precision"],
        )  # fmt: skip
    else:
        who = "sheet"
        answers = sheet_annotations(filled, contacts, runs=run.parent)
    result = _judge(contacts, answers.labels, drawn, target_precision)
    sampled = _sampled(place, run, seed, contacts, answers, truth)
    report = AuditReport(result=result, sampled=sampled, paper_note=_paper_note())
    save_audit(place, _files(contacts, answers, report, who=who, seed=seed))
    return report


def _sampled(
    place: Path,
    run: Path,
    seed: int,
    contacts: pd.DataFrame,
    answers: Annotations,
    truth: pd.DataFrame,
) -> AuditedRun:
    """Return what is known of the run and of those who answered."""
    return AuditedRun(
        run=run.name,
        folder=place,
        seed=seed,
        texts=contacts[TEXT].nunique(),
        annotators=answers.annotators,
        agreement=answers.agreement,
        offline_precision=_offline_precision(run),
        truth=_shares(truth),
    )


def _audit_from_counts(
    flagged: Stated | None,
    unflagged: Stated | None,
    population: tuple[int, int] | None,
    target_precision: float,
) -> AuditReport:
    """Audit from counts alone, and check the percentages that stand beside them."""
    if flagged is None and unflagged is None:
        raise ConfigError(
            "`--population` is given without counts",
            hint="an audit from counts needs --flagged K/N, --unflagged K/N or both",
        )
    precise, checked = read_counts("--flagged", flagged)
    negative, also_checked = read_counts("--unflagged", unflagged)
    result = audit_counts(
        precise, negative, population=population, target_precision=target_precision
    )
    papers = precise == paper.AUDIT_FLAGGED and checked is None
    return AuditReport(
        result=result,
        sampled=None,
        consistency=tuple(check for check in (checked, also_checked) if check is not None),
        paper_note=_paper_note() if papers else None,
    )


def _paper_note() -> str:
    note = consistency_note(*paper.AUDIT_FLAGGED, paper.AUDIT_STATED_PRECISION)
    return f"the paper's own figure does not fit its counts: {note}"


def _files(
    contacts: pd.DataFrame, answers: Annotations, report: AuditReport, *, who: str, seed: int
) -> dict[str, str]:
    """Return the files of an audit by name: sheet, key, answers, result."""
    words = ["yes" if label else "no" for label in answers.labels]
    given = pd.DataFrame({ID: contacts[ID], ANSWER: words})
    return {
        SHEET: to_safe_csv(blank_sheet(contacts, seed=seed)),
        KEY: to_safe_csv(contacts.drop(columns=TEXT)),
        f"answers-{who}.csv": to_safe_csv(given),
        f"result-{who}.json": to_json(report.to_dict()),
    }


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
