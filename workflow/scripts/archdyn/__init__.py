"""archdyn: reproduce and audit the report "Exploring Deep Learning Architectures and Dynamics"."""
