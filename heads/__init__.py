"""Models that score entities: K-ON heads, knowledge-graph embeddings, their losses."""
