#!/usr/bin/env python3
"""Times what PyTorch offers for the cases of `winnow kernels bench`, the same way (gpu/timing.py).

Prints one JSON object a line: family, case and shape as Winnow names them, which peer, and the median with its spread. A peer that this
machine or version of PyTorch does not have is a line with "skipped" and the reason. `--only TEXT` takes the cases with that in their name.
"""
import json
import pathlib
import sys

try:
    import torch
    import torch.nn.functional as F
    from torch.nn.attention import SDPBackend, sdpa_kernel
except ImportError as error:
    print(json.dumps({"skipped": "all", "reason": f"PyTorch is not installed: {error}"}))
    sys.exit(0)

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "gpu"))
from timing import (FEED_FORWARD, HEAD_DIM, HEADS, HIDDEN, KV_HEADS, PREFILL_TOKENS, VOCABULARY, attention_shape, linear_shape,  # noqa: E402
                    quantile, run)

BACK_ENDS = {"flash": SDPBackend.FLASH_ATTENTION, "cudnn": SDPBackend.CUDNN_ATTENTION, "efficient": SDPBackend.EFFICIENT_ATTENTION, "math": SDPBackend.MATH}
MOST_MATH_TOKENS = 1024  # The math back end keeps all scores in memory.


def attention_cases():
    def case(name, sequences, slots, tokens, dtype, causal):
        shape = attention_shape(sequences, tokens, slots)

        def prepare(back_end):
            if back_end == "math" and tokens > MOST_MATH_TOKENS:
                raise RuntimeError(f"keeps all scores in memory: only up to {MOST_MATH_TOKENS} tokens here")
            q = torch.randn(sequences, HEADS, tokens, HEAD_DIM, device="cuda", dtype=dtype)
            k, v = (torch.randn(sequences, KV_HEADS, slots, HEAD_DIM, device="cuda", dtype=dtype) for _ in range(2))

            def call():
                with sdpa_kernel(BACK_ENDS[back_end]):
                    F.scaled_dot_product_attention(q, k, v, is_causal=causal and tokens > 1, enable_gqa=True)

            return call

        return "attention", name, shape, [(f"sdpa {back_end}", lambda b=back_end: prepare(b)) for back_end in BACK_ENDS]

    for sequences, slots in ((1, 1024), (1, 4096), (1, 16384), (8, 2048), (32, 16384)):
        yield case("decode", sequences, slots, 1, torch.float16, False)
    for tokens in PREFILL_TOKENS:
        yield case("prefill BF16", 1, tokens, tokens, torch.bfloat16, True)
        yield case("prefill BF16, bidirectional", 1, tokens, tokens, torch.bfloat16, False)


def linear_cases():
    def case(name, rows, outputs, dtype):
        def prepare():
            x = torch.randn(rows, HIDDEN, device="cuda", dtype=dtype)
            w = torch.randn(outputs, HIDDEN, device="cuda", dtype=dtype)
            y = torch.empty(rows, outputs, device="cuda", dtype=dtype)
            return lambda: torch.mm(x, w.t(), out=y)

        return "linear", name, linear_shape(rows, outputs), [("cublas matmul", prepare)]

    yield case("matvec F16", 1, HIDDEN, torch.float16)
    yield case("matvec BF16", 1, HIDDEN, torch.bfloat16)
    yield case("matvec BF16", 1, FEED_FORWARD, torch.bfloat16)
    yield case("matvec F16", 8, HIDDEN, torch.float16)
    for rows in (512, 4096):
        yield case("matmul BF16", rows, HIDDEN, torch.bfloat16)
    yield case("matmul F16", 512, HIDDEN, torch.float16)


def norm_cases():
    def prepare():
        x, weight = torch.randn(512, HIDDEN, device="cuda"), torch.randn(HIDDEN, device="cuda")
        return lambda: F.rms_norm(x, (HIDDEN,), weight, 1e-5)

    yield "norm", "rms norm", f"512 x {HIDDEN}", [("rms_norm", prepare)]


def sampling_cases():
    def logits():
        return 3 * torch.randn(1, VOCABULARY, device="cuda")

    def greedy():
        x = logits()
        return lambda: torch.log_softmax(x, -1).max(-1)

    def draw(probabilities):
        """A token by the exponential trick, which waits for nothing and so can be recorded."""
        return (probabilities / torch.empty_like(probabilities).exponential_()).argmax(-1)

    def top_k_top_p():
        x = logits()

        def call():
            values, tokens = torch.topk(x / 0.8, 40)
            p = torch.softmax(values, -1)
            p = torch.where(torch.cumsum(p, -1) - p < 0.95, p, 0)
            return tokens.gather(-1, draw(p)[:, None])

        return call

    def top_p():
        x = logits()

        def call():
            values, tokens = torch.sort(x / 0.8, descending=True)
            p = torch.softmax(values, -1)
            p = torch.where(torch.cumsum(p, -1) - p < 0.95, p, 0)
            return tokens.gather(-1, draw(p)[:, None])

        return call

    for name, prepare in (("greedy", greedy), ("top-k 40, top-p 0.95", top_k_top_p), ("top-p 0.95", top_p)):
        yield "sampling", name, f"1 x {VOCABULARY}", [("torch operations", prepare)]


def peaks(timer):
    source = torch.randn(1 << 28, device="cuda")
    target = torch.empty_like(source)
    copy = quantile(timer(lambda: target.copy_(source)), 0.5)
    a, b = (torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    product = quantile(timer(lambda: a @ b), 0.5)
    return {"copy_bytes_per_second": 2e6 * source.nbytes / copy, "cublas_flops_per_second": 2e6 * 8192**3 / product}


def cases():
    for family in (attention_cases, linear_cases, norm_cases, sampling_cases):
        yield from family()


if __name__ == "__main__":
    run(__doc__, cases(), peaks)
