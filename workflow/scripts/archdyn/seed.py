"""Which seed a job has."""


def seed_of(wildcards: dict, params) -> int | None:
    """The wildcard `seed` as a number, else the param `seed`, else None."""
    return int(wildcards["seed"]) if "seed" in wildcards else params.get("seed")
