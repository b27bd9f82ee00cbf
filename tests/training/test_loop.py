from __future__ import annotations

import gc
import itertools
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import torch

from kgllm.errors import ConfigError, TrainingError
from kgllm.training import checkpoint
from kgllm.training.dry_run import dry_run
from kgllm.training.loop import fit
from kgllm.training.settings import FitSettings, RuntimeConfig, TrainConfig
from kgllm.training.state import Best
from kgllm.training.task import Runtime, Task

PLAIN = {"dropout": 0, "ema": None, "eval_every": 0, "save_every": 1, "keep_last": 99, "log_every": 1}


def models(folder: Path) -> dict[int, dict[str, torch.Tensor]]:
    found = checkpoint.steps(folder / "checkpoints")
    return {step: checkpoint.read_tensors(path, "model") for step, path in found.items()}


def difference(one: dict[str, torch.Tensor], two: dict[str, torch.Tensor]) -> float:
    """Largest difference ÷ largest value, over the tensors."""
    return max(((one[n] - two[n]).abs().max() / one[n].abs().max()).item() for n in one)


def test_the_toy_is_a_task_and_learns(toy: ModuleType, tmp_path: Path) -> None:
    task, result = toy.run_toy(tmp_path, steps=150, save_every=0)
    assert isinstance(task, Task)
    assert result.reason == "finished"
    assert result.metrics["valid/accuracy"] > 0.7  # a third of the items weighs nothing
    losses = [line["loss"] for line in toy.events(tmp_path) if line["event"] == "train"]
    assert losses[-1] < losses[0] / 2


