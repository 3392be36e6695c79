#!/usr/bin/env python3
"""Winnow's kernels and those of PyTorch and Triton, taking turns: rounds of `winnow kernels bench` and of the peers, and a table of ratios.

    python3 bench/peers/gpu/compare.py --winnow path/to/winnow [--rounds 3] [--only attention/prefill] [--json lines.jsonl]

The ratio is the quickest peer's time over Winnow's, above 1 where Winnow is quicker: the median over rounds of the ratios of medians.
"""
import argparse
import json
import pathlib
import shlex
import statistics
import subprocess
import sys

PEERS = [pathlib.Path(__file__).resolve().parent.parent / peer / "peers.py" for peer in ("torch", "triton")]


def lines_of(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        sys.exit(f"compare.py: {command[0]} printed nothing (exit code {done.returncode}): {done.stderr.strip()[-400:]}")
    if done.stderr.strip():
        print(done.stderr.strip(), file=sys.stderr)
    return lines


def key_of(line):
    return line["family"], line["case"], line["shape"]


def run_round(options, log):
    ours = lines_of([*shlex.split(options.winnow), "kernels", "bench", "--json", "--filter", options.only])
    theirs = [line for peer in PEERS for line in lines_of([sys.executable, str(peer), "--only", options.only])]
    for line in ours + theirs:
        log.write(json.dumps(line) + "\n")
    log.flush()
    if ours[0]["kind"] != "measured":
        sys.exit("compare.py: Winnow found no GPU, so there is nothing to compare")
    return {key_of(line): line for line in ours}, theirs


def table(rounds):
    skipped = {}
    times, ratios, shares = {}, {}, {}
    for ours, theirs in rounds:
        best = {}
        for line in theirs:
            if "skipped" in line:
                skipped[(*key_of(line), line["peer"]) if "case" in line else ("all of a program", line["reason"])] = line["reason"]
            elif "case" in line and key_of(line) in ours:
                key = key_of(line)
                if key not in best or line["median_us"] < best[key]["median_us"]:
                    best[key] = line
        for key, peer in best.items():
            own = ours[key]["median_us"]
            times.setdefault(key, []).append((own, peer["median_us"], peer["peer"]))
            ratios.setdefault(key, []).append(peer["median_us"] / own)
            shares[key] = ours[key]["part_of_peak"]
    print("| case | shape | Winnow us | peer us | quickest peer | ratio | rounds | of measured peak |")
    print("|---|---|---|---|---|---|---|---|")
    for key, measured in times.items():
        own, other = statistics.median(m[0] for m in measured), statistics.median(m[1] for m in measured)
        spread = f"{min(ratios[key]):.2f} to {max(ratios[key]):.2f}"
        print(f"| {key[0]}/{key[1]} | {key[2]} | {own:.1f} | {other:.1f} | {measured[0][2]} | {statistics.median(ratios[key]):.2f} | {spread} | {100 * shares[key]:.0f}% |")
    for key, reason in skipped.items():
        print(f"skipped: {' '.join(key[:4] if len(key) > 2 else key[:1])}: {reason}")
    print(f"{len(times)} cases compared, {len(skipped)} peers skipped")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--winnow", required=True, help="the winnow program, or the command that starts it")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="a part of family/case or shape")
    parser.add_argument("--json", default="/dev/null", help="where all lines of all rounds go")
    options = parser.parse_args()
    with open(options.json, "w") as log:
        table([run_round(options, log) for _ in range(options.rounds)])


if __name__ == "__main__":
    main()
