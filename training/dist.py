"""One process or many: start-up from torchrun's environment, DDP, FSDP2, and the few exchanges we need.

A tensor sharded by FSDP2 is recognised by its ``to_local``: importing its class costs 0.4 s.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeVar

import torch
import torch.distributed as td
from torch import Tensor, nn

from ..errors import ConfigError
from .random_state import seed_everything
from .settings import RuntimeConfig
from .task import Batch, Loss, Runtime, Shards, Task

T = TypeVar("T")


@contextmanager
def start(config: RuntimeConfig, seed: int) -> Iterator[Runtime]:
    """Join the processes that ``torchrun`` started (one if it did not), pick the device, seed everything.

    Raises:
        ConfigError: a GPU is asked for and there is none.
    """
    rank, local_rank, world = (
        int(os.environ.get(k, d)) for k, d in (("RANK", 0), ("LOCAL_RANK", 0), ("WORLD_SIZE", 1))
    )
    device = _device(config, local_rank)
    if config.threads:
        torch.set_num_threads(config.threads)
    was_deterministic = torch.are_deterministic_algorithms_enabled()
    if config.deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS asks for it
        torch.use_deterministic_algorithms(True)
    if world > 1:
        td.init_process_group("gloo" if device.type == "cpu" else "cpu:gloo,cuda:nccl")
    try:
        seed_everything(seed)
        yield Runtime(device, rank, world, seed, _autocast(config, device))
    finally:
        torch.use_deterministic_algorithms(was_deterministic)
        if world > 1:
            td.destroy_process_group()


def _device(config: RuntimeConfig, local_rank: int) -> torch.device:
    available = torch.cuda.is_available()
    if config.device == "cuda" and not available:
        raise ConfigError(
            "runtime.device is cuda, but torch sees no GPU; set runtime.device=cpu or install a CUDA build"
        )
    if config.device == "cpu" or not available:
        return torch.device("cpu")
    torch.cuda.set_device(local_rank)
    return torch.device("cuda", local_rank)


def _autocast(config: RuntimeConfig, device: torch.device) -> torch.dtype | None:
    if config.dtype != "auto":
        return torch.bfloat16 if config.dtype == "bfloat16" else None
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else None
    capabilities: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()  # absent in older torch
    return torch.bfloat16 if capabilities.get("avx512_bf16") else None


class _Forward(nn.Module):
    """Runs a call inside a module's ``forward``, so that the hooks of DDP and FSDP2 fire around it."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, call: Callable[[], T]) -> T:
        return call()


class Engine:
    """Computes a task's loss and gradients on this process, and exchanges gradients with the others.

    The gradients it leaves are averaged over ranks. Evaluation uses ``task.model`` itself.
    """

    def __init__(self, task: Task, runtime: Runtime, parallel: str) -> None:
        self._task = task
        self._runtime = runtime
        self._module: Any = None
        self._sharded = runtime.world > 1 and parallel == "fsdp2"
        if self._sharded:
            self._module = _shard(task, runtime)
        elif runtime.world > 1:
            self._module = nn.parallel.DistributedDataParallel(_Forward(task.model))

    def backward(self, batch: Batch, *, exchange: bool) -> Loss:
        """Add the gradient of the batch's loss; ``exchange`` what has gathered with the other ranks."""
        batch = _to_device(batch, self._runtime.device)
        with self._exchanging(exchange):
            total, count, parts = self._run(lambda: self._loss(batch))
            torch.autograd.backward(total)
        return Loss(total.detach(), count, parts)

    def evaluate(self, split: str) -> dict[str, float]:
        """The task's metrics, on whole weights; rank 0's numbers everywhere."""
        with self._whole_weights():
            metrics = self._run(lambda: self._task.evaluate(split))
        return from_first(metrics) if self._runtime.world > 1 else metrics

    def _run(self, call: Callable[[], T]) -> T:
        result: T = call() if self._module is None else self._module(call)
        return result

    def _loss(self, batch: Batch) -> tuple[Tensor, int | Tensor, dict[str, Any]]:
        """A plain tuple: FSDP2 looks for tensors in the output, and does not look into dataclasses."""
        dtype = self._runtime.autocast
        with torch.autocast(self._runtime.device.type, dtype) if dtype else nullcontext():
            loss = self._task.loss(batch)
        return loss.total, loss.count, dict(loss.parts)

    def _exchanging(self, exchange: bool) -> AbstractContextManager[Any]:
        if self._module is None or (exchange and not self._sharded):
            return nullcontext()
        if self._sharded:
            self._module.set_requires_gradient_sync(exchange)
            return nullcontext()
        context: AbstractContextManager[Any] = self._module.no_sync()
        return context

    @contextmanager
    def _whole_weights(self) -> Iterator[None]:
        """Gather shards once, so that ranks need not call the model equally often."""
        if not self._sharded:
            yield
            return
        inner = [m for m in self._module.model.modules() if hasattr(m, "set_reshard_after_forward")]
        for module in inner:
            module.set_reshard_after_forward(False)
            module.unshard()
        yield
        for module in inner:
            module.set_reshard_after_forward(True)
            module.reshard()
        self._module.reshard()


