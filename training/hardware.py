"""What the hardware can do, and how much of it is used."""

from __future__ import annotations

import resource
import sys
import time

import torch

BF16_PEAK = {"H100": 989e12, "H200": 989e12, "A100": 312e12, "L40S": 362e12, "L4": 121e12}
"""Dense bfloat16 FLOP/s from the maker's data sheets (SXM where there are several), by a word of the name."""


def peak_flops(device: torch.device, dtype: torch.dtype | None) -> float | None:
    """FLOP/s the device can do at best in ``dtype``; ``None`` where we do not know."""
    if device.type != "cuda" or dtype is not torch.bfloat16:
        return None
    words = torch.cuda.get_device_name(device).replace("-", " ").split()
    return next((BF16_PEAK[word] for word in words if word in BF16_PEAK), None)


def peak_memory(device: torch.device) -> int:
    """Most bytes in use so far: of the GPU, or of this process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used if sys.platform == "darwin" else used * 1024


class CpuAndWall:
    """Seconds of wall clock and of this process's CPU, going on from what an earlier process spent."""

    def __init__(self, wall: float = 0.0, cpu: float = 0.0) -> None:
        self._wall = wall - time.perf_counter()
        self._cpu = cpu - time.process_time()

    def read(self) -> tuple[float, float]:
        """(wall, cpu) seconds."""
        return self._wall + time.perf_counter(), self._cpu + time.process_time()
