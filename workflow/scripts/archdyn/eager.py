"""PyTorch without its compiler, whose import takes longer than that of all the rest, and which few jobs use.

Every step of an optimiser asks `torch._dynamo` to keep out of it, and torchvision, once imported, asks its `utils` for
a function that only a compiled operator calls. Stand-ins answer both as the compiler does where nothing is compiled; at
any other name the compiler is imported after all, so torch.compile works as ever. What torch itself imports for the
compiler, the shapes that every operator returns, waits with it. Of torch 2.14 and torchvision 0.29.
"""

import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType

COMPILER = "torch._dynamo"
SHAPES = "torch._meta_registrations"


class Deferred(ModuleType):
    """A module that holds a few functions, and imports the real one of its name when it is asked for anything else."""

    __file__ = None  # for those who search all modules for a file

    def __init__(self, name: str, *functions: Callable):
        super().__init__(name)
        vars(self).update({function.__name__: function for function in functions})

    def __getattr__(self, name: str):
        if name == "__path__" and self.__name__ != COMPILER:  # every `from ... import` asks whether it is a package
            raise AttributeError(name)
        return getattr(_imported(self.__name__), name)


def defer_compiler() -> None:
    """Put the stand-ins in the compiler's place, unless it is there already."""
    if COMPILER not in sys.modules:
        utils = Deferred(f"{COMPILER}.utils", is_compile_supported)
        for module in (Deferred(COMPILER, disable, graph_break), utils, Deferred(SHAPES)):
            sys.modules.setdefault(module.__name__, module)


def disable(fn: Callable | None = None, recursive: bool = True, *, reason: str | None = None, wrapping: bool = True):
    """`fn` as it is, since nothing compiles it; without it, a decorator that leaves its function so."""
    return fn or (lambda undecorated: undecorated)


def graph_break() -> None:
    """Nothing, as outside of what is being compiled."""


def is_compile_supported(device_type) -> bool:
    """What the compiler says of a device."""
    return _imported(f"{COMPILER}.utils").is_compile_supported(device_type)


def _imported(name: str) -> ModuleType:
    """The real module, with which the stand-ins are gone."""
    for known, module in list(sys.modules.items()):
        if isinstance(module, Deferred):
            del sys.modules[known]
    import_module(SHAPES)
    return import_module(name)
