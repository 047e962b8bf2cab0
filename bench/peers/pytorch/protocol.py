"""The loop of a contender in Python: reads requests and writes replies, a line of JSON each (bench/suite/protocol.ts)."""

import json
import sys
import time

import numpy as np


class Refusal(Exception):
    """Why this contender does not take part in a case."""


class Way:
    """One way to run a case: `run` is a call, `outputs` gives its results as arrays."""

    def __init__(self, run, outputs, setting=""):
        self.run = run
        self.outputs = outputs
        self.setting = setting


def pattern(size, seed):
    """Numbers that look random, in [-0.5, 0.5]: the same as those of bench/suite/protocol.ts."""
    bits = np.arange(size, dtype=np.uint32) + np.uint32(seed * 0x9E3779B9 & 0xFFFFFFFF)
    bits = (bits ^ (bits >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    bits = (bits ^ (bits >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    bits ^= bits >> np.uint32(16)
    return (bits / 2.0**32 - 0.5).astype(np.float32)


def digest(values):
    values = np.asarray(values).reshape(-1)
    places = (np.arange(min(values.size, 64), dtype=np.int64) * 7919 + 13) % values.size
    return {"size": int(values.size), "samples": [float(value) for value in values[places]]}


def time_for(seconds, run):
    """Seconds of one call, on average over at least so many seconds; the first call is not counted."""
    run()
    calls, batch, elapsed = 0, 1, 0.0
    started = time.perf_counter()
    while elapsed < seconds or calls == 0:
        for _ in range(batch):
            run()
        calls += batch
        elapsed = time.perf_counter() - started
        if elapsed < seconds / 16:
            batch *= 2
    return (time.perf_counter() - started) / calls


def time_each(seconds, run):
    """Median and 99th percentile of single calls, over at least so many seconds."""
    run()
    times, elapsed = [], 0.0
    while elapsed < seconds or len(times) < 100:
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
        elapsed += times[-1]
    return {"seconds": float(np.quantile(times, 0.5)), "tail": float(np.quantile(times, 0.99))}


def fastest(ways):
    if len(ways) == 1:
        return ways[0]
    return min(ways, key=lambda way: time_for(0.05, way.run))


def serve(introduction, workloads, set_threads):
    """Answers requests until there are no more."""
    # Libraries may print: replies have a descriptor of their own.
    out, sys.stdout = sys.stdout, sys.stderr

    def reply(message):
        out.write(json.dumps(message) + "\n")
        out.flush()

    current = None
    reply(introduction)
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "prepare":
            current = None
            make = workloads.get(request["kind"])
            try:
                if make is None:
                    raise Refusal("not implemented")
                set_threads(request["threads"])
                current = fastest(make(request))
                outputs = [digest(values) for values in current.outputs()]
                reply({"outputs": outputs, "setting": current.setting})
            except Refusal as refusal:
                reply({"unsupported": str(refusal)})
        elif request["do"] == "time":
            each = request.get("each", False)
            reply(
                time_each(request["seconds"], current.run)
                if each
                else {"seconds": time_for(request["seconds"], current.run)}
            )
        else:
            current = None
            reply({})
