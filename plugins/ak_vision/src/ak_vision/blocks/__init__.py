"""The image blocks, one class a module."""
