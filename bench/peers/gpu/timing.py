"""What the peers on a GPU share: the shapes, how a call is timed, and the lines that are printed, one JSON object each.

Times are taken as `winnow kernels bench` takes them: events around one call, the second-level cache written over before it.
"""
import argparse
import json

import torch

HEADS, KV_HEADS, HEAD_DIM = 32, 8, 128
HIDDEN, FEED_FORWARD, VOCABULARY = 4096, 14336, 128256
PREFILL_TOKENS = (512, 1024, 4096, 16384)


def attention_shape(sequences, tokens, slots):
    return f"{sequences} x {tokens} tokens, {slots} slots"


def linear_shape(rows, outputs):
    return f"{rows} x {HIDDEN} x {outputs}"


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


def run(description, cases, about=lambda timer: {}):
    """Times cases of (family, name, shape, [(peer, prepare)]); prepare gives the call. What fails is a line with the reason."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="a part of family/case or shape")
    parser.add_argument("--samples", type=int, default=50)
    options = parser.parse_args()
    if not torch.cuda.is_available():
        print(json.dumps({"skipped": "all", "reason": "PyTorch finds no GPU"}))
        return
    timer = Timer(options.samples)
    print(json.dumps({"device": torch.cuda.get_device_name(0), "torch": torch.__version__, **about(timer)}), flush=True)
    for family, name, shape, peers in cases:
        if options.only not in f"{family}/{name} {shape}":
            continue
        for peer, prepare in peers:
            line = {"family": family, "case": name, "shape": shape, "peer": peer}
            try:
                times = timer(prepare())
                line |= {"median_us": quantile(times, 0.5), "p10_us": quantile(times, 0.1), "p90_us": quantile(times, 0.9), "samples": len(times)}
            except Exception as error:  # Whatever a peer may raise, a compiler's own errors too: the others go on.
                line |= {"skipped": peer, "reason": (str(error).splitlines() or [type(error).__name__])[0]}
                torch.cuda.synchronize()
            print(json.dumps(line), flush=True)
        torch.cuda.empty_cache()
