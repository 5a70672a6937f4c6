"""Floor 1: words and pure thought. Standard library only; no files, no processes, no clock."""
