"""Make the scenario `bank-1999` and docs/bank-1999.md again, from the folder of the calls.

`python -m abkit.pipeline.bank_remake FOLDER` in the project's root, which is `make bank`.
"""

import sys
from pathlib import Path
from typing import Final

from abkit.core.store import atomic_write
from abkit.pipeline.bank_prediction import predict_bank
from abkit.pipeline.bank_world import NAME, scenario_text

SCENARIO: Final = Path("simulations", "scenarios", f"{NAME}.toml")
PAGE: Final = Path("docs", f"{NAME}.md")


def remake(folder: Path, root: Path = Path()) -> None:
    """Write the scenario file and the page below `root`, from the calls in `folder`."""
    found = predict_bank(folder)
    texts = {SCENARIO: scenario_text(found.fit, found.repeat), PAGE: found.to_markdown()}
    for path, text in texts.items():
        with atomic_write(root / path) as file:
            file.write(text.encode())


if __name__ == "__main__":
    remake(Path(sys.argv[1]))
