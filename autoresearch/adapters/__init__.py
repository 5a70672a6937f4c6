"""Floor 2: one module for each foreign thing; its exceptions end here."""
