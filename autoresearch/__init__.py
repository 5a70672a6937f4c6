"""autoresearch: one idea at a time, measured, kept only if it is better."""

__version__ = "0.1.0"
