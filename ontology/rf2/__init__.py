"""SNOMED CT release format 2: packages, rows, versions, meaning."""
