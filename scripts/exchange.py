"""State dicts of Myelin in PyTorch: every layer that the tests compare with PyTorch is written by Myelin with weights of its own,
loaded strictly by PyTorch, and has to give the same output there. The other way round is what the tests do with test/golden.

    python scripts/exchange.py    (needs: pip install torch numpy scipy safetensors, and a built Myelin)
"""

import os
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path

import golden
import torch
from safetensors.torch import load_file

ROOT = Path(__file__).resolve().parent.parent


def layers_of(file):
    return golden.LAYERS if file == "layers" else import_module(f"golden_layers.{file.removeprefix('layers-')}").LAYERS


def fault_of(path):
    """What is wrong with a file, or None."""
    file, name, _ = path.name.rsplit(".", 2)
    found = load_file(path)
    module = layers_of(file)[name][0]().double()
    state = {key.removeprefix("state/"): value for key, value in found.items() if key.startswith("state/")}
    try:
        module.load_state_dict(state, strict=True)
    except RuntimeError as error:
        return str(error)
    inputs = [found[key] for key in ("x", "x1", "x2") if key in found]
    out = module.eval()(*inputs)
    if torch.allclose(out, found["out"], rtol=1e-9, atol=1e-9):
        return None
    return f"outputs differ by {(out - found['out']).abs().max().item()}"


def main():
    with tempfile.TemporaryDirectory() as folder:
        command = ["npx", "jest", "-w", "1", "test/nn", "-t", "is written for PyTorch"]
        subprocess.run(command, cwd=ROOT, env={**os.environ, "MYELIN_EXCHANGE": folder}, check=True)
        files = sorted(Path(folder).glob("*.safetensors"))
        faults = {path.name: fault for path in files if (fault := fault_of(path)) is not None}
    for name, fault in faults.items():
        print(f"{name}: {fault}")
    print(f"{len(files) - len(faults)} of {len(files)} layers give the same output in PyTorch")
    sys.exit(bool(faults) or not files)


main()
