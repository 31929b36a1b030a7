"""What joins the library to Snakemake; the rest of the package knows nothing of it."""
