"""How a metric is declared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abkit.core.errors import ConfigError
from abkit.core.metrics import AR, PRR, REPEAT_RATE, Metric, parse_metric


@pytest.mark.parametrize(
    ("text", "metric"),
    [
        ("AR", AR),
        (" PRR ", PRR),
        ("24RR", REPEAT_RATE),
        ("sold=bought", Metric(name="sold", column="bought")),
        ("sold=bought:higher", Metric(name="sold", column="bought")),
        ("back=returned:lower", Metric(name="back", column="returned", better="lower")),
        ("cost=refund:mean", Metric(name="cost", column="refund", kind="mean")),
        ("cost=refund:mean:lower",
         Metric(name="cost", column="refund", kind="mean", better="lower")),
        ("cost=refund:mean:higher", Metric(name="cost", column="refund", kind="mean")),
        ("  cost = the refund ", Metric(name="cost", column="the refund")),
        ("a=b=c", Metric(name="a", column="b=c")),
        ("a=ns:col", Metric(name="a", column="ns:col")),
        ("a=ns:col:lower", Metric(name="a", column="ns:col", better="lower")),
        ("ar=automated", Metric(name="ar", column="automated")),
    ],
)  # fmt: skip
def test_forms(text: str, metric: Metric) -> None:
    assert parse_metric(text) == metric


@pytest.mark.parametrize("text", ["", " ", "x", "=x", "x=", "=", "x=:lower", "x=:mean:lower",
                                  "AR:lower", "automated", "ar"])  # fmt: skip
def test_no_form(text: str) -> None:
    with pytest.raises(ConfigError, match="`metric` is `.*`; expected NAME=COLUMN, ") as error:
        parse_metric(text)
    assert f"`metric` is `{text}`" in str(error.value)


@pytest.mark.parametrize("text", ["AR=automated", "24RR=x:lower", " PRR = x"])
def test_table_3_is_not_renamed(text: str) -> None:
    with pytest.raises(ConfigError, match="is worked out from the contact log"):
        parse_metric(text)


@given(
    st.text(min_size=1).filter(lambda name: name.strip() and "=" not in name),
    st.text(min_size=1).filter(lambda column: column.strip() and ":" not in column),
    st.sampled_from(["", ":mean"]),
    st.sampled_from(["", ":higher", ":lower"]),
)
def test_what_is_written_is_read(name: str, column: str, kind: str, better: str) -> None:
    if name.strip() in ("AR", "PRR", "24RR"):
        return
    metric = parse_metric(f"{name}={column}{kind}{better}")
    assert (metric.name, metric.column) == (name.strip(), column.strip())
    assert metric.kind == ("mean" if kind else "proportion")
    assert metric.better == ("lower" if better == ":lower" else "higher")
