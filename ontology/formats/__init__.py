"""Readers of the other formats: each turns one file into tables."""
