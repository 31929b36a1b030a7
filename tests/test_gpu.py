"""What a GPU must do as the processor does: `make gpu-check`.

Tests of CUDA are skipped where there is none; there, tensors without numbers go the same ways. The file needs torch,
timm, numpy, PyYAML, pydantic, filelock, psutil and pytest, and for some tests what they skip without. On a machine with
no more:
    PYTHONPATH=workflow/scripts pytest --noconftest tests/test_gpu.py -k "not smoke"
"""

import json
import os
import subprocess
import sys
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import yaml
from torch._subclasses.fake_tensor import FakeTensorMode

from archdyn.data import backbones
from archdyn.errors import ArchdynError
from archdyn.experiments.gan.settings import GanTraining
from archdyn.experiments.gan.train import train_gan
from archdyn.experiments.resnet.model import freeze, remove_skips
from archdyn.experiments.resnet.settings import TransferTraining
from archdyn.experiments.resnet.train import train_transfer
from archdyn.experiments.vae.embed import decode_plane, embed_posterior, reconstruct, traverse
from archdyn.experiments.vae.model import Vae
from archdyn.experiments.vae.settings import VaeTraining
from archdyn.experiments.vae.train import train_vae
from archdyn.networks import capture, training_images
from archdyn.networks import device as devices
from archdyn.networks.backbones import Backbone, build
from archdyn.networks.classifier import Classifier
from archdyn.networks.classifier import embed_images as embed_by_classifier
from archdyn.networks.loop import Interruption, Trace
from archdyn.networks.preprocessing import Preprocess
from archdyn.settings.common import merged_condition
from archdyn.workflow.faults import explained
from archdyn.workflow.record import machine, write_record

ROOT = Path(__file__).resolve().parents[1]
CONFIG = yaml.safe_load((ROOT / "config/config.yaml").read_text())
CPU = torch.device("cpu")
EPOCHS, STEPS = 3, 6  # per epoch, the last of them on fewer images
TRAINABLE = ("head_published", "layer4_published", "noskip_corrected", "full_corrected")
TRAININGS = [
    *(f"gan {condition}" for condition in CONFIG["gan"]["conditions"]),
    *(f"vae {condition}" for condition in CONFIG["vae"]["conditions"]),
    *(f"resnet {condition} {precision}" for condition in TRAINABLE for precision in ("float32", "bfloat16")),
]
MASKED_WAYS = ["pixels", "mean", "tokens"]

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA device")


@pytest.fixture
def cuda():
    return picked("cuda")


def picked(kind: str, precision: str = "float32") -> torch.device:
    """The device of a job; what an earlier test locked is free again."""
    while devices._held:
        devices._held.pop().release()
    return devices.pick_device(kind, 1, precision)


def images(n: int = 350, size: int = 28) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, size, size), dtype=np.uint8)


def labelled() -> dict[str, np.ndarray]:
    labels = np.arange(350) % 10
    return {"train_images": images(), "train_labels": labels, "test_images": images(20), "test_labels": labels[:20]}


def settings_of(experiment: str, condition: str) -> dict:
    return merged_condition(CONFIG[experiment], condition) | {"epochs": EPOCHS, "batch_size": 64}


def drawn(name: str, device: torch.device, size: int | None = None) -> Backbone:
    """A backbone with weights drawn on the processor, alike on every device."""
    architecture = backbones.architecture(name)
    preprocessing = architecture["preprocessing"] | ({"size": size} if size else {})
    torch.manual_seed(0)
    model = build(architecture, 10).to(device, memory_format=torch.channels_last).eval()
    return Backbone(model, Preprocess(preprocessing, device), [], "drawn")


