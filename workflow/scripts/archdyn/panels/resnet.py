"""The panel of section 2."""

CURVES = {
    "val_accuracy": "accuracy on validating images (share)",
    "train_accuracy": "accuracy on training images (share)",
    "train_loss": "training loss (nats)",
}
