"""The text blocks, one module each."""
