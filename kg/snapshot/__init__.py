"""What a store keeps on disk: generations of Parquet files, and a log of the changes since."""

from .manifest import FileInfo, Manifest
from .snapshot import Snapshot
from .writer import GenerationWriter

__all__ = ["FileInfo", "GenerationWriter", "Manifest", "Snapshot"]
