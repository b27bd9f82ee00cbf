"""Computes the list of packages: the repository root is ``kgllm``, its folders are the subpackages."""

from pathlib import Path

from setuptools import setup

ROOT = Path(__file__).resolve().parent

folders = [init for top in ROOT.glob("*/__init__.py") for init in top.parent.rglob("__init__.py")]
names = sorted(".".join(("kgllm", *init.parent.relative_to(ROOT).parts)) for init in folders)

# script_name: without it setuptools would ship this file as the module kgllm.setup
setup(packages=["kgllm", *names], script_name="setup.py")
