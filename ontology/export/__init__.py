"""Ontologies as other people want them: graphs, edge lists, mappings."""
