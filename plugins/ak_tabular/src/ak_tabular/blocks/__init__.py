"""The structured-data blocks, one module each."""
