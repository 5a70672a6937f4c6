"""Floor 3: the loop and its actors."""
