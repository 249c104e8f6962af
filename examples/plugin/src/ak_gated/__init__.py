"""A gated dense block for autokeras-core. Light: this runs before `ak_gated.plugin`, so it imports nothing heavy."""
