"""Search over the terms of an ontology, by the beginnings of words."""
