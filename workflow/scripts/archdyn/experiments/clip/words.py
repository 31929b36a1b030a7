"""What figures and tables of section 6 call the prompts."""

PROMPTS = {"plain": "plain label", "photo": "short sentence", "wild": "long sentence", "ensemble": "mean of templates"}
