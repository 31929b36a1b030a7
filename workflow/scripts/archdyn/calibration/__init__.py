"""Whether rules can be trusted: tests where the truth is set, and claims in worlds where it is known."""
