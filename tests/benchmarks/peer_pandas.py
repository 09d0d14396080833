"""Two rates by use-case with pandas for the counts and statsmodels for tests and intervals."""

import json
import sys

import pandas as pd
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest


def main() -> None:
    columns = ["use_case", "arm", "automated", "positive"]
    log = pd.read_parquet(sys.argv[1], columns=columns)
    cells = log.groupby(["use_case", "arm"])
    found = {}
    for name in ("automated", "positive"):
        counts = cells[name].agg(["sum", "count"])
        for case in counts.index.levels[0]:
            (x1, n1), (x0, n0) = counts.loc[(case, "treatment")], counts.loc[(case, "control")]
            _, p_value = proportions_ztest([x1, x0], [n1, n0])
            confint_proportions_2indep(x1, n1, x0, n0, compare="diff", method="newcomb")
            confint_proportions_2indep(x1, n1, x0, n0, compare="ratio", method="log")
            found[f"{case} {name}"] = (x1 / n1 - x0 / n0, p_value)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
