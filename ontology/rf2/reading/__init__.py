"""From a release on disk to checked rows: fast where a file proves right, line by line where it does not."""

from .kinds import read_kind

__all__ = ["read_kind"]
