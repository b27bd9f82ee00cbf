"""kill -9 of a process that writes, through the harness that the benchmark uses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HARNESS = Path(__file__).resolve().parents[3] / "benchmarks" / "store_kills.py"


@pytest.mark.parametrize("target", ["append", "publish", "compact"])
def test_nothing_acknowledged_is_lost(target: str) -> None:
    command = [sys.executable, str(HARNESS), "--target", target, "--kills", "10", "--seed", "1", "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (result,) = json.loads(done.stdout)["targets"]
    assert (result["kills"], result["lost"], result["problems"]) == (10, 0, [])
    assert result["acknowledged"] > 0