def train(name: str, device: torch.device, interruption: Interruption | None = None) -> list:
    """All that a short training leaves: weights and arrays, as CPU tensors, and the state of the device's generator."""
    experiment, condition, *precision = name.split()
    settings = settings_of(experiment, condition)
    torch.manual_seed(0)
    if experiment == "gan":
        training = GanTraining.model_validate(settings | {"images": 350})
        made = train_gan(images(), images(20), training, device, interruption=interruption)
        modules, arrays = [made.generator, made.discriminator], [made.steps, *made.samples.values()]
    elif experiment == "vae":
        training = VaeTraining.model_validate(settings | {"start": "fresh", "stop_after": None})
        made = train_vae(images(), images(20), training, device, interruption=interruption)
        modules, arrays = [made.model, made.optimiser], []
    else:
        backbone = drawn("resnet18-narrow", device)
        if not settings["skips"]:
            remove_skips(backbone.model)
        freeze(backbone.model, settings["trainable"])
        settings |= {"precision": precision[0], "validation_share": 0.1, "validation": "test", "size": None}
        training = TransferTraining.model_validate(settings)
        made = train_transfer(backbone, labelled(), training, 0, device, interruption=interruption)
        modules, arrays = [backbone.model], [made.logits]
    generator = torch.cuda.get_rng_state(device) if device.type == "cuda" else torch.get_rng_state()
    weights = [tensor.cpu() for module in modules for tensor in module.state_dict().values()]
    return [*weights, *map(torch.from_numpy, arrays), generator]


def same(first: list, second: list) -> bool:
    return all(torch.equal(*pair) for pair in zip(first, second, strict=True))


# --- Training ---


@needs_cuda
@pytest.mark.parametrize("name", TRAININGS)
def test_a_graph_trains_as_eager_steps_do(name, cuda, monkeypatch):
    captured = train(name, cuda)
    monkeypatch.setattr(capture, "WARMUP_STEPS", sys.maxsize)
    assert same(captured, train(name, cuda))


@needs_cuda  # tests/test_loop.py does it on the processor
@pytest.mark.parametrize("name", TRAININGS)
def test_a_training_is_repeated_and_resumed_bit_for_bit(name, cuda, tmp_path):
    whole = train(name, cuda)
    steps = count(1)
    # Within the second epoch, after the graph was captured.
    interruption = Interruption(tmp_path / "state", "same", lambda: next(steps) == STEPS + 4)
    with pytest.raises(ArchdynError, match="stopped on request after epoch 2, step 4"):
        train(name, cuda, interruption)
    assert same(whole, train(name, cuda, interruption))


@needs_cuda  # tests/test_resnet.py does it on the processor
def test_images_read_by_batch_train_as_resident_ones(cuda, monkeypatch):
    resident = train("resnet layer4_published float32", cuda)
    monkeypatch.setattr(training_images, "DEVICE_SHARE", 0.0)
    assert same(resident, train("resnet layer4_published float32", cuda))


# --- Embedding ---


def by_resnet(device, precision):
    from archdyn.experiments.resnet.embed import embed_layers, embed_penultimate

    backbone = drawn("resnet152-narrow", device)
    arrays = embed_layers(backbone, images(40), device, precision)
    return arrays | {"alone": embed_penultimate(backbone, images(40), device, precision)}


def by_vit(device, precision):
    pytest.importorskip("scipy")
    from archdyn.experiments.vit.embed import embed

    vit, masks = drawn("vit-small-4", device), np.tile(np.arange(49) % 2 == 0, (40, 1))
    passes = {"whole": (None, "pixels")} | {way: (masks, way) for way in MASKED_WAYS}
    arrays = {way: embed(vit, images(40), device, precision, *masked) for way, masked in passes.items()}
    return {f"{way} {name}": array for way, made in arrays.items() for name, array in made.items()}


def by_attention(device, _):
    pytest.importorskip("scipy")
    from archdyn.experiments.vit.embed import head_statistics, look

    vit = drawn("vit-small-4", device)
    return look(vit, images(4), device) | head_statistics(vit, images(40), device)


def by_grad_cam(device, _):
    from archdyn.experiments.vit.gradcam import grad_cam

    maps, logits, _ = grad_cam(drawn("resnet18-narrow", device, size=64), images(4), device)
    return {"maps": maps, "logits": logits}


def by_classifier(device, _):
    torch.manual_seed(0)
    features, logits = embed_by_classifier(Classifier((1, 28, 28), 10).to(device).eval(), images(40), device)
    return {"features": features, "logits": logits}


def by_vae(device, _):
    torch.manual_seed(0)
    model = Vae((1, 28, 28)).to(device).eval()
    posterior = embed_posterior(model, images(40), device)
    del posterior["errors"]  # of latents drawn at random
    with pytest.MonkeyPatch.context() as patch:
        # Pixels before they are rounded, and no latents drawn, which are others on each device.
        patch.setattr("archdyn.experiments.vae.embed.from_unit", lambda images: images.cpu().numpy())
        patch.setattr("archdyn.experiments.vae.model.sample_posterior", lambda mean, logvar: mean)
        posterior["reconstructions"] = reconstruct(model, images(40), device)
        posterior["plane"] = decode_plane(model, np.array([3, 7]), device)
        return posterior | {"traversal": traverse(model, device)}


