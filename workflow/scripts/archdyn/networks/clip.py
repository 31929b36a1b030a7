"""CLIPs of open_clip, and their tokeniser."""

import torch
from open_clip import CLIP, SimpleTokenizer, convert_weights_to_lp, get_model_config
from torch import Tensor


def build_clip(architecture: dict) -> CLIP:
    """A new CLIP by the open_clip config `architecture["model"]`, with `arguments` in place of its keys."""
    return CLIP(**_config(architecture))


def in_half(model: CLIP, architecture: dict) -> CLIP:
    """A copy whose matrices are of 16 bits and whose activations are too, like what CLIP's own loader puts on a GPU."""
    half = CLIP(**_config(architecture), cast_dtype=torch.float16)
    half.load_state_dict(model.state_dict())
    convert_weights_to_lp(half, torch.float16)
    return half.to(model.logit_scale.device).eval()


def _config(architecture: dict) -> dict:
    return get_model_config(architecture["model"]) | architecture["arguments"]


def tokenise(model: CLIP, texts: list[str]) -> Tensor:
    """Token numbers int64 (n, context length) by CLIP's own tokeniser, which cuts texts that are too long."""
    return SimpleTokenizer(context_length=model.context_length)(texts)
