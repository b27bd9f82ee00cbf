"""Which writer a format needs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from ..atomic import replacing
from ..store import GraphStore

Format = Literal["parquet", "graphml", "rdf", "csv", "pyg"]


def write_graph(store: GraphStore, to: Format, path: Path, *, lossless: bool = False) -> None:
    """Write all of ``store`` to ``path``, a folder for ``parquet`` and ``csv``, else a file.

    ``pyg`` writes what :func:`~kgllm.kg.pyg.to_data` gives, for ``torch.load(path, weights_only=False)``.

    Raises:
        StoreError: ``path`` is a folder that exists already.
        MissingExtraError: the format needs a package that is not installed.
    """
    if to == "parquet":
        from .parquet import write_parquet

        write_parquet(store, path)
    elif to == "csv":
        from .admin_csv import write_admin_csv

        write_admin_csv(store, path)
    elif to == "graphml":
        from .graphml import write_graphml

        write_graphml(store, path)
    elif to == "rdf":
        from .rdf import RdfOptions, write_rdf

        write_rdf(store, path, RdfOptions(lossless=lossless))
    else:
        import torch

        from ..pyg import to_data

        with replacing(path) as draft:
            torch.save(to_data(store.csr()), draft)
