"""Losses over entities and tokens; each returns (sum, count)."""
