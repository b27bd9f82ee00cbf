from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import torch

from kgllm.errors import MissingExtraError, TrainingError
from kgllm.training.log import Console, JsonLines, TensorBoard, read_lines
from kgllm.training.meter import Meter
from kgllm.training.task import Loss

TRAIN = {"event": "train", "step": 5, "loss": 1.25, "lr": {"net": 0.1}, "mfu": None}
EVAL = {"event": "eval", "step": 5, "split": "valid", "metrics": {"valid/mrr": 0.5}}


def test_lines_are_on_disk_at_once(tmp_path: Path) -> None:
    log = JsonLines(tmp_path / "new" / "metrics.jsonl")
    log.start(0, 10)
    log.event(TRAIN)
    assert read_lines(tmp_path / "new" / "metrics.jsonl") == [TRAIN]
    log.event(EVAL)
    log.close()
    assert read_lines(tmp_path / "new" / "metrics.jsonl") == [TRAIN, EVAL]


def test_lines_after_the_step_and_torn_lines_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    lines = [json.dumps({"event": "train", "step": step}) for step in (1, 2, 3, 4)]
    path.write_text("\n".join(lines) + '\n{"event": "tr')
    log = JsonLines(path)
    log.start(2, 10)
    log.event({"event": "train", "step": 3, "again": True})
    log.close()
    assert [line["step"] for line in read_lines(path)] == [1, 2, 3]
    assert read_lines(path)[-1]["again"]
    assert read_lines(tmp_path / "none") == []


def test_closing_what_never_started_is_fine(tmp_path: Path) -> None:
    log = JsonLines(tmp_path / "metrics.jsonl")
    log.event(TRAIN)
    log.close()
    assert not list(tmp_path.iterdir())


def test_console_speaks_now_and_then_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console("valid/mrr", every=1e9)
    console.start(0, 20)
    console.event(TRAIN)
    console.event(EVAL)
    console.event({**TRAIN, "step": 10})
    console.note("saved [step] 10")
    console.close()
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == ["step 5/20  loss 1.2500", "saved [step] 10"]


def test_console_shows_loss_score_and_time_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    console = Console("valid/mrr")
    console.start(0, 20)
    console.event(TRAIN)
    console.event(EVAL)
    console.close()
    shown = capsys.readouterr().err
    assert "loss 1.2500  valid/mrr 0.5000" in shown
    assert "5/20" in shown


def test_tensorboard_gets_every_number(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    board = TensorBoard(tmp_path)
    board.event(TRAIN)
    board.event(EVAL)
    board.close()
    events = EventAccumulator(str(tmp_path)).Reload()
    assert set(events.Tags()["scalars"]) == {"train/loss", "train/lr/net", "eval/metrics/valid/mrr"}
    assert events.Scalars("eval/metrics/valid/mrr")[0].step == 5


def test_tensorboard_that_is_not_installed_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(MissingExtraError, match=r"kgllm\[tb\]"):
        TensorBoard(tmp_path)


def loss(total: float, count: int, part: float = 0.0, of: int = 0) -> Loss:
    return Loss(torch.tensor(total), count, {"kl": (torch.tensor(part), torch.tensor(of))})


def add(meter: Meter, step: int, *losses: Loss, norm: float = 1.0, skipped: float = 0.0) -> None:
    meter.add(step, sum(meter.vector(x) for x in losses), torch.tensor(norm), torch.tensor(skipped))


def test_means_are_sums_over_counts() -> None:
    meter = Meter()
    add(meter, 1, loss(6, 3, 4, 2), loss(2, 1), norm=1)
    add(meter, 2, loss(10, 5, 2, 1), norm=3)
    assert meter.steps == 2
    line = meter.read()
    assert line.pop("seconds") > 0
    assert line == {"loss": 2.0, "parts": {"kl": 2.0}, "grad_norm": 2.0, "units": 9}
    assert meter.steps == 0


def test_skipped_steps_count_for_nothing() -> None:
    meter = Meter()
    add(meter, 1, loss(float("nan"), 3), norm=float("nan"), skipped=1)
    add(meter, 2, loss(4, 2, 1, 1))
    assert meter.skipped() == [1]
    assert meter.skipped() == []
    line = meter.read()
    assert (line["loss"], line["parts"], line["grad_norm"], line["units"]) == (2.0, {"kl": 1.0}, 1.0, 2)


def test_means_over_nothing_are_none() -> None:
    meter = Meter()
    assert meter.read()["loss"] is None
    add(meter, 1, loss(4, 2))
    assert meter.read()["parts"] == {"kl": None}


def test_an_open_window_survives_json() -> None:
    meter, other = Meter(), Meter()
    add(meter, 1, loss(0.1, 3, 0.2, 1))
    other.load(json.loads(json.dumps(meter.state())), torch.device("cpu"))
    for m in (meter, other):
        add(m, 2, loss(0.7, 1, 0.3, 3))
    one, two = meter.read(), other.read()
    assert {**one, "seconds": 0} == {**two, "seconds": 0}


def test_parts_must_not_change() -> None:
    meter = Meter()
    meter.vector(loss(1, 1))
    with pytest.raises(TrainingError, match=r"loss parts changed from \['kl'\] to \[\]"):
        meter.vector(Loss(torch.tensor(1.0), 1))


def test_time_away_is_not_training(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([0.0, 2.0, 7.0, 8.0, 8.0])
    monkeypatch.setattr("kgllm.training.meter.time.perf_counter", lambda: next(now))
    meter = Meter()
    with meter.away():
        pass
    assert meter.read()["seconds"] == 3.0
