"""Faults to plant in synthetic releases, by what they spoil."""
