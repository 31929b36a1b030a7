"""The settings: their types, bounds and descriptions; the check of a config against them; the manual made from them."""
