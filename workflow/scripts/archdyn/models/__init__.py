"""Networks, as published."""
