"""The conditions of an experiment's block, as the plain dicts that rules and reports hold."""

from archdyn.errors import ArchdynError

NO_TRAINING = ("about", "seeds", "start_only")  # keys of a condition that say nothing of how it is trained


def merged_condition(block: dict, condition: str) -> dict:
    """The settings of one training: `block["training"]` with that condition's changes over it, and none of NO_TRAINING.

    Raises ArchdynError for a condition that the config does not have.
    """
    if condition not in block["conditions"]:
        raise ArchdynError(f"found no condition {condition}; allowed: {', '.join(block['conditions'])}")
    merged = block["training"] | block["conditions"][condition]
    return {key: value for key, value in merged.items() if key not in NO_TRAINING}


def seeds_of(block: dict, condition: str) -> list[int]:
    """The seeds that a condition is trained with: its own, or else the experiment's."""
    return block["conditions"][condition].get("seeds") or block["seeds"]


def by_condition(block: dict) -> dict:
    """An experiment's settings with those of each condition, merged, under the condition's name."""
    conditions = {name: merged_condition(block, name) for name in block.get("conditions", {})}
    return {key: value for key, value in block.items() if key not in ("training", "conditions")} | conditions
