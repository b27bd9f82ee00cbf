"""What a piece of work costs: time, CPU seconds, memory; each piece in a process of its own."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Callable
from typing import Any


def cpu_seconds() -> float:
    """User and system time of this process and of those it has buried."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def measured(action: Callable[[], object]) -> dict[str, float]:
    """What one call took; it has to end the processes that it starts."""
    wall, cpu = time.perf_counter(), cpu_seconds()
    action()
    return {"wall_s": time.perf_counter() - wall, "cpu_s": cpu_seconds() - cpu}


def apart(part: Callable[..., Any], *arguments: Any) -> Any:
    """The result of ``part`` in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(part, arguments)


def peaks() -> dict[str, float]:
    """Most memory that this process held, and the largest of those it has buried, in MB."""
    parts = {"caller_mb": resource.RUSAGE_SELF, "engine_mb": resource.RUSAGE_CHILDREN}
    return {name: resource.getrusage(who).ru_maxrss / 1024 for name, who in parts.items()}
