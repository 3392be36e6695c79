#!/usr/bin/env python3
"""Times what PyTorch offers for the cases of `winnow kernels bench`, the same way: events around one call, L2 written over before it.

Prints one JSON object a line: family, case and shape as Winnow names them, which peer, and the median with its spread. A peer that this
machine or version of PyTorch does not have is a line with "skipped" and the reason. `--only TEXT` takes the cases with that in their name.
"""
import argparse
import json
import sys

try:
    import torch
    import torch.nn.functional as F
    from torch.nn.attention import SDPBackend, sdpa_kernel
except ImportError as error:
    print(json.dumps({"skipped": "all", "reason": f"PyTorch is not installed: {error}"}))
    sys.exit(0)

HEADS, KV_HEADS, HEAD_DIM = 32, 8, 128
HIDDEN, FEED_FORWARD, VOCABULARY = 4096, 14336, 128256
BACK_ENDS = {"flash": SDPBackend.FLASH_ATTENTION, "cudnn": SDPBackend.CUDNN_ATTENTION, "efficient": SDPBackend.EFFICIENT_ATTENTION, "math": SDPBackend.MATH}
MOST_MATH_TOKENS = 1024  # The math back end keeps all scores in memory.


def quantile(ordered, part):
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


class Timer:
    """Microseconds of one call: launched directly or replayed as a graph, whichever is quicker, so that no gap of the host's counts."""

    def __init__(self, samples):
        self.samples = samples
        self.flush = torch.empty(2 * torch.cuda.get_device_properties(0).L2_cache_size, dtype=torch.uint8, device="cuda")

    def _times(self, call):
        times = []
        for sample in range(-5, self.samples):
            start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            self.flush.zero_()
            start.record()
            call()
            end.record()
            end.synchronize()
            if sample >= 0:
                times.append(1e3 * start.elapsed_time(end))
        return sorted(times)

    def __call__(self, call):
        call()
        torch.cuda.synchronize()
        best = self._times(call)
        try:
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                call()
            replayed = self._times(graph.replay)
            best = min(best, replayed, key=lambda times: quantile(times, 0.5))
        except RuntimeError:  # What waits for the device cannot be recorded.
            torch.cuda.synchronize()
        return best


def attention_cases():
    def case(name, sequences, slots, tokens, dtype, causal):
        shape = f"{sequences} x {tokens} tokens, {slots} slots"

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
    for tokens in (512, 1024, 4096, 16384):
        yield case("prefill BF16", 1, tokens, tokens, torch.bfloat16, True)
        yield case("prefill BF16, bidirectional", 1, tokens, tokens, torch.bfloat16, False)


def linear_cases():
    def case(name, rows, outputs, dtype):
        def prepare():
            x = torch.randn(rows, HIDDEN, device="cuda", dtype=dtype)
            w = torch.randn(outputs, HIDDEN, device="cuda", dtype=dtype)
            y = torch.empty(rows, outputs, device="cuda", dtype=dtype)
            return lambda: torch.mm(x, w.t(), out=y)

        return "linear", name, f"{rows} x {HIDDEN} x {outputs}", [("cublas matmul", prepare)]

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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="a part of family/case or shape")
    parser.add_argument("--samples", type=int, default=50)
    options = parser.parse_args()
    if not torch.cuda.is_available():
        print(json.dumps({"skipped": "all", "reason": "PyTorch finds no GPU"}))
        return
    timer = Timer(options.samples)
    print(json.dumps({"device": torch.cuda.get_device_name(0), "torch": torch.__version__, **peaks(timer)}), flush=True)
    for cases in (attention_cases(), linear_cases(), norm_cases(), sampling_cases()):
        for family, name, shape, peers in cases:
            if options.only not in f"{family}/{name} {shape}":
                continue
            for peer, prepare in peers:
                line = {"family": family, "case": name, "shape": shape, "peer": peer}
                try:
                    times = timer(prepare())
                    line |= {"median_us": quantile(times, 0.5), "p10_us": quantile(times, 0.1), "p90_us": quantile(times, 0.9), "samples": len(times)}
                except (RuntimeError, NotImplementedError, TypeError) as error:
                    line |= {"skipped": peer, "reason": str(error).splitlines()[0]}
                    torch.cuda.synchronize()
                print(json.dumps(line), flush=True)
            torch.cuda.empty_cache()


if __name__ == "__main__":
    main()
