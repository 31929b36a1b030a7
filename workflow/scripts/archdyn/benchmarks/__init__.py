"""The report's way of computing beside ours, timed in turn on one machine."""
