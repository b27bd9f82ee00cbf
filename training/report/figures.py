"""The plots of a report, as SVG text that takes its colours from the page.

matplotlib draws in the light palette below; each colour is then replaced by a CSS variable, so that one
file reads well on light and dark pages. Labels stay text: they scale and can be searched.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..ranking.ranks import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Curve = tuple[Sequence[float], Sequence[float]]
"""Steps and values."""

INK, GRID, FIRST, SECOND, THIRD = "#1c2126", "#d9dde1", "#2563a8", "#c2601c", "#6b7280"
VARIABLES = {INK: "--ink", GRID: "--grid", FIRST: "--first", SECOND: "--second", THIRD: "--third"}
"""Colour drawn → CSS variable that the page defines."""

_SERIES = (FIRST, SECOND, THIRD)

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "text.parse_math": False,
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": GRID,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
}


def learning_curves(losses: Curve, scores: Mapping[str, Curve]) -> str:
    """Training loss beside validation metrics, over optimizer steps.

    Args:
        losses: the loss of each log window.
        scores: metric name → curve, at most three.
    """

    def draw(axes: Sequence[Axes]) -> None:
        axes[0].plot(*losses, color=FIRST, linewidth=1.5)
        axes[0].set(title="Training loss", xlabel="step")
        for color, (name, curve) in zip(_SERIES, scores.items(), strict=False):
            axes[1].plot(*curve, color=color, linewidth=1.5, marker="o", markersize=3, label=name)
        axes[1].set(title="Validation", xlabel="step", ylim=(0, 1), xlim=axes[0].get_xlim())
        if scores:
            axes[1].legend(loc="best", frameon=False)

    return _svg("curves", draw, columns=2, height=2.9)


def rank_histogram(ranks: Mapping[str, Floats]) -> str:
    """Share of queries by rank, one step line for each side; bins double in width.

    Args:
        ranks: side → (n,) ranks from 1; at least one rank in all.
    """
    highest = max(float(values.max(initial=1)) for values in ranks.values())
    edges = 2.0 ** np.arange(np.ceil(np.log2(highest + 1)) + 1) - 0.5  # 0.5, 1.5, 3.5, 7.5 …

    def draw(axes: Sequence[Axes]) -> None:
        (axis,) = axes
        width = 0.8 / len(ranks)
        for i, (color, (name, values)) in enumerate(zip(_SERIES, ranks.items(), strict=False)):
            share = np.histogram(values, edges)[0] / max(len(values), 1)
            place = np.arange(len(share)) + (i - (len(ranks) - 1) / 2) * width
            axis.bar(place, share, width, color=color, label=name)
        starts, ends = (edges[:-1] + 0.5).astype(int), (edges[1:] - 0.5).astype(int)
        labels = [f"{a}" if a == b else f"{a}–{b}" for a, b in zip(starts, ends, strict=True)]
        crowded = len(labels) > 9
        axis.set_xticks(np.arange(len(labels)), labels, rotation=30 if crowded else 0)
        if crowded:
            for label in axis.get_xticklabels():
                label.set_horizontalalignment("right")
        axis.set(title="Ranks of the gold", xlabel="rank", ylabel="share of queries")
        axis.legend(loc="upper right", frameon=False)

    return _svg("ranks", draw, height=2.9)


def relation_bars(relations: Sequence[tuple[str, int, float]]) -> str:
    """MRR of each relation.

    Args:
        relations: (name, number of queries, MRR), drawn from top to bottom.
    """

    def draw(axes: Sequence[Axes]) -> None:
        (axis,) = axes
        place = np.arange(len(relations))
        axis.barh(place, [mrr for _, _, mrr in relations], color=FIRST, height=0.7)
        for i, (_, count, mrr) in enumerate(relations):
            axis.text(mrr + 0.01, i, f"{mrr:.3f}  (n = {count:,})", va="center", color=INK, fontsize=8)
        axis.set_yticks(place, [_shortened(name) for name, _, _ in relations])
        axis.set_ylim(len(relations) - 0.4, -0.6)
        axis.set(title="MRR by relation", xlim=(0, 1.2))
        axis.set_xticks(np.linspace(0, 1, 6))
        axis.grid(axis="x")
        axis.grid(visible=False, axis="y")

    return _svg("relations", draw, height=0.8 + 0.24 * len(relations))


def _svg(name: str, draw: Callable[[Sequence[Axes]], None], *, height: float, columns: int = 1) -> str:
    """An ``<svg>`` element; the same input gives the same text."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with warnings.catch_warnings(), mpl.rc_context(_STYLE | {"svg.hashsalt": name}):
        warnings.filterwarnings("ignore", "Glyph .* missing")  # the reader's browser has more fonts
        figure = Figure(figsize=(8.4, height), layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure.subplots(1, columns, squeeze=False)[0])
        figure.patch.set_alpha(0)
        for axis in figure.axes:
            axis.patch.set_alpha(0)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    text = text[text.index("<svg") :]
    for color, variable in VARIABLES.items():
        text = text.replace(color, f"var({variable})")
    return text


def _shortened(name: str, limit: int = 44) -> str:
    """Long relation names keep their end, which tells them apart."""
    return name if len(name) <= limit else "…" + name[1 - limit :]