@pytest.mark.parametrize("kinds", [["adamw", "adagrad"], ["sgd", "sgd"]])
def test_accumulation_equals_the_large_batch(toy: ModuleType, tmp_path: Path, kinds: list[str]) -> None:
    """Counts differ and are 0 in some micro-batches; under sgd weights differ as gradients do."""
    for accumulate in (1, 2, 4, 8):
        cut = {"micro_batch": 8 // accumulate, "accumulate": accumulate}
        toy.run_toy(tmp_path / str(accumulate), steps=8, kinds=kinds, **cut, **PLAIN)
    whole = models(tmp_path / "1")
    assert list(whole) == list(range(1, 9))
    for accumulate in (2, 4, 8):
        cut_up = models(tmp_path / str(accumulate))
        assert max(difference(whole[step], cut_up[step]) for step in whole) <= 1e-6
    norms = [
        [line["grad_norm"] for line in toy.events(tmp_path / str(a)) if line["event"] == "train"]
        for a in (1, 4)
    ]
    assert norms[0] == pytest.approx(norms[1], rel=1e-6)


def test_evaluation_and_saving_disturb_nothing(toy: ModuleType, tmp_path: Path) -> None:
    toy.run_toy(tmp_path / "often", eval_every=1, save_every=1)
    toy.run_toy(tmp_path / "never", eval_every=0, save_every=0)
    often, never = (toy.fingerprint(tmp_path / name) for name in ("often", "never"))
    assert all(often[name] == never[name] for name in ("model", "optim", "ema", "task"))


def test_log_windows_average_over_the_steps_they_hold(toy: ModuleType, tmp_path: Path) -> None:
    """23 steps in windows of 5: the last has three. Means are Σ ÷ Σ, so they can be put together again."""
    toy.run_toy(tmp_path / "windows", dropout=0)
    task, _ = toy.run_toy(tmp_path / "steps", dropout=0, log_every=1)
    windows, steps = (
        [line for line in toy.events(tmp_path / name) if line["event"] == "train"]
        for name in ("windows", "steps")
    )
    assert [line["step"] for line in windows] == [5, 10, 15, 20, 23]
    units = [int((torch.from_numpy(task.order.batch(i)[1]) % 3).sum()) for i in range(46)]
    per_step = [units[2 * i] + units[2 * i + 1] for i in range(23)]
    for begin, line in zip((0, 5, 10, 15, 20), windows, strict=True):
        end = line["step"]
        total = sum(steps[i]["loss"] * per_step[i] for i in range(begin, end))
        assert line["loss"] == pytest.approx(total / sum(per_step[begin:end]), rel=1e-9)
        norm = sum(steps[i]["grad_norm"] for i in range(begin, end)) / (end - begin)
        assert line["grad_norm"] == pytest.approx(norm, rel=1e-9)
    assert set(windows[0]) == {
        "event", "step", "epoch", "loss", "parts", "grad_norm", "lr", "mfu", "skipped"
    }  # fmt: skip
    assert windows[1]["epoch"] == 10 / 7


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_exactly_the_poisoned_steps_are_skipped(toy: ModuleType, tmp_path: Path, value: float) -> None:
    """Steps 4 and 9 (batches 6 to 7 and 16 to 17) have one poisoned micro-batch each."""
    poison = {"7": value, "16": value}
    toy.run_toy(tmp_path, steps=12, poison=poison, max_skipped=2, **PLAIN)
    weights = models(tmp_path)
    still = [step for step in range(2, 13) if difference(weights[step - 1], weights[step]) == 0]
    assert still == [4, 9]
    lines = [line for line in toy.events(tmp_path) if line["event"] == "train"]
    assert [line["step"] for line in lines if line["loss"] is None] == [4, 9]
    assert [line["skipped"] for line in lines] == [0] * 3 + [1] * 5 + [2] * 4
    assert all(w.isfinite().all() for w in weights[12].values())


def test_poisoned_steps_stay_out_of_the_window(toy: ModuleType, tmp_path: Path) -> None:
    toy.run_toy(tmp_path, poison={"7": float("nan")}, max_skipped=1)
    lines = [line for line in toy.events(tmp_path) if line["event"] == "train"]
    assert all(0 < line["loss"] < 3 for line in lines)


def test_too_many_poisoned_steps_are_an_error_before_any_save(toy: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(TrainingError) as error:
        toy.run_toy(tmp_path, poison={"11": float("nan")}, save_every=6, log_every=50)
    assert "1 steps had no finite loss and gradient" in str(error.value)
    assert "6 (batches 10 to 11)" in str(error.value)
    assert "train.max_skipped is 0" in str(error.value)
    assert not checkpoint.steps(tmp_path / "checkpoints")


def test_a_step_without_units_is_not_finite(toy: ModuleType, tmp_path: Path) -> None:
    """Item 0, 3, 6 … weigh nothing; batches of one item meet one soon."""
    with pytest.raises(TrainingError, match="nothing to learn from"):
        toy.run_toy(tmp_path, micro_batch=1, accumulate=1)


def test_the_guard_waits_for_no_device(
    toy: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading a tensor is what waits; between log lines nothing may be read."""
    reads = []
    for name in ("item", "tolist", "__bool__", "__float__"):
        genuine = getattr(torch.Tensor, name)
        monkeypatch.setattr(
            torch.Tensor, name, lambda self, *a, _g=genuine, **k: (reads.append(1), _g(self, *a, **k))[1]
        )
    counts = {}
    for steps in (20, 40):
        reads.clear()
        toy.run_toy(tmp_path / str(steps), steps=steps, log_every=100, save_every=0, eval_every=0)
        counts[steps] = len(reads)
    assert counts[20] == counts[40]


def test_early_stop_keeps_best_and_last(toy: ModuleType, tmp_path: Path) -> None:
    scores = iter([0.1, 0.5, 0.4, float("nan"), 0.5, 0.9])
    settings = FitSettings(
        TrainConfig(steps=60, micro_batch=4, accumulate=2, eval_every=3, patience=3, save_every=1),
        runtime=RuntimeConfig(device="cpu", dtype="float32"),
    )
    task = toy.ToyTask(Runtime(), settings.train, toy.SETTINGS)
    task.evaluate = lambda split: {f"{split}/accuracy": next(scores)}
    result = fit(task, settings, Runtime(), tmp_path)
    assert (result.step, result.reason, result.best) == (15, "patience", Best(0.5, 6))
    assert list(checkpoint.steps(tmp_path / "checkpoints")) == [6, 15]
    again = fit(task, settings, Runtime(), tmp_path, resume=True)
    assert (again.step, again.reason) == (15, "patience")


def test_smaller_is_better_where_the_task_says_so(toy: ModuleType, tmp_path: Path) -> None:
    scores = iter([3.0, 2.0, 4.0])
    settings = FitSettings(TrainConfig(steps=3, micro_batch=8, eval_every=1))
    task = toy.ToyTask(Runtime(), settings.train, toy.SETTINGS)
    task.evaluate = lambda split: {f"{split}/loss": next(scores)}
    task.best = ("valid/loss", "min")
    assert fit(task, settings, Runtime(), tmp_path).best == Best(2.0, 2)


def test_a_missing_metric_names_those_there_are(toy: ModuleType, tmp_path: Path) -> None:
    settings = FitSettings(TrainConfig(steps=1, micro_batch=8))
    task = toy.ToyTask(Runtime(), settings.train, toy.SETTINGS)
    task.best = ("valid/mrr", "max")
    with pytest.raises(
        TrainingError, match=r"selects by 'valid/mrr', but its evaluation gave valid/accuracy"
    ):
        fit(task, settings, Runtime(), tmp_path)


def test_epochs_are_rounded_up_to_steps(toy: ModuleType, tmp_path: Path) -> None:
    settings = FitSettings(TrainConfig(epochs=1.5, micro_batch=8))
    task = toy.ToyTask(Runtime(), settings.train, toy.SETTINGS)
    assert fit(task, settings, Runtime(), tmp_path).step == 11  # 7 steps an epoch

    members = (
        "name",
        "model",
        "best",
        "groups",
        "batches",
        "loss",
        "evaluate",
        "state_dict",
        "load_state_dict",
    )
    uncounted = SimpleNamespace(**{name: getattr(task, name) for name in members})
    with pytest.raises(ConfigError, match=r"set train\.steps, not train\.epochs"):
        fit(uncounted, settings, Runtime(), tmp_path / "b")


def test_batches_that_end_are_an_error(toy: ModuleType, tmp_path: Path) -> None:
    settings = FitSettings(TrainConfig(steps=5, micro_batch=8))
    task = toy.ToyTask(Runtime(), settings.train, toy.SETTINGS)
    draw = task.batches
    task.batches = lambda *cut: itertools.islice(draw(*cut), 3)
    with pytest.raises(TrainingError, match=r"batches of task toy ended at step 3"):
        fit(task, settings, Runtime(), tmp_path)


def test_out_of_memory_says_how_to_go_on(toy: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(
        TrainingError, match=r"out of memory in step 11 with train\.micro_batch=4; .*--resume"
    ):
        toy.run_toy(tmp_path, broken_at=20)
    _, result = toy.run_toy(tmp_path, resume=True, micro_batch=2, accumulate=4)
    assert result.step == 23


def test_the_process_is_left_as_it_was(toy: ModuleType, tmp_path: Path) -> None:
    handlers = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)]
    frozen = gc.get_freeze_count()
    toy.run_toy(tmp_path / "a")
    with pytest.raises(TrainingError):
        toy.run_toy(tmp_path / "b", poison={"3": float("nan")})
    assert [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)] == handlers
    assert gc.isenabled()
    assert gc.get_freeze_count() <= frozen


def test_garbage_is_not_collected_during_steps(toy: ModuleType, tmp_path: Path) -> None:
    seen = []
    settings = FitSettings(TrainConfig(steps=4, micro_batch=8))
    task = toy.ToyTask(Runtime(), settings.train, toy.SETTINGS)
    task.after_step = lambda _: seen.append(gc.isenabled())
    fit(task, settings, Runtime(), tmp_path)
    assert seen == [True, False, False, False]


def test_training_works_outside_the_main_thread(toy: ModuleType, tmp_path: Path) -> None:
    results = []
    thread = threading.Thread(target=lambda: results.append(toy.run_toy(tmp_path)[1]))
    thread.start()
    thread.join()
    assert results[0].step == 23


@pytest.fixture
def interruptible() -> Iterator[None]:
    """SIGINT raises, also where a shell started the tests in the background and so had it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_a_second_signal_ends_at_once(toy: ModuleType, tmp_path: Path) -> None:
    settings = FitSettings(TrainConfig(steps=9, micro_batch=8))
    task = toy.ToyTask(Runtime(), settings.train, toy.SETTINGS)

    def interrupt_twice(_: int) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    task.after_step = interrupt_twice
    with pytest.raises(KeyboardInterrupt):
        fit(task, settings, Runtime(), tmp_path)
    assert not checkpoint.steps(tmp_path / "checkpoints")


def test_dry_run_reports_sizes_and_leaves_no_folder(toy: ModuleType, tmp_path: Path) -> None:
    settings = FitSettings(TrainConfig(epochs=3, micro_batch=8))
    task = toy.ToyTask(Runtime(), settings.train, toy.SETTINGS)
    task.flops_per_unit = lambda: 1e6
    task.model.block[0].bias.requires_grad_(False)
    report = dry_run(task, settings, Runtime())
    assert report.parameters == 60 * 6 + 6 * 8 + 8 + 8 * 3 + 3
    assert report.trainable == report.parameters - 8
    assert report.flops_per_unit == 1e6
    assert report.checkpoint > 4 * report.parameters
    assert set(report.metrics) == {"valid/accuracy", "valid/seen"}
    assert not list(tmp_path.iterdir())
