"""Writes test/golden/dtypes.json: what PyTorch says of its dtypes. Needs a Python with torch.

python scripts/golden_dtypes.py
"""

import json
import pathlib

import torch

NAMES = "bool uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64".split()
TYPES = {name: getattr(torch, name) for name in NAMES}


def table(f):
    return {a: {b: f(TYPES[a], TYPES[b]) for b in NAMES} for a in NAMES}


def name_of(dtype):
    return str(dtype).removeprefix("torch.")


def float_info(name):
    info = torch.finfo(TYPES[name])
    fields = ["bits", "eps", "max", "min", "tiny", "resolution"]
    return {field: getattr(info, field) for field in fields} | {"smallestNormal": info.smallest_normal}


def integer_info(name):
    info = torch.iinfo(TYPES[name])
    return {"bits": info.bits, "min": str(info.min), "max": str(info.max)}


GOLDEN = {
    "promoteTypes": table(lambda a, b: name_of(torch.promote_types(a, b))),
    "canCast": table(torch.can_cast),
    "withInteger": {a: name_of(torch.result_type(torch.ones(2, dtype=TYPES[a]), 3)) for a in NAMES},
    "withFraction": {a: name_of(torch.result_type(torch.ones(2, dtype=TYPES[a]), 0.5)) for a in NAMES},
    "finfo": {name: float_info(name) for name in NAMES if TYPES[name].is_floating_point},
    "iinfo": {name: integer_info(name) for name in NAMES if name != "bool" and not TYPES[name].is_floating_point},
}

pathlib.Path(__file__).parent.parent.joinpath("test/golden/dtypes.json").write_text(json.dumps(GOLDEN, indent=1) + "\n")
