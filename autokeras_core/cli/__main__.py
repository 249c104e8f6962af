"""`python -m autokeras_core.cli` is `autokeras`."""

from __future__ import annotations

from autokeras_core.cli.main import main

if __name__ == "__main__":
    main()
