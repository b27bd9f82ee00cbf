"""A Full file as of a date: versions of kgllm against sorting and dropping duplicates with pandas.

    python benchmarks/rf2_versions.py [--rows 4800000 --rounds 3 --json]

Half of the rows are first versions, the others further ones of the same 18-digit ids. They stand at random,
by time, or by id, as Full files do in practice. Both methods run in turns in a fresh process for each order,
on the same columns, and have to choose the same rows.
"""

from __future__ import annotations

import argparse
from statistics import median
from typing import Any

import numpy as np
from measuring import apart, measured

from kgllm.cli.output import emit, table_of

SEED = 0
ORDERS = ("random", "by time", "by id")
TARGET = 0.6


def rows_in(order: str, count: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Ids and times, no pair twice."""
    rng = np.random.default_rng(SEED)
    first = rng.permutation(count // 2) * 400_000_000_000 + 10**17
    ids = np.concatenate([first, rng.choice(first, count - len(first))])
    number = np.zeros(count, np.int64)
    by_id = np.argsort(ids, kind="stable")
    starts = np.flatnonzero(np.diff(ids[by_id], prepend=-1))
    number[by_id] = np.arange(count) - np.repeat(starts, np.diff(starts, append=count))
    times = (20_100_131 + 10_000 * number).astype(np.int32)
    shuffled = rng.permutation(count)
    keys = {"random": (), "by time": (times[shuffled],), "by id": (times[shuffled], ids[shuffled])}[order]
    chosen = shuffled[np.lexsort(keys)] if keys else shuffled
    return ids[chosen], times[chosen]


def run(order: str, count: int, rounds: int) -> list[tuple[float, float]]:
    """CPU seconds of kgllm and pandas, round by round."""
    import pandas as pd

    from kgllm.ontology.rf2.versions import Versions

    ids, times = rows_in(order, count)
    chosen: dict[str, Any] = {}

    def ours() -> None:
        chosen["kgllm"] = Versions((ids.view(np.uint64),), times).latest()

    def pandas() -> None:
        table = pd.DataFrame({"id": ids, "time": times}).sort_values(["id", "time"])
        chosen["pandas"] = table.drop_duplicates("id", keep="last").index.to_numpy()

    took = [(measured(ours)["cpu_s"], measured(pandas)["cpu_s"]) for _ in range(rounds)]
    if not np.array_equal(chosen["kgllm"], np.sort(chosen["pandas"])):
        raise SystemExit(f"{order}: the rows differ")
    return took


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rows", type=int, default=4_800_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    result: dict[str, Any] = {"seed": SEED, "rows": arguments.rows, "target": TARGET}
    for order in ORDERS:
        took = apart(run, order, arguments.rows, arguments.rounds)
        kgllm, pandas = (median(pair[at] for pair in took) for at in (0, 1))
        ratio = median(mine / theirs for mine, theirs in took)
        result[order] = {"kgllm": kgllm, "pandas": pandas, "ratio": ratio}
    lines = [(order, *(f"{number:.2f}" for number in result[order].values())) for order in ORDERS]
    title = f"As of a date, {arguments.rows:,} rows, CPU seconds; target {TARGET}"
    table = table_of(title, ("rows stand", "kgllm", "pandas", "ratio"), lines)
    emit(result, as_json=arguments.json, table=table)


if __name__ == "__main__":
    main()
