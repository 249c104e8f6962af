"""Pretrained encoders: their checkpoints, tokenizers, networks and features."""