def by_clip(device, precision):
    pytest.importorskip("open_clip")
    from archdyn.experiments.clip.embed import embed_images, embed_texts
    from archdyn.networks.clip import in_half

    clip = drawn("clip-narrow", device)
    model = in_half(clip.model, backbones.architecture("clip-narrow")) if precision == "float16" else clip.model
    texts = embed_texts(model, ["a {}"], ["cat", "dog"], device)
    return {"images": embed_images(model, clip.preprocess, images(40), device), "texts": texts}


EMBEDDINGS = [by_resnet, by_vit, by_attention, by_grad_cam, by_classifier, by_vae, by_clip]


@needs_cuda
@pytest.mark.parametrize("embedding", EMBEDDINGS)
def test_an_embedding_is_the_processors(embedding, cuda):
    expected, found = embedding(CPU, "float32"), embedding(cuda, "float32")
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, atol=1e-3 * np.abs(array).max(), err_msg=name)


def least_cosine(expected: np.ndarray, found: np.ndarray) -> float:
    """The least over the images."""
    a, b = (array.reshape(len(array), -1) for array in (expected, found))
    return ((a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)).min()


@pytest.mark.parametrize("kind", ["cpu", pytest.param("cuda", marks=needs_cuda)])
@pytest.mark.parametrize("embedding", [by_resnet, by_vit])
def test_an_embedding_of_half_the_bits_points_where_float32_does(embedding, kind):
    expected, found = embedding(CPU, "float32"), embedding(picked(kind, "bfloat16"), "bfloat16")
    for name, array in expected.items():
        assert least_cosine(array, found[name]) > 0.99, name


# --- Tensors left on the processor ---

GPU = torch.device("cuda", 0)


@pytest.fixture
def fake_cuda(monkeypatch):
    """Tensors on GPU without their numbers, on any machine: a product of one and one left on the processor fails.

    What is read from them is 1. Gradients, which torch computes on threads of a real device, are 0. Steps are not
    captured, and modules that are moved get new parameters, since torch cannot swap those of this kind.
    """

    def read(tensor, **_) -> np.ndarray:
        assert tensor.device == CPU, "numpy cannot read a GPU"
        return np.ones(tensor.shape, str(tensor.dtype).removeprefix("torch."))

    def moved(module, change, recurse=True):
        for child in module.children():
            child._apply(change)
        for name, tensor in [*module._parameters.items(), *module._buffers.items()]:
            if isinstance(tensor, torch.nn.Parameter):
                module._parameters[name] = torch.nn.Parameter(change(tensor), tensor.requires_grad)
            elif tensor is not None:
                module._buffers[name] = change(tensor)
        return module

    def zero_gradients(optimiser, set_to_none=True) -> None:
        for parameter in optimiser.param_groups[0]["params"]:
            parameter.grad = torch.zeros_like(parameter)

    monkeypatch.setattr(torch.Tensor, "backward", lambda loss, inputs=None: None)
    monkeypatch.setattr(torch.optim.Optimizer, "zero_grad", zero_gradients)
    monkeypatch.setattr(torch.autograd, "grad", lambda outputs, inputs: [torch.zeros_like(inputs)])
    monkeypatch.setattr(torch.Tensor, "numpy", read)
    monkeypatch.setattr(torch.Tensor, "item", lambda tensor: 1)
    monkeypatch.setattr(Trace, "all", lambda trace: trace.rows.cpu().numpy())
    monkeypatch.setattr(FakeTensorMode, "__deepcopy__", lambda mode, memo: mode, raising=False)
    monkeypatch.setattr(torch.nn.Module, "_apply", moved)
    monkeypatch.setattr(torch.cuda, "Stream", lambda device: None)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (2**36, 2**36))
    monkeypatch.setattr(torch.cuda, "get_rng_state", lambda device: None)
    monkeypatch.setattr(capture.CapturedStep, "__call__", lambda step, index: step._step(index))
    monkeypatch.setattr(sys.modules[__name__], "EPOCHS", 1)
    monkeypatch.setattr(sys.modules[__name__], "MASKED_WAYS", ["pixels", "mean"])  # which tokens stay is read
    # Constants that a module made when it was imported are real: they count as being on the processor.
    with FakeTensorMode(allow_non_fake_inputs=True):
        yield


