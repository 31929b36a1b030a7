"""archdyn: reproduce and audit the report "Exploring Deep Learning Architectures and Dynamics"."""

from archdyn.eager import defer_compiler

defer_compiler()  # before anything imports torch