def _shard(task: Task, runtime: Runtime) -> nn.Module:
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    mesh = init_device_mesh(runtime.device.type, (runtime.world,))
    for module in task.shards() if isinstance(task, Shards) else []:
        fully_shard(module, mesh=mesh)
    root = _Forward(task.model)
    fully_shard(root, mesh=mesh)
    return root


def _to_device(batch: Batch, device: torch.device) -> Batch:
    if device.type == "cpu":
        return batch
    return {k: v.to(device, non_blocking=True) if isinstance(v, Tensor) else v for k, v in batch.items()}


def local(tensor: Tensor) -> Tensor:
    """This rank's share of a sharded tensor, sharing its memory; any other tensor as it is."""
    share: Tensor = tensor.to_local() if hasattr(tensor, "to_local") else tensor
    return share


def leaf(param: nn.Parameter) -> Tensor:
    """What an optimizer steps in place of ``param``: itself, or a plain view of this rank's share."""
    return local(param).detach() if hasattr(param, "to_local") else param


def whole(share: Tensor, like: Tensor) -> Tensor:
    """Rank 0: a CPU tensor of ``like``'s full shape from every rank's share; elsewhere an empty one.

    Every rank must call it.
    """
    if hasattr(like, "device_mesh"):
        from torch.distributed.tensor import DTensor

        mesh, placements = like.device_mesh, like.placements  # type: ignore[attr-defined]
        layout: dict[str, Any] = {"shape": like.shape, "stride": like.stride(), "run_check": False}
        share = DTensor.from_local(share, mesh, placements, **layout).full_tensor()
    if td.is_initialized() and td.get_rank() != 0:
        return torch.empty(0)
    return share.detach().cpu().contiguous()


def part(full: Tensor, like: Tensor) -> Tensor:
    """This rank's share of ``full``, laid out as ``like``. Every rank must call it."""
    full = full.to(like.device, like.dtype, copy=True)
    if not hasattr(like, "device_mesh"):
        return full
    from torch.distributed.tensor import distribute_tensor

    return local(distribute_tensor(full, like.device_mesh, like.placements))  # type: ignore[attr-defined]


def total_norm(grads: Sequence[Tensor], *, sharded: bool) -> Tensor:
    """() Euclidean norm over all gradients, of all ranks where each holds a share."""
    norm = nn.utils.get_total_norm(grads)
    if sharded:
        squares = norm.square()
        td.all_reduce(squares)
        norm = squares.sqrt()
    return norm


def any_rank(flag: bool, world: int) -> bool:
    """Whether any rank raises the flag. Goes through the CPU, so it waits for no GPU."""
    if world == 1:
        return flag
    votes = torch.tensor([float(flag)])
    td.all_reduce(votes, op=td.ReduceOp.MAX)
    return bool(votes.item())


def sum_ranks(vector: Tensor, world: int) -> Tensor:
    """Σ of ``vector`` over ranks, in place, on its device."""
    if world > 1:
        td.all_reduce(vector)
    return vector


def from_first(value: T) -> T:
    """Rank 0's value on every rank."""
    box = [value]
    td.broadcast_object_list(box, src=0)
    return box[0]


def of_all_ranks(value: T, world: int) -> list[T]:
    """Every rank's value, by rank."""
    if world == 1:
        return [value]
    values: list[Any] = [None] * world
    td.all_gather_object(values, value)
    return values
