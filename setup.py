"""Computes the list of packages: the repository root is the package ``kgllm``, its folders the subpackages."""

from pathlib import Path

from setuptools import setup

ROOT = Path(__file__).resolve().parent
FOLDERS = ("lm", "kg", "ontology", "data", "heads", "retrieval", "training", "service", "cli")

packages = ["kgllm"]
for folder in FOLDERS:
    for init in sorted((ROOT / folder).rglob("__init__.py")):
        packages.append(".".join(("kgllm", *init.parent.relative_to(ROOT).parts)))

# script_name: without it setuptools would ship this file as the module kgllm.setup
setup(packages=packages, script_name="setup.py")
