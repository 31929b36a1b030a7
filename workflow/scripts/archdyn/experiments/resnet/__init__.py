"""Section 2: ResNet-152 on CIFAR-10."""
