"""What holds of the paper in this setting: each claim, at each class balance, and its numbers."""

from typing import Final

from abkit.core.reproduced import Claim, Golden, PaperTable, Reproduction
from abkit.render.grid import Block, Cell, Column, Grid
from abkit.render.numbers import percent, share
from abkit.render.reproduced_evidence import EVIDENCE

VERDICTS: Final = {
    "holds": "yes", "mixed": "in part", "fails": "no", "reversed": "reversed",
    "undecided": "undecided", "open": "open",
}  # fmt: skip
BALANCES: Final[dict[Golden, str]] = {"served": "served", "paper": "paper's"}
_TEXTS: Final = {
    "gamma_lowers_ece": "Focal loss calibrates better than CE: a lower ECE",
    "gamma_lowers_mce": "... a lower MCE",
    "gamma_lowers_nll": "... a lower NLL",
    "more_gamma_lower_ece": "The higher gamma, the better: a lower ECE with every step",
    "gamma_keeps_predictions": "It costs no predictions: accuracy and macro F1 tie with CE's",
    "gamma_makes_tunable": "It makes precision and recall tunable: a better curve, by average "
    "precision (AP of LABEL 0)",
    "early_stopping_helps": "CE stopped early has a lower ECE than CE trained on",
    "early_stopping_beats_gamma": "CE stopped early has a lower ECE than focal loss trained on",
    "temperature_beats_gamma": "CE with one temperature, fitted on golden texts, has a lower ECE "
    "than focal loss without",
    "temperature_lowers_ece": "One temperature, fitted on golden texts, lowers the ECE",
    "gamma_helps_early": "Stopped early, focal loss has a lower ECE than CE",
    "gamma_helps_after_temperature": "With a temperature each, focal loss has a lower ECE than CE",
    "flips_overcorrect": "Random label noise over-corrects: a temperature fitted on flipped labels "
    "is too high, and ECE and NLL get worse than with true labels",
    "log_errors_overcorrect": "The logs' own errors over-correct: so does one fitted on logged "
    "labels",
    "logs_instead_of_golden": "Golden texts are needed: a temperature fitted on logged labels has "
    "a worse ECE and NLL",
    "paper_nll_is_objective": "The row that the paper calls NLL falls with gamma as our training "
    "objective does, not as our NLL",
}
_ALONE: Final = {  # texts that only make sense below another one
    "gamma_lowers_mce": "Focal loss has a lower MCE than CE",
    "gamma_lowers_nll": "Focal loss has a lower NLL than CE",
    "log_errors_overcorrect": "The logs' own errors over-correct: a temperature fitted on logged "
    "labels is too high, and ECE and NLL get worse than with true labels",
}
_HOW: Final = (
    "Cases: comparisons of two models, each over all seeds, by their paired difference. yes: all "
    "show it; in part: some do; reversed: none does and most show the opposite; no: none does; "
    "undecided: nor does any show anything else; open: fewer than three seeds, which say nothing "
    "about gamma. served: golden texts with the class balance that is served, which is also that "
    "of the logs' true labels; paper's: with that of the paper's golden set."
)


def findings(report: Reproduction) -> list[Grid]:
    """Return every claim and whether it holds: the paper's, then those about what it lacks."""
    return [_matrix(report, of_paper=True), _matrix(report, of_paper=False)]


def claim_text(code: str) -> str:
    """Return the claim in words that need no other claim."""
    return _ALONE.get(code, _TEXTS[code])


def _matrix(report: Reproduction, *, of_paper: bool) -> Grid:
    codes = list(dict.fromkeys(one.code for one in report.claims if one.of_paper == of_paper))
    claims = {(one.code, one.table, one.golden): one for one in report.claims}
    return Grid(
        title="What the paper says" if of_paper else "What the paper lacks",
        columns=(
            Column(head="Claim, and numbers at the paper's class balance"),
            *(
                Column(
                    head=(
                        f"Table {table.number}", BALANCES[table.golden],
                        f"{percent(table.share, 1)} %",
                    )
                )
                for table in report.tables
            ),
        ),
        rows=tuple(
            (
                (_TEXTS[code], *_numbers(code, report)),
                *(_said(claims[code, table.number, table.golden]) for table in report.tables),
            )
            for code in codes
        ),
        section_ends=frozenset(range(len(codes) - 1)),
        notes=() if of_paper else (_HOW,),
    )  # fmt: skip


def _said(claim: Claim) -> Cell:
    return VERDICTS[claim.verdict], f"{claim.n_true} of {len(claim.comparisons)}"


def _numbers(code: str, report: Reproduction) -> list[str]:
    """Return a claim's numbers, one line a table."""
    tell = EVIDENCE.get(code)
    if tell is None:
        return []
    by_number: dict[int, dict[str, PaperTable]] = {}
    for table in report.tables:
        by_number.setdefault(table.number, {})[table.golden] = table
    return [f"Table {number}: {tell(pair)}" for number, pair in by_number.items()]


def floors(report: Reproduction) -> list[Block]:
    """Return the lowest NLL that each of the paper's rows leaves possible, and what cannot be."""
    found: list[Block] = []
    for number in sorted({floor.table for floor in report.floors}):
        of_table = [floor for floor in report.floors if floor.table == number]
        bad = [floor for floor in of_table if not floor.possible]
        notes = [
            f"{floor.model}: {share(floor.stated)} cannot be its mean NLL" for floor in bad
        ] or ["No value is ruled out by this"]
        found.append(
            Grid(
                title=f"The NLL that Table {number} of the paper states, and the least possible",
                columns=(
                    Column(head="NLL"),
                    *(Column(head=floor.model, align="right") for floor in of_table),
                ),
                rows=(
                    ("stated", *(share(floor.stated) for floor in of_table)),
                    ("least possible", *(share(floor.floor, 4) for floor in of_table)),
                ),
                notes=(
                    "Least possible: the lowest mean NLL of any scores with the stated accuracy "
                    "and ECE" + (", and MCE," if number == 1 else "") + " by a linear programme.",
                    *notes,
                ),
            )
        )
    return found
