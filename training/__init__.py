"""Training: one loop, its state, ranking evaluation, one file per task."""
