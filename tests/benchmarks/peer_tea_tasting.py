"""Two rates by use-case with tea-tasting, on its fastest path: a DuckDB relation.

One pass per metric over all use-cases and arms, then its own analysis of the aggregates. (One
experiment per use-case takes as long; Ibis and pandas take longer.) Without the continuity
correction, so that its p-values can be compared.
"""

import json
import sys

import duckdb
import tea_tasting as tt
from tea_tasting.aggr import read_aggregates


def main() -> None:
    log = f"FROM read_parquet('{sys.argv[1]}')"
    cell = "SELECT use_case || ' ' || arm AS cell"
    relations = {
        "automated": duckdb.sql(f"{cell}, automated::INT AS good {log}"),
        "positive": duckdb.sql(f"{cell}, positive::INT AS good {log} WHERE positive IS NOT NULL"),
    }
    found = {}
    for name, relation in relations.items():
        sums = read_aggregates(
            relation, "cell", has_count=True, mean_cols=("good",), var_cols=(), cov_cols=()
        )
        experiment = tt.Experiment({name: tt.Proportion("good", correction=False)}, variant="arm")
        for case in sorted({key.split()[0] for key in sums}):
            arms = {arm: sums[f"{case} {arm}"] for arm in ("control", "treatment")}
            row = experiment.analyze(arms, control="control")[name]
            found[f"{case} {name}"] = (row.effect_size, row.pvalue)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
