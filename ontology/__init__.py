"""Ontologies: loaders, array store, hierarchy, similarity, expression constraints."""
