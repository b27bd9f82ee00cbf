"""The changes of one ``apply`` as bytes: a header in JSON, then one Arrow stream for each batch."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from ..batches.properties import property_type
from ..changes import Change, DeleteEdges, DeleteNodes, UpsertEdges, UpsertNodes
from ..model import EDGE_COLUMNS, NODE_COLUMNS

_LENGTH = struct.Struct("<I")


def encode(changes: Sequence[Change]) -> bytes:
    """The bytes of ``changes``; batches hold checked rows."""
    entries: list[dict[str, Any]] = []
    streams = io.BytesIO()
    for change in changes:
        match change:
            case UpsertNodes(batch):
                entries.append({"upsert": "nodes", "types": _types(batch, NODE_COLUMNS)})
                _write_stream(streams, batch)
            case UpsertEdges(batch):
                entries.append({"upsert": "edges", "types": _types(batch, EDGE_COLUMNS)})
                _write_stream(streams, batch)
            case DeleteNodes(ids, detach):
                entries.append({"delete": "nodes", "ids": ids, "detach": detach})
            case DeleteEdges(keys):
                entries.append({"delete": "edges", "keys": keys})
    header = json.dumps(entries).encode()
    return b"".join((_LENGTH.pack(len(header)), header, streams.getbuffer()))


def decode(payload: bytes) -> list[Change]:
    """What :func:`encode` was given; deletions as tuples, batches as equal batches."""
    entries, streams = _split(payload)
    changes: list[Change] = []
    for entry in entries:
        if "upsert" in entry:
            with pa.ipc.open_stream(streams) as stream:
                batch = stream.read_next_batch()
                stream.read_all()  # moves on to the end of this stream
            changes.append(UpsertNodes(batch) if entry["upsert"] == "nodes" else UpsertEdges(batch))
        elif entry["delete"] == "nodes":
            changes.append(DeleteNodes(tuple(entry["ids"]), entry["detach"]))
        else:
            changes.append(DeleteEdges(tuple((h, r, t, k) for h, r, t, k in entry["keys"])))
    return changes


def types_of(payload: bytes) -> tuple[dict[str, str], dict[str, str]]:
    """Property types of the nodes and of the edges in encoded changes, without reading the batches."""
    types: dict[str, dict[str, str]] = {"nodes": {}, "edges": {}}
    for entry in _split(payload)[0]:
        if "upsert" in entry:
            types[entry["upsert"]] |= entry["types"]
    return types["nodes"], types["edges"]


def _split(payload: bytes) -> tuple[list[dict[str, Any]], pa.BufferReader]:
    (size,) = _LENGTH.unpack_from(payload)
    start = _LENGTH.size + size
    return json.loads(payload[_LENGTH.size : start]), pa.BufferReader(memoryview(payload)[start:])


def _types(batch: pa.RecordBatch, columns: Mapping[str, object]) -> dict[str, str]:
    return {f.name: property_type(f.type) or "" for f in batch.schema if f.name not in columns}


def _write_stream(sink: io.BytesIO, batch: pa.RecordBatch) -> None:
    with pa.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)