@pytest.mark.parametrize("name", [name for name in TRAININGS if "bfloat16" not in name])  # autocast asks for a GPU
def test_a_training_leaves_no_tensor_on_the_processor(name, fake_cuda):
    train(name, GPU)


EACH = [*((embedding, "float32") for embedding in EMBEDDINGS), (by_clip, "float16")]


@pytest.mark.parametrize(("embedding", "precision"), EACH)
def test_an_embedding_leaves_no_tensor_on_the_processor(embedding, precision, fake_cuda):
    embedding(GPU, precision)


@pytest.mark.parametrize(
    ("module", "work"),
    [
        ("experiments.gan.train", lambda: train("gan baseline", GPU)),
        ("networks.inference", lambda: by_resnet(GPU, "float32")),
    ],
)
def test_a_tensor_that_is_left_on_the_processor_is_found(module, work, fake_cuda, monkeypatch):
    monkeypatch.setattr(f"archdyn.{module}.on_device", lambda images, device: torch.tensor(images))
    with pytest.raises(RuntimeError, match="at least two devices"):
        work()


# --- The device of a job ---


@needs_cuda
@pytest.mark.parametrize("precision", ["float32", "tf32", "bfloat16"])
def test_the_record_says_how_the_gpu_did_arithmetic(precision, tmp_path):
    device = picked("cuda", precision)
    torch.randn(64, 64, device=device) @ torch.randn(64, 64, device=device)
    write_record(tmp_path / "record.json", machine(device), device)
    record = json.loads((tmp_path / "record.json").read_text())
    tf32 = dict.fromkeys(["tf32_matmul", "tf32_convolution"], precision == "tf32")
    assert record["arithmetic"] == tf32 | {"cudnn_deterministic": True, "cublas_workspace": ":4096:8"}
    assert record["hardware"]["gpu"] == torch.cuda.get_device_name()
    assert record["peak_memory_mib"]["gpu_reserved"] >= 2


