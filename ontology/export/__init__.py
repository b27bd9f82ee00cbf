"""Ontologies for other programs: graph stores, tables of edges, mappings in SSSOM."""
