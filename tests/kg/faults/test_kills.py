"""kill -9 of the process that writes to an embedded store, and of its engine, by the benchmark's harness."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HARNESS = Path(__file__).resolve().parents[3] / "benchmarks" / "store_kills.py"


@pytest.mark.parametrize("target", ["upsert", "checkpoint", "load", "swap"])
def test_nothing_acknowledged_is_lost(target: str) -> None:
    command = [sys.executable, str(HARNESS), "--target", target, "--kills", "2", "--seed", "7", "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    results = json.loads(done.stdout)["targets"]
    assert [result["victim"] for result in results] == ["caller", "engine"]
    assert [(result["lost"], result["problems"]) for result in results] == [(0, [])] * 2
