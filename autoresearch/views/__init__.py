"""Floor 4: what people look at. Everything here is derived from the trials."""
