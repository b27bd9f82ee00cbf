"""Checked queries, and the stores' own statements, as text for an engine."""
