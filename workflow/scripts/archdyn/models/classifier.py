"""A small CNN that judges generated images: which class, and in which feature space distances are taken."""

from torch import Tensor, nn


class Classifier(nn.Module):
    """Images (n, channels, h, w) in [0, 1] -> logits (n, classes); `features` gives the 128 values before."""

    def __init__(self, shape: tuple[int, ...], classes: int):
        super().__init__()
        self.shape, self.classes = shape, classes
        channels, height, width = shape
        self.body = nn.Sequential(
            nn.Conv2d(channels, 16, 5, stride=2, padding=2, bias=False),
            *_norm_relu(16),
            nn.Conv2d(16, 32, 3, padding=1, bias=False),
            *_norm_relu(32),
            nn.MaxPool2d(2, ceil_mode=True),
            nn.Conv2d(32, 64, 3, padding=1, bias=False),
            *_norm_relu(64),
            nn.Flatten(),
            nn.Linear(64 * -(-height // 4) * -(-width // 4), 128),
            nn.ReLU(),
        )
        self.head = nn.Linear(128, classes)

    def features(self, x: Tensor) -> Tensor:
        """Penultimate activations (n, 128), non-negative."""
        return self.body(x)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x))


def _norm_relu(channels: int) -> tuple[nn.Module, nn.Module]:
    return nn.BatchNorm2d(channels), nn.ReLU()
