#!/usr/bin/env python3
"""Times PyTorch's CUDA batch_norm at the shapes of `normgauge bench --suite limits`.

The result goes beside a report of normgauge from the same machine:

    python3 scripts/torch_batch_norm.py --out torch.json
    normgauge report <folder of the report> --format html --beside torch.json --out index.html

Its form is $defs/Beside of reports/src/report.schema.json. float32 throughout; times are those of the device (CUDA events around many
calls, after a warm-up), in nanoseconds a call: the median of the samples, and the two samples between which it lies with at least 95 %
(the inversion of the sign test). A copy of x on the same device is timed in turns with every op. The calls of a sample are replayed
as one CUDA graph, as ours are recorded into one command buffer; where PyTorch cannot capture an op its calls are launched one by one.

`--dry-run` lists the cases and needs no torch.
"""

import argparse
import json
import math
import statistics
import subprocess
import sys
from datetime import datetime, timezone

# N, C, then the spatial sizes: the suite `limits` of harness/src/cases/suites.ts.
SHAPES = [
    (1, 64, 56, 56),
    (8, 64, 56, 56),
    (32, 64, 112, 112),
    (32, 256, 56, 56),
    (32, 512, 28, 28),
    (32, 2048, 7, 7),
    (256, 512),
    (4096, 1024),
]
OPS = ["forward-training", "inference", "backward"]
EPS = 1e-5
MOMENTUM = 0.1
WARM_UP_CALLS = 10
SAMPLE_NANOSECONDS = 5e6
MOST_CALLS = 1000


def cases():
    """Every (op, layout, shape); a matrix is the same memory in either layout, and stands once."""
    for op in OPS:
        for shape in SHAPES:
            for layout in ["nchw", "nhwc"] if len(shape) == 4 else ["nchw"]:
                yield op, layout, shape


def interval_ranks(count):
    """Rank of the lower end, from 1, and the probability that the median lies between it and its counterpart above."""
    below = 0.5**count
    rank, confidence = 1, max(0.0, 1 - 2 * below)
    for k in range(2, count // 2 + 1):
        below += math.comb(count, k - 1) * 0.5**count
        if 1 - 2 * below < 0.95:
            break
        rank, confidence = k, 1 - 2 * below
    return rank, confidence


def summary(samples, calls):
    """Median of nanoseconds a call, and its interval."""
    ordered = sorted(samples)
    rank, confidence = interval_ranks(len(ordered))
    return {
        "median": statistics.median(ordered),
        "low": ordered[rank - 1],
        "high": ordered[-rank],
        "confidence": confidence,
        "samples": len(ordered),
        "callsPerSample": calls,
    }


def work_of(torch, op, layout, shape):
    """What is to be timed, and the copy of x, as functions without arguments."""
    functional = torch.nn.functional
    generator = torch.Generator(device="cuda").manual_seed(1)

    def tensor():
        values = torch.randn(shape, generator=generator, device="cuda")
        return values.contiguous(memory_format=torch.channels_last) if layout == "nhwc" else values

    x, dy = tensor(), tensor()
    channels = shape[1]
    weight, bias = (torch.randn(channels, generator=generator, device="cuda") for _ in range(2))
    running_mean, running_var = torch.zeros(channels, device="cuda"), torch.ones(channels, device="cuda")
    target = torch.empty_like(x)

    def forward(training):
        return functional.batch_norm(x, running_mean, running_var, weight, bias, training, MOMENTUM, EPS)

    if op == "backward":
        inputs = [leaf.requires_grad_() for leaf in (x, weight, bias)]
        y = forward(True)

        def run():
            return torch.autograd.grad(y, inputs, dy, retain_graph=True)

    else:

        def run():
            with torch.no_grad():
                return forward(op == "forward-training")

    def copy():
        with torch.no_grad():
            target.copy_(x)

    return run, copy


def nanoseconds(torch, replay):
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    replay()
    end.record()
    end.synchronize()
    return start.elapsed_time(end) * 1e6


def many(torch, work, stream):
    """So many calls that a sample lasts, how many they are, and how they are launched."""

    def one_by_one(calls):
        for _ in range(calls):
            work()

    one_by_one(WARM_UP_CALLS)
    torch.cuda.synchronize()
    alone = nanoseconds(torch, lambda: one_by_one(WARM_UP_CALLS)) / WARM_UP_CALLS
    calls = max(1, min(MOST_CALLS, round(SAMPLE_NANOSECONDS / max(alone, 1))))
    graph = torch.cuda.CUDAGraph()
    try:
        with torch.cuda.graph(graph, stream=stream):
            one_by_one(calls)
    except RuntimeError as error:
        torch.cuda.synchronize()
        print(f"not captured as a graph: {error}", file=sys.stderr)
        return lambda: one_by_one(calls), calls, "one by one"
    return graph.replay, calls, "graph"


def timed(torch, op, layout, shape, samples):
    # a stream of its own for all of it: the default one cannot be captured, and autograd runs a gradient where its forward ran
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        run, copy = work_of(torch, op, layout, shape)
        replay, calls, launched = many(torch, run, stream)
        replay_copy, copies, _ = many(torch, copy, stream)
        taken, taken_copies = [], []
        for sample in range(samples + 1):
            of_run = nanoseconds(torch, replay) / calls
            of_copy = nanoseconds(torch, replay_copy) / copies
            # the first is warm-up: a graph is uploaded when it is first replayed
            if sample > 0:
                taken.append(of_run)
                taken_copies.append(of_copy)
    return {
        "op": op,
        "layout": layout,
        "shape": list(shape),
        "launched": launched,
        "run": summary(taken, calls),
        "copy": summary(taken_copies, copies),
    }


def driver_version():
    try:
        asked = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
        answer = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
        return answer.splitlines()[0].strip()
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "unknown"


def document(torch, samples):
    started = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    results = []
    for op, layout, shape in cases():
        result = timed(torch, op, layout, shape, samples)
        print(f"{op} {layout} {'x'.join(map(str, shape))}: {result['run']['median']:.0f} ns", file=sys.stderr)
        results.append(result)
        torch.cuda.empty_cache()
    return {
        "version": 1,
        "name": "PyTorch",
        "startedAt": started,
        "device": torch.cuda.get_device_name(),
        "versions": {
            "torch": torch.__version__,
            "CUDA": str(torch.version.cuda),
            "cuDNN": str(torch.backends.cudnn.version()),
            "driver": driver_version(),
            "Python": sys.version.split()[0],
        },
        "results": results,
    }


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--out", help="where the JSON goes (default: standard output)")
    options.add_argument("--samples", type=int, default=31, help="samples of each time (default: 31)")
    options.add_argument("--dry-run", action="store_true", help="list the cases and time nothing")
    asked = options.parse_args()
    if asked.samples < 1:
        options.error(f"--samples: expected at least 1, got {asked.samples}")
    if asked.dry_run:
        for op, layout, shape in cases():
            print(op, layout, "x".join(map(str, shape)), f"{4 * math.prod(shape) / 1e6:.1f} MB")
        return
    try:
        import torch
    except ImportError as error:
        sys.exit(f"torch_batch_norm.py: expected PyTorch with CUDA, got none ({error}); pip install torch, or use --dry-run")
    if not torch.cuda.is_available():
        sys.exit("torch_batch_norm.py: expected a CUDA device, PyTorch sees none; look at nvidia-smi and torch.version.cuda")
    text = json.dumps(document(torch, asked.samples), indent=2) + "\n"
    if asked.out is None:
        sys.stdout.write(text)
        return
    with open(asked.out, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
