"""The chunked log-sum-exp against the whole one."""

from __future__ import annotations

import pytest
import torch

from kgllm.heads.lse import chunked_linear_logsumexp

N, D, R, V = 5, 6, 3, 23


@pytest.fixture
def inputs(reference) -> tuple[torch.Tensor, ...]:
    ramp = reference.ramp
    return ramp(N, D), ramp(V, D, phase=1.0), ramp(N, R, phase=2.0), ramp(V, R, phase=3.0)


@pytest.mark.parametrize("chunk", [1, 7, V - 1, V, V + 5])
@pytest.mark.parametrize("lora", [True, False])
def test_t5_value_and_gradients_do_not_depend_on_the_chunk(inputs, chunk, lora) -> None:
    leaves = [t.requires_grad_() for t in (inputs if lora else inputs[:2])]
    z, W = leaves[:2]
    logits = z @ W.T + (leaves[2] @ leaves[3].T if lora else 0)
    expected = logits.logsumexp(1)
    result = chunked_linear_logsumexp(*leaves, chunk=chunk)
    torch.testing.assert_close(result, expected, atol=1e-13, rtol=0)
    weight = torch.arange(1.0, N + 1, dtype=torch.float64)
    own = torch.autograd.grad((result * weight).sum(), leaves)
    for a, b in zip(own, torch.autograd.grad((expected * weight).sum(), leaves), strict=True):
        torch.testing.assert_close(a, b, atol=1e-13, rtol=0)


def test_t5_gradcheck(inputs) -> None:
    leaves = [t.requires_grad_() for t in inputs]
    assert torch.autograd.gradcheck(lambda *x: chunked_linear_logsumexp(*x, chunk=5), leaves)


@pytest.mark.parametrize("frozen", range(4))
def test_frozen_inputs_get_no_gradient(inputs, frozen) -> None:
    for i, tensor in enumerate(inputs):
        tensor.requires_grad_(i != frozen)
    chunked_linear_logsumexp(*inputs, chunk=4).sum().backward()
    assert inputs[frozen].grad is None
    assert all(t.grad is not None for i, t in enumerate(inputs) if i != frozen)


def test_t5_extreme_logits_stay_finite() -> None:
    z = torch.tensor([[1e4, 0.0], [-1e4, 0.0]], requires_grad=True)
    W = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.5, 0.0]])
    result = chunked_linear_logsumexp(z, W, chunk=1)
    torch.testing.assert_close(result, torch.tensor([1e4, 1e4]))
    result.sum().backward()
    torch.testing.assert_close(z.grad[:, 0], torch.tensor([1.0, -1.0]))


def test_t5_a_chunk_of_minus_infinity_adds_nothing() -> None:
    z = torch.ones(1, 1)
    W = torch.tensor([[-torch.inf], [-torch.inf], [0.0], [1.0]])
    assert chunked_linear_logsumexp(z, W, chunk=2).item() == pytest.approx(1.3132617)
    assert chunked_linear_logsumexp(z, W[:2], chunk=1).item() == -torch.inf


def test_half_precision_weights_are_widened_a_chunk_at_a_time(inputs) -> None:
    z, W = (t.float() for t in inputs[:2])
    half = W.bfloat16()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        result = chunked_linear_logsumexp(z, half, chunk=4)
    torch.testing.assert_close(result, (z @ half.float().T).logsumexp(1), atol=1e-6, rtol=0)
