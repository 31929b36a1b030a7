"""CLIPs of open_clip, and their tokeniser."""

from open_clip import CLIP, SimpleTokenizer, get_model_config
from torch import Tensor


def build_clip(architecture: dict) -> CLIP:
    """A new CLIP by the open_clip config `architecture["model"]`, with `arguments` in place of its keys."""
    return CLIP(**(get_model_config(architecture["model"]) | architecture["arguments"]))


def tokenise(model: CLIP, texts: list[str]) -> Tensor:
    """Token numbers int64 (n, context length) by CLIP's own tokeniser, which cuts texts that are too long."""
    return SimpleTokenizer(context_length=model.context_length)(texts)
