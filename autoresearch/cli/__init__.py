"""Floor 5: one command a file: parse, build the actors, call, show."""
