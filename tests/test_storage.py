"""Results and resources on S3, by Snakemake's own plugin, against a server on this machine."""

import shutil

import boto3
import pytest
from moto.server import ThreadedMotoServer

from conftest import Project

pytestmark = pytest.mark.long
BUCKET = "archdyn"
MODEL = "results/smoke/vae/models/kl5_seed0.safetensors"
STORED = ("--default-storage-provider", "s3", "--default-storage-prefix", f"s3://{BUCKET}/mine")
SMOKE = ("--cores", "2", "--configfile", "config/smoke.yaml", *STORED)


@pytest.fixture(scope="module")
def endpoint() -> str:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def s3(endpoint):
    """A client of the server, with a bucket for the project."""
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=endpoint, **keys)
    client.create_bucket(Bucket=BUCKET)
    return client


def clone(folder, endpoint: str) -> Project:
    project = Project.fresh(folder)
    settings = {"ENDPOINT_URL": endpoint, "ACCESS_KEY": "key", "SECRET_KEY": "secret"}
    project.environment |= {f"SNAKEMAKE_STORAGE_S3_{name}": value for name, value in settings.items()}
    return project


@pytest.fixture(scope="module")
def first(endpoint, s3, tmp_path_factory) -> Project:
    """A clone that trained a VAE."""
    project = clone(tmp_path_factory.mktemp("first"), endpoint)
    run = project.snakemake(MODEL, *SMOKE)
    assert run.returncode == 0, run.stdout[-3000:]
    return project


@pytest.fixture
def second(first, endpoint, tmp_path) -> Project:
    """Another clone, with the first one's records."""
    project = clone(tmp_path, endpoint)
    shutil.copytree(first.folder / ".snakemake/metadata", tmp_path / ".snakemake/metadata")
    return project


def test_all_is_in_the_bucket_and_nothing_in_the_clone(first, s3):
    stored = {entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET)["Contents"]}
    made = (MODEL, MODEL.replace("safetensors", "provenance.json"), "resources/datasets/synthetic_mnist/classes.json")
    assert {f"mine/{path}" for path in made} <= stored
    assert not any((first.folder / folder).exists() for folder in ("results/smoke", "resources/datasets"))


def test_a_second_clone_finds_everything_and_runs_nothing(second):
    assert "Nothing to be done" in second.snakemake(MODEL, *SMOKE).stdout


def test_a_changed_setting_runs_what_it_must(second):
    first = "    annealing_first: {seeds: []}\n"
    second.replace("config/smoke.yaml", first, f"    kl5: {{learning_rate: 5.0e-3}}\n{first}")
    assert second.planned(MODEL, *SMOKE) == {"vae_train": 1}
