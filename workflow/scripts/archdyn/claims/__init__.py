"""The claims of the report: what each says, whether a run can test it, and whether it holds."""
