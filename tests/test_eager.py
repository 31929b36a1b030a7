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
print(*(name in sys.modules for name in ("sympy", "torch._dynamo.eval_frame", "torch._decomp.decompositions")))
"""


def printed(code: str) -> str:
    return subprocess.check_output([sys.executable, "-c", f"import archdyn{code}"], text=True).strip()


def test_a_training_step_and_the_networks_libraries_do_not_import_it():
    assert printed(STEP + "import open_clip, timm\n" + LOADED) == "False False False"


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
    assert printed(code + STEP + LOADED) == "True True True"


def test_what_is_compiled_gets_the_shapes_that_operators_return():
    code = """
import torch
model = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3, stride=2), torch.nn.BatchNorm2d(8), torch.nn.ReLU()).eval()
images = torch.rand(4, 3, 16, 16)
torch.testing.assert_close(torch.compile(model, backend="aot_eager", fullgraph=True)(images), model(images))
print(torch.ones(2, 3, device="meta").matmul(torch.ones(3, 5, device="meta")).shape)
"""
    assert printed(code) == "torch.Size([2, 5])"


def test_what_torchvision_asks_of_it_is_answered_by_it():
    code = """
from torchvision.ops.roi_align import is_compile_supported
from torch._dynamo.utils import is_compile_supported as real
"""
    check = "assert is_compile_supported('cpu') == real('cpu'); assert not is_compile_supported('meta')"
    assert printed(code + check + LOADED) == "True True True"
