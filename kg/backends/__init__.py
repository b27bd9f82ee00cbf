"""The three graph stores."""
