"""The embedded graph store: Parquet generations and a log of changes, with ladybug as a projection."""
