"""Files are whole or absent."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from abkit.core.store import atomic_write, digest_of, sha256_of, to_json, write_json


def test_an_error_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"x": 1})
    with pytest.raises(RuntimeError), atomic_write(path) as file:
        file.write(b"half")
        raise RuntimeError
    assert json.loads(path.read_text()) == {"x": 1}
    assert os.listdir(tmp_path) == ["a.json"]


def test_a_kill_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    code = (
        "import sys, itertools\nfrom pathlib import Path\nfrom abkit.core.store import write_json\n"
        "for i in itertools.count():\n"
        "    write_json(Path(sys.argv[1]), {'i': i, 'x': ['y' * 100] * 2000})\n"
    )
    for _ in range(3):
        writer = subprocess.Popen([sys.executable, "-c", code, str(path)])
        while not path.exists():
            time.sleep(0.01)
        time.sleep(0.05)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        assert len(json.loads(path.read_text())["x"]) == 2000


def test_json_has_no_nan() -> None:
    assert json.loads(to_json({"a": [float("nan"), (float("inf"), 1.5)]})) == {
        "a": [None, [None, 1.5]]
    }


def test_digest_ignores_order_only() -> None:
    assert digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1}) != digest_of({"a": 1, "b": 3})


def test_sha256_published(tmp_path: Path) -> None:
    """FIPS 180-2, appendix B.1: the message `abc`."""
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256_of(path) == expected