@pytest.fixture
def as_if_cuda(monkeypatch, tmp_path):
    """Answers of a machine with two GPUs, on any machine."""
    named = [SimpleNamespace(uuid=f"GPU-{number}") for number in range(2)]
    answers = {
        "init": lambda: None,
        "device_count": lambda: 2,
        "get_device_properties": lambda index: named[index],
        "get_device_capability": lambda device: (7, 0),
        "get_device_name": lambda device: "Tesla V100",
        "set_device": lambda device: None,
    }
    for name, answer in answers.items():
        monkeypatch.setattr(torch.cuda, name, answer)
    for name in ("allow_tf32", "deterministic", "benchmark"):
        monkeypatch.setattr(torch.backends.cudnn, name, getattr(torch.backends.cudnn, name))
    monkeypatch.setattr(torch, "ones", lambda *_, **__: torch.zeros(1))
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", "")
    monkeypatch.setattr(devices.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(devices, "_held", [])


def test_jobs_spread_over_the_visible_gpus(as_if_cuda):
    assert [str(devices.pick_device("cuda", 1)) for _ in range(2)] == ["cuda:0", "cuda:1"]
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
    assert torch.backends.cudnn.deterministic
    assert not torch.backends.cudnn.allow_tf32


@pytest.mark.fault("one line says why.")
@pytest.mark.parametrize("setting", ["auto", "cuda"])
@pytest.mark.parametrize(
    ("module", "call", "tried"),
    [(torch.cuda, "init", "the GPU"), (torch, "ones", r"Tesla V100 \(compute capability 7.0\)")],
    ids=["CUDA does not start", "torch has no code for this card"],
)
def test_a_gpu_that_cannot_be_used_stops_the_job(module, call, tried, setting, as_if_cuda, monkeypatch):
    def fails(*_, **__):
        raise RuntimeError("CUDA error: no kernel image isable for execution on the device\nmore")

    monkeypatch.setattr(module, call, fails)
    monkeypatch.setattr(devices, "has_gpu", lambda: setting == "auto")
    with pytest.raises(ArchdynError, match=f"{setting}, but {tried} cannot be used: .*no kernel image is") as stop:
        devices.pick_device(setting, 1)
    assert "\n" not in str(stop.value) and str(stop.value).endswith("; allowed: device=cpu")


@pytest.mark.parametrize("hidden", ["", "-1", "NoDevFiles"])
def test_a_hidden_gpu_is_none(hidden, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    assert not devices.has_gpu()


def test_a_job_on_the_processor_leaves_arithmetic_alone_and_names_no_gpu(tmp_path):
    before = torch.backends.cudnn.allow_tf32, torch.backends.cudnn.deterministic
    device = devices.pick_device("cpu", 1, "tf32")
    assert (torch.backends.cudnn.allow_tf32, torch.backends.cudnn.deterministic) == before
    write_record(tmp_path / "record.json", machine(device), device)
    record = json.loads((tmp_path / "record.json").read_text())
    assert record["device"] == "cpu"
    assert record["hardware"]["gpu"] is record["arithmetic"] is None
    assert record["peak_memory_mib"].keys() == {"host"}


# --- Too little memory ---


OUT_OF_MEMORY = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    RuntimeError("CUDA error: out of memory"),
    RuntimeError("CUDA driver error: out of memory"),
    RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
]


@pytest.mark.fault("one line says which batch to lower.")
@pytest.mark.parametrize("error", OUT_OF_MEMORY, ids=str)
def test_too_little_memory_names_the_batch_to_lower_that_of_embedding_first(error):
    params = {"training": {"batch_size": 32}, "embedding_batch": 256}
    line = explained(error, "vit_embed", params, Path("results"))
    assert line.startswith("out of GPU memory: lower embedding_batch (256 for vit_embed) in the config")


def test_too_little_memory_is_found_behind_another_error():
    error = RuntimeError("CUDA error: operation failed due to a previous error during capture")
    assert explained(error, "toy_train", {"batch_size": 64}, Path("results")) is None
    error.__context__ = OUT_OF_MEMORY[0]
    line = explained(error, "toy_train", {"batch_size": 64}, Path("results"))
    assert line.startswith("out of GPU memory: lower batch_size (64 for toy_train) in the config")


TOO_MUCH = """
import sys, torch
from pathlib import Path
from archdyn.networks.device import pick_device
from archdyn.workflow.faults import explained
from archdyn.networks.capture import CapturedStep
device = pick_device("cuda", 1)
in_capture = sys.argv[1] == "in capture"

def step(index):
    if torch.cuda.is_current_stream_capturing() == in_capture:
        torch.empty(torch.cuda.mem_get_info(device)[1] * 2, dtype=torch.uint8, device=device)

captured = CapturedStep(step, 8, device)
try:
    for _ in range(5):
        captured(torch.arange(8, device=device))
except Exception as error:
    print(explained(error, "toy_train", {"batch_size": 8}, Path("results")))
"""


@pytest.mark.fault("one line says which batch size to lower.")
@needs_cuda
@pytest.mark.parametrize("where", ["in capture", "outside"])
def test_too_little_memory_is_one_line(where):
    run = subprocess.run([sys.executable, "-c", TOO_MUCH, where], capture_output=True, text=True, check=True)
    assert run.stdout.startswith("out of GPU memory: lower batch_size (8 for toy_train)"), run.stdout + run.stderr


# --- The whole pipeline ---


@pytest.mark.long
@needs_cuda
def test_the_smoke_run_is_the_same_with_one_and_with_four_jobs_on_the_gpu(tmp_path):
    pytest.importorskip("snakemake")
    import pandas as pd

    from conftest import Project

    project, found = Project.fresh(tmp_path), []
    for run, gpus in (("one", 1), ("four", 4)):
        options = ["--configfile", "config/smoke.yaml", "--config", f"run={run}", "device=cuda"]
        made = project.snakemake("--cores", "4", "--resources", f"gpu={gpus}", *options)
        assert made.returncode == 0, made.stdout[-5000:]
        rows = pd.concat(map(pd.read_csv, sorted((tmp_path / "results" / run).glob("*/metrics/summary.csv"))))
        found.append(rows[rows["metric"] != "seconds"])  # which are the machine's
    pd.testing.assert_frame_equal(*found, check_exact=True)
    records = [json.loads(path.read_text()) for path in (tmp_path / "results").rglob("*.provenance.json")]
    asked = [record for record in records if record["params"].get("device") == "cuda"]
    assert asked
    assert all(record["device"].startswith("cuda") and record["hardware"]["gpu"] for record in asked)
