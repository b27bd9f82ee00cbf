"""The ``kgllm`` command: one file per verb."""
