"""Check digits of many SCTIDs: vectors against a plain loop, in CPU seconds.

python benchmarks/sctids.py [--ids 4000000 --looped 200000 --seed 0]
"""

from __future__ import annotations

import argparse

import numpy as np
from measuring import measured

from kgllm.ontology.rf2.sctid import make_all, valid

PRODUCT = [[(a + b if a < 5 else a - b) % 5 + 5 * ((a < 5) != (b < 5)) for b in range(10)] for a in range(10)]
TURNED = [[*range(10)], [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]]
for _ in range(6):
    TURNED.append([TURNED[-1][digit] for digit in TURNED[1]])


def looped(ids: list[int]) -> list[bool]:
    """Verhoeff's check, digit by digit."""
    found = []
    for id in ids:
        total = 0
        for place, digit in enumerate(reversed(str(id))):
            total = PRODUCT[total][TURNED[place % 8][ord(digit) - 48]]
        found.append(total == 0)
    return found


def main() -> None:
    """Measure both, compare what they find, print the ratio."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--ids", type=int, default=4_000_000)
    parser.add_argument("--looped", type=int, default=200_000, help="how many of them go through the loop")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    ids = make_all(rng.integers(1, 10**8, arguments.ids), 10, 1000003)
    ids[::3] += 1  # so that not all are right
    few = ids[: arguments.looped].tolist()
    found: dict[str, object] = {}
    vectors = measured(lambda: found.update(vectors=valid(ids)))["cpu_s"] / len(ids)
    loop = measured(lambda: found.update(loop=looped(few)))["cpu_s"] / len(few)
    same = np.asarray(found["vectors"])[: len(few)].tolist() == found["loop"]
    print(f"vectors {1e-6 / vectors:.1f} M ids per CPU second, loop {1e-6 / loop:.3f} M")
    print(f"ratio {loop / vectors:.0f}; {'equal' if same else 'DIFFERENT'} answers, seed {arguments.seed}")


if __name__ == "__main__":
    main()
