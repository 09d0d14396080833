"""Cohen's kappa: published values, scikit-learn as referee, laws, degenerate tables."""

import math
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from abkit.analysis.agreement import cohen_kappa, pair_agreements
from abkit.core.errors import ConfigError

CELLS = st.integers(0, 60)


def test_published_with_interval() -> None:
    """R package statpsych (Bonett), ci.kappa(.05, 31, 12, 4, 58), after Fleiss and Paik (2003)."""
    (kappa, lower, upper), note = cohen_kappa(31, 12, 4, 58, confidence_level=0.95)
    assert (kappa, lower, upper) == pytest.approx((0.6756757, 0.5317210, 0.8196303), abs=5e-8)
    assert note is None


def test_published_estimate() -> None:
    """Sim and Wright (2005), Physical Therapy 85, 257-268, table 2: kappa = .67."""
    (kappa, _, _), _ = cohen_kappa(22, 2, 4, 11, confidence_level=0.95)
    assert kappa == pytest.approx(0.67, abs=5e-3)


def standard_error(a: int, b: int, c: int, d: int) -> float:
    """Fleiss, Cohen and Everitt (1969), written out for two categories."""
    n = a + b + c + d
    p = [[a / n, b / n], [c / n, d / n]]
    row = [sum(p[0]), sum(p[1])]
    column = [p[0][0] + p[1][0], p[0][1] + p[1][1]]
    agreed, chance = p[0][0] + p[1][1], row[0] * column[0] + row[1] * column[1]
    kappa = (agreed - chance) / (1 - chance)
    on = sum(p[i][i] * (1 - (row[i] + column[i]) * (1 - kappa)) ** 2 for i in (0, 1))
    off = (1 - kappa) ** 2 * sum(p[i][1 - i] * (column[i] + row[1 - i]) ** 2 for i in (0, 1))
    last = (kappa - chance * (1 - kappa)) ** 2
    return math.sqrt(max(0.0, on + off - last)) / (1 - chance) / math.sqrt(n)


@given(CELLS, CELLS, CELLS, CELLS)
def test_equals_independent_implementations(a: int, b: int, c: int, d: int) -> None:
    (kappa, lower, upper), note = cohen_kappa(a, b, c, d, confidence_level=0.95)
    ours = [1] * (a + b) + [0] * (c + d)
    theirs = [1] * a + [0] * b + [1] * c + [0] * d
    assert (note is None) == (lower is not None) == (upper is not None)
    if kappa is None:
        assert a == b == c == d == 0 or len({*ours, *theirs}) == 1
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert kappa == pytest.approx(cohen_kappa_score(ours, theirs), abs=1e-12)
    if lower is None or upper is None:
        assert len(set(ours)) == 1 or len(set(theirs)) == 1 or b + c == 0 or a + d == 0
        return
    half = 1.959963984540054 * standard_error(a, b, c, d)
    assert (lower, upper) == pytest.approx((max(-1, kappa - half), min(1, kappa + half)), abs=1e-9)
    assert -1 <= lower <= kappa <= upper <= 1


@given(CELLS, CELLS, CELLS, CELLS)
def test_neither_order_nor_the_name_of_the_label_matters(a: int, b: int, c: int, d: int) -> None:
    (kappa, lower, upper), note = cohen_kappa(a, b, c, d, confidence_level=0.9)
    for other in ((a, c, b, d), (d, c, b, a)):
        (same, low, high), why = cohen_kappa(*other, confidence_level=0.9)
        assert why == note
        assert (same is None, low is None) == (kappa is None, lower is None)
        if kappa is not None:
            assert same == pytest.approx(kappa, abs=1e-12)
        if lower is not None:
            assert (low, high) == pytest.approx((lower, upper), abs=1e-9)


@pytest.mark.parametrize(
    ("cells", "kappa", "note"),
    [
        ((0, 0, 0, 0), None, "no text was judged by both"),
        ((5, 0, 0, 0), None, "kappa is 0/0"),
        ((0, 0, 0, 7), None, "kappa is 0/0"),
        ((5, 3, 0, 0), 0, "kappa is 0, whatever"),
        ((0, 3, 0, 0), 0, "kappa is 0, whatever"),
        ((0, 3, 0, 4), 0, "kappa is 0, whatever"),
        ((9, 0, 0, 4), 1, "no interval"),
        ((0, 4, 4, 0), -1, "no interval"),
    ],
)
def test_degenerate_tables(
    cells: tuple[int, int, int, int], kappa: float | None, note: str
) -> None:
    (found, lower, upper), why = cohen_kappa(*cells, confidence_level=0.95)
    assert found == (kappa if kappa is None else pytest.approx(kappa))
    assert (lower, upper) == (None, None)
    assert note in str(why)


def test_pairs_count_what_both_judged() -> None:
    answers = {
        "anna": [True, True, False, None, False, True],
        "ben": [True, False, False, True, None, True],
        "cem": [None, True, True, True, None, None],
    }
    pairs = pair_agreements(answers)
    assert [(p.first, p.second) for p in pairs] == [
        ("anna", "ben"), ("anna", "cem"), ("ben", "cem")
    ]  # fmt: skip
    first = pairs[0]
    assert (first.both_yes, first.only_first, first.only_second, first.both_no) == (2, 1, 0, 1)
    assert (first.annotated, first.agreed, first.agreement_rate) == (4, 3, 0.75)
    facts = first.to_dict()
    assert facts["annotators"] == ["anna", "ben"]
    assert facts["kappa"]["estimate"] == pytest.approx(0.5)
    assert "note" not in facts["kappa"]
    lonely = pair_agreements({"a": [True, None], "b": [None, True]})[0]
    assert lonely.agreement_rate is None
    assert "judged by both" in lonely.to_dict()["kappa"]["note"]


def test_a_wider_level_gives_a_wider_interval() -> None:
    narrow, wide = (cohen_kappa(31, 12, 4, 58, confidence_level=level)[0] for level in (0.8, 0.99))
    assert wide[1] < narrow[1] < narrow[2] < wide[2]  # type: ignore[operator]


def test_impossible_input_is_refused() -> None:
    with pytest.raises(ConfigError, match="differ in number"):
        pair_agreements({"a": [True], "b": []})
    with pytest.raises(ConfigError, match="`confidence_level` is 95"):
        pair_agreements({}, confidence_level=95)


@pytest.mark.parametrize(("cells", "end"), [((8, 1, 0, 4), 2), ((0, 5, 3, 0), 1)])
def test_intervals_stay_within_one(cells: tuple[int, int, int, int], end: int) -> None:
    """The plain ends are 1.18 and -1.48."""
    found, _ = cohen_kappa(*cells, confidence_level=0.95)
    assert found[end] == (1 if end == 2 else -1)
