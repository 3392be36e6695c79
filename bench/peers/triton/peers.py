#!/usr/bin/env python3
"""Times kernels in Triton for cases of `winnow kernels bench`, the same way (gpu/timing.py). Each is compared with PyTorch before it is timed.

Prints what torch/peers.py prints. A machine without Triton, PyTorch or a GPU, and a kernel that fails or is wrong, is a line with "skipped"
and the reason.
"""
import json
import math
import pathlib
import sys

try:
    import torch
    import torch.nn.functional as F
    import triton
except ImportError as error:
    print(json.dumps({"skipped": "all", "reason": f"Triton is not installed: {error}"}))
    sys.exit(0)

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "gpu"))
import kernels  # noqa: E402
from timing import HEAD_DIM, HEADS, HIDDEN, KV_HEADS, PREFILL_TOKENS, VOCABULARY, attention_shape, linear_shape, run  # noqa: E402

GREEDY_TILE = 1024


# Units in the last place of the greatest value. Results of 16 bits are rounded once from sums that differ by much less; floats come out of sums in
# another order and of square roots, divisions and logarithms with errors of some units each, on both sides.
UNITS = {torch.bfloat16: 2, torch.float16: 2, torch.float32: 16}


def checked(call, output, expected, what):
    """The call, if it gives what PyTorch does."""
    call()
    allowed = UNITS[output.dtype] * torch.finfo(output.dtype).eps * expected.abs().max().item()
    worst = (output.double() - expected.double()).abs().max().item()
    if not worst <= allowed:
        raise RuntimeError(f"{what} is wrong: it differs from PyTorch by {worst:.3g}, and {allowed:.3g} is allowed")
    return call


def attention(tokens, causal):
    q = torch.randn(1, HEADS, tokens, HEAD_DIM, device="cuda", dtype=torch.bfloat16)
    k, v = (torch.randn(1, KV_HEADS, tokens, HEAD_DIM, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    output = torch.empty_like(q)
    scale = math.log2(math.e) / math.sqrt(HEAD_DIM)

    def call():
        kernels.attention[lambda meta: (tokens // meta["row_tile"], HEADS)](q, k, v, output, tokens, scale, HEADS // KV_HEADS, causal, HEAD_DIM)

    return checked(call, output, F.scaled_dot_product_attention(q, k, v, is_causal=causal, enable_gqa=True), "attention")


def matmul(rows, outputs, dtype):
    x = torch.randn(rows, HIDDEN, device="cuda", dtype=dtype)
    w = torch.randn(outputs, HIDDEN, device="cuda", dtype=dtype)
    y = torch.empty(rows, outputs, device="cuda", dtype=dtype)

    def call():
        kernels.matmul[lambda meta: (rows // meta["row_tile"] * (outputs // meta["column_tile"]),)](x, w, y, rows, outputs, HIDDEN)

    return checked(call, y, x @ w.t(), "the product")


def rms_norm(rows):
    x, weight = torch.randn(rows, HIDDEN, device="cuda"), torch.randn(HIDDEN, device="cuda")
    y = torch.empty_like(x)
    return checked(lambda: kernels.rms_norm[(rows,)](x, weight, y, 1e-5, HIDDEN, num_warps=8), y, F.rms_norm(x, (HIDDEN,), weight, 1e-5), "the norm")


def greedy():
    x = 3 * torch.randn(VOCABULARY, device="cuda")
    parts = triton.cdiv(VOCABULARY, GREEDY_TILE)
    states, places = torch.empty(parts, 2, device="cuda"), torch.empty(parts, device="cuda", dtype=torch.int32)
    token, log_probability = torch.empty(1, device="cuda", dtype=torch.int32), torch.empty(1, device="cuda")

    def call():
        kernels.greedy_parts[(parts,)](x, states, places, VOCABULARY, GREEDY_TILE)
        kernels.greedy[(1,)](states, places, token, log_probability, parts, triton.next_power_of_2(parts))

    call = checked(call, log_probability, torch.log_softmax(x, -1).max(-1, keepdim=True).values, "the logarithm of the probability")
    if token.item() != x.argmax().item():
        raise RuntimeError(f"the token is wrong: {token.item()} in place of {x.argmax().item()}")
    return call


def cases():
    for tokens in PREFILL_TOKENS:
        for name, causal in (("prefill BF16", True), ("prefill BF16, bidirectional", False)):
            yield "attention", name, attention_shape(1, tokens, tokens), [("triton attention", lambda t=tokens, c=causal: attention(t, c))]
    for name, rows, dtype in (("matmul BF16", 512, torch.bfloat16), ("matmul BF16", 4096, torch.bfloat16), ("matmul F16", 512, torch.float16)):
        yield "linear", name, linear_shape(rows, HIDDEN), [("triton matmul", lambda r=rows, d=dtype: matmul(r, HIDDEN, d))]
    yield "norm", "rms norm", f"512 x {HIDDEN}", [("triton norm", lambda: rms_norm(512))]
    yield "sampling", "greedy", f"1 x {VOCABULARY}", [("triton greedy", greedy)]


if __name__ == "__main__":
    run(__doc__, cases(), lambda timer: {"triton": triton.__version__})
