"""kgllm: knowledge graphs and language models, joined both ways.

Nothing heavy is imported here; import what you need from the subpackages, for example
``from kgllm.data import load_dataset``.
"""

from __future__ import annotations

from .errors import KgllmError

__version__ = "0.1.0"
__all__ = ["KgllmError", "__version__"]
