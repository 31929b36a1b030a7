"""PyTorch's compiler stays away from jobs, and is there for whoever asks for it."""

import subprocess
import sys

STEP = """
import torch
weight = torch.nn.Parameter(torch.ones(2))
optimiser = torch.optim.Adam([weight], lr=0.5)
weight.square().sum().backward()
optimiser.step()
optimiser.zero_grad()
assert torch.allclose(weight, torch.tensor(0.5))
"""
LOADED = """
import sys
print("sympy" in sys.modules, "torch._dynamo.eval_frame" in sys.modules)
"""


def printed(code: str) -> str:
    return subprocess.check_output([sys.executable, "-c", f"import archdyn{code}"], text=True).strip()


def test_a_training_step_and_the_networks_libraries_do_not_import_it():
    assert printed(STEP + "import open_clip, timm\n" + LOADED) == "False False"


def test_asked_for_it_is_imported_and_compiles():
    code = """
import torch
before = torch.optim.Adam([torch.nn.Parameter(torch.ones(1))])
seen = []
def backend(graph, inputs):
    seen.append([node.op for node in graph.graph.nodes])
    return graph.forward
compiled = torch.compile(lambda x: x + 1, backend=backend)
assert compiled(torch.ones(1)).item() == 2
assert len(seen) == 1
"""
    assert printed(code + STEP + LOADED) == "True True"


def test_what_torchvision_asks_of_it_is_answered_by_it():
    code = """
from torchvision.ops.roi_align import is_compile_supported
from torch._dynamo.utils import is_compile_supported as real
"""
    check = "assert is_compile_supported('cpu') == real('cpu'); assert not is_compile_supported('meta')"
    assert printed(code + check + LOADED) == "True True"
