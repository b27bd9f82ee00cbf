"""Queries as ladybug understands them: what it would answer otherwise than Neo4j is not emitted."""
