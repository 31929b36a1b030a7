"""The five experiments of the report, a folder for each."""
