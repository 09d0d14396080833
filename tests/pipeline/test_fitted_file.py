"""A fitted scenario is written over a fitted one only, never over what the fit reads."""

from pathlib import Path

import pytest

from abkit.core.errors import ConfigError
from abkit.pipeline.fitted_file import check_out


def test_inputs_are_kept(tmp_path: Path) -> None:
    targets = tmp_path / "targets.toml"
    targets.write_text("[A]\n")
    (tmp_path / "link.toml").symlink_to(targets)
    for name in ("targets.toml", "link.toml"):
        with pytest.raises(ConfigError, match="which the fit reads"):
            check_out(tmp_path / name, (targets, "returns-bot-points"))
    assert targets.read_text() == "[A]\n"


def test_the_ending_is_toml(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"ends in \.toml"):
        check_out(tmp_path / "mine.txt", ())


def test_only_fitted_files_are_replaced(tmp_path: Path) -> None:
    out = tmp_path / "mine.toml"
    check_out(out, ())
    out.write_text("# Fitted by `abkit fit-scenario` to the control log x\n")
    check_out(out, ())
    out.write_text('name = "mine"\n')
    with pytest.raises(ConfigError, match="is no fitted scenario"):
        check_out(out, ())
