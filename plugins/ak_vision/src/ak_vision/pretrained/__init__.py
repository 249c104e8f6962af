"""Pretrained networks: where their weights come from, and their features."""
