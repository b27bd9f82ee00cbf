"""The syntaxes of RDF: each to triples, without the network."""
