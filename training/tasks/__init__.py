"""The tasks that ``kgllm train --task`` knows. Each is resolved only when it is asked for."""

TASKS: dict[str, str] = {
    "kge": "kgllm.training.tasks.kge:KgeTask",
    "kon": "kgllm.training.tasks.kon.task:KonTask",
}
"""name → ``"module:Class"``."""
