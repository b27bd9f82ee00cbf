"""The read subset of Cypher: text to syntax tree, to a checked query, to the text of an engine."""
