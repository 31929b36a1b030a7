"""All that knows Snakemake."""

EPOCHS = "ARCHDYN_EPOCHS"  # an environment variable: jobs show in the terminal what they write into their logs
