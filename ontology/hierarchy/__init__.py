"""Is-a links as a graph: closure, ancestors, common ancestors, depth, similarity."""
