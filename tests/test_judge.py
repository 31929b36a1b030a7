"""The classifier that judges samples works on few images, knows all classes of the data, and is refused at chance."""

import numpy as np
import pytest
import torch

from archdyn.data.synthetic import draw
from archdyn.errors import ArchdynError
from archdyn.networks.classifier import PIXELS, embed_images, unit_batches
from archdyn.networks.classifier_training import check_judge, train_classifier
from archdyn.settings.common import ClassifierTraining

CPU = torch.device("cpu")
SETTINGS = ClassifierTraining(epochs=4, batch_size=128, learning_rate=4e-3)


def few(classes: int = 10) -> dict[str, np.ndarray]:
    """32 training and 8 test images of each of 10 classes, or of the first so many."""
    arrays = {}
    for seed, (split, n) in enumerate((("train", 320), ("test", 80))):
        images, labels = draw(n, np.random.default_rng(seed))
        kept = labels < classes
        arrays |= {f"{split}_images": images[kept], f"{split}_labels": labels[kept].astype(np.int64)}
    return arrays


def test_it_works_on_few_images():
    """Twelve updates, which BatchNorm's running averages would hardly have noticed: they gave an accuracy of chance."""
    torch.manual_seed(0)
    _, epochs = train_classifier(few(), 10, SETTINGS, CPU)
    assert epochs[-1]["test_accuracy"] > 0.9


def test_a_class_without_images_is_a_class_all_the_same():
    torch.manual_seed(0)
    model, _ = train_classifier(few(classes=3), 10, SETTINGS, CPU)
    _, logits = embed_images(model, few(classes=3)["test_images"], CPU)
    assert logits.shape[1] == 10
    assert set(logits.argmax(1)) <= {0, 1, 2}


@pytest.mark.fault("one line, before anything is judged.")
def test_a_judge_at_chance_is_refused():
    labels = np.arange(80) % 10
    with pytest.raises(ArchdynError, match=r"right on 12% of 80 held-out images, which naming one class gets 10% of"):
        check_judge(0.125, labels)
    check_judge(0.5, labels)
    uneven = np.array([0] * 72 + [1] * 8)
    with pytest.raises(ArchdynError, match="gets 90% of"):
        check_judge(0.92, uneven)


def test_batches_of_large_images_are_small():
    images = np.zeros((7, 512, 512, 3), np.uint8)
    sizes = [len(batch) for batch in unit_batches(images, CPU)]
    assert sum(sizes) == 7
    assert max(sizes) * 512 * 512 <= PIXELS
