"""Data sets: reading, naming, auditing, splitting, and the queries they pose."""
