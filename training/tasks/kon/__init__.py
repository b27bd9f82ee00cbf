"""``--task kon``: its settings and its task."""
