"""archdyn: reproduce and audit "Exploring Deep Learning Architectures and Dynamics"."""
