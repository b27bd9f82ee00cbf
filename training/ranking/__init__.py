"""Ranking evaluation: from a scorer and a split to ranks, metrics, intervals and groups."""
