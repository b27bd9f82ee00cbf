"""A synthetic RF2 release of any size, which the benchmarks of ontologies share.

    python benchmarks/synthetic_rf2.py FOLDER [--concepts 360000 --seed 0 --zipped]

Writes a root folder with Full, Snapshot and Delta into FOLDER; see ``kgllm.ontology.rf2.synth``. Equal
arguments give equal bytes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from measuring import measured, peaks

from kgllm.ontology.rf2.synth import Release, Size, write_release


def main() -> None:
    """Parse, write, say what there is and what it took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--concepts", type=int, default=Size().concepts)
    parser.add_argument("--seed", type=int, default=Size().seed)
    parser.add_argument("--zipped", action="store_true")
    arguments = parser.parse_args()
    size = Size(arguments.concepts, arguments.seed)
    releases: list[Release] = []
    took = measured(lambda: releases.append(write_release(arguments.folder, size, arguments.zipped)))
    release = releases[0]
    print(release.path)
    for kind, rows in release.rows.items():
        print(f"{kind:27} {rows.full:>10,} Full {rows.snapshot:>10,} Snapshot {rows.delta:>10,} Delta")
    for name, number in release.expected.items():
        print(f"{name:27} {number:>10,}")
    print(f"{took['cpu_s']:.1f} CPU seconds, {peaks()['caller_mb']:,.0f} MB")


if __name__ == "__main__":
    main()
