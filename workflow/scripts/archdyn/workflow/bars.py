"""How a job knows that bars are drawn in its terminal, which lines of its own would tear."""

BARS = "ARCHDYN_BARS"  # an environment variable, set by snakemake_logger_plugin_archdyn
