"""The graph store in memory: the reference."""
