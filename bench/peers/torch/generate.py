#!/usr/bin/env python3
"""Times transformers' generate on the model that `winnow bench engine --shape llama-3.1-8b` times: random weights, greedy, one sequence.

Prints one JSON object: tokens a second of decoding, the time to the first token, milliseconds between tokens. A machine without transformers or a
GPU gets the reason instead.
"""
import argparse
import json
import statistics
import sys
import time

try:
    import torch
    import transformers
except ImportError as error:
    print(json.dumps({"skipped": "transformers generate", "reason": f"not installed: {error}"}))
    sys.exit(0)

SHAPES = {
    "llama-3.1-8b": dict(vocab_size=128256, hidden_size=4096, intermediate_size=14336, num_hidden_layers=32, num_attention_heads=32, num_key_value_heads=8,
                         rms_norm_eps=1e-5, rope_theta=500000.0, max_position_embeddings=131072, tie_word_embeddings=False),
    "llama-3.2-1b": dict(vocab_size=128256, hidden_size=2048, intermediate_size=8192, num_hidden_layers=16, num_attention_heads=32, num_key_value_heads=8,
                         head_dim=64, rms_norm_eps=1e-5, rope_theta=500000.0, max_position_embeddings=131072, tie_word_embeddings=True),
}


class Clock(transformers.generation.streamers.BaseStreamer):
    """Stamps each token when it arrives; the first call is the prompt."""

    def __init__(self):
        self.stamps = []

    def put(self, value):
        self.stamps.append(time.perf_counter())

    def end(self):
        pass


def make(shape):
    config = transformers.LlamaConfig(**SHAPES[shape])
    with torch.device("meta"):
        model = transformers.LlamaForCausalLM(config).to(torch.bfloat16)
    model = model.to_empty(device="cuda").eval()
    for name, parameter in model.named_parameters():
        parameter.data.fill_(1.0) if "norm" in name else parameter.data.normal_(0.0, 0.02)
    model.model.rotary_emb = type(model.model.rotary_emb)(config=config, device="cuda")
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=sorted(SHAPES), default="llama-3.1-8b")
    parser.add_argument("--prompt-tokens", type=int, default=1024)
    parser.add_argument("--new-tokens", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=2, help="after one that does not count")
    options = parser.parse_args()
    if not torch.cuda.is_available():
        print(json.dumps({"skipped": "transformers generate", "reason": "PyTorch finds no GPU"}))
        return
    model = make(options.shape)
    prompt = torch.randint(10, 1000, (1, options.prompt_tokens), device="cuda")
    first, between = [], []
    for turn in range(options.rounds + 1):
        clock = Clock()
        torch.cuda.synchronize()
        start = time.perf_counter()
        with torch.inference_mode():
            model.generate(prompt, max_new_tokens=options.new_tokens, min_new_tokens=options.new_tokens, do_sample=False, streamer=clock, pad_token_id=0,
                           attention_mask=torch.ones_like(prompt), eos_token_id=None)
        if turn > 0:
            tokens = clock.stamps[1:]
            first.append(1e3 * (tokens[0] - start))
            between += [1e3 * (b - a) for a, b in zip(tokens, tokens[1:])]
    print(json.dumps({
        "peer": f"transformers {transformers.__version__} generate, {model.config._attn_implementation}", "shape": options.shape, "torch": torch.__version__,
        "device": torch.cuda.get_device_name(0), "prompt_tokens": options.prompt_tokens, "new_tokens": options.new_tokens,
        "time_to_first_token_ms": statistics.median(first), "between_tokens_ms": statistics.median(between),
        "decode_tokens_per_second": 1e3 / statistics.mean(between)}))


if __name__ == "__main__":
    main()
