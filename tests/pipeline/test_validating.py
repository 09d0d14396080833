"""How settings are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abkit.core.coverage_report import ArmSetting, Setting
from abkit.core.errors import ConfigError
from abkit.pipeline.validating import read_setting


@given(
    n0=st.integers(1, 10**9),
    p0=st.floats(1e-9, 0.999),
    n1=st.integers(1, 10**9),
    p1=st.floats(1e-9, 0.999),
)
def test_reads_back_what_is_written(n0: int, p0: float, n1: int, p1: float) -> None:
    expected = Setting(
        control=ArmSetting(trials=n0, rate=p0), treatment=ArmSetting(trials=n1, rate=p1)
    )
    assert read_setting(f"{n0}:{p0}/{n1}:{p1}") == expected
    assert read_setting(f" {n0} : {p0!r}".replace("0.", ".") + f"/{n1}:{p1} ") == expected


@pytest.mark.parametrize(
    "text",
    ["", "500", "500:.04", "500:.04/", "500:.04/a:.1", "-5:.1/5:.1", "5.5:.1/5:.1", "5:nan/5:.1"],
)
def test_refuses_anything_else(text: str) -> None:
    with pytest.raises(ConfigError, match="`--at` is `") as caught:
        read_setting(text)
    assert caught.value.hint == "for example: --at 4500:.02/500:.04"
