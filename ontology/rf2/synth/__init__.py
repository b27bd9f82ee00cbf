"""Synthetic releases of any size, and faults to plant in them."""

from .release import Release, write_release
from .size import Size

__all__ = ["Release", "Size", "write_release"]
