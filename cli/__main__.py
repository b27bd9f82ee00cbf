"""``python -m kgllm.cli`` is the ``kgllm`` command."""

from .app import main

if __name__ == "__main__":
    main()
