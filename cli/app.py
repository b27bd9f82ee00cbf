"""The verb table, and the one place where errors become exit codes.

Verbs import what they need inside their functions, so that ``kgllm --help`` loads nothing heavy.
"""

from __future__ import annotations

import os
import sys

import typer

from .. import __version__
from ..errors import KgllmError
from . import data, evaluate, graph, ontology, predict, train
from .output import log

app = typer.Typer(
    name="kgllm",
    help="Knowledge graphs and language models, joined both ways.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(train.train)
app.command()(evaluate.evaluate)
app.command()(predict.predict)
app.add_typer(data.app, name="data")
app.add_typer(graph.app, name="graph")
app.add_typer(ontology.app, name="ontology")


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"kgllm {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", help="Print the version and stop.", callback=_print_version, is_eager=True
    ),
) -> None:
    pass


def main() -> None:
    """Run the command; a user's mistake ends in one line on stderr and exit code 1 or 2."""
    try:
        app()
    except KgllmError as error:
        log.print(f"[bold red]error:[/] {type(error).__name__}:", end=" ")
        log.print(" ".join(str(error).split()), markup=False, soft_wrap=True)  # others' messages have lines
        sys.exit(error.exit_code)
    except BrokenPipeError:  # the reader of a pipe went away, e.g. ``kgllm … | head``
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        log.print("interrupted")
        sys.exit(130)
