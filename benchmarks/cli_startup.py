"""Measure how long light commands take as whole processes, as a user at a shell waits for them.

Exits with 1 if a command's median is not under the aim.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

COMMANDS = (
    ("--help",),
    ("blocks", "list"),
    ("blocks", "show", "resnet"),
    ("tasks", "list"),
    ("plugins", "list"),
    ("warm-starts", "list", "--task", "ImageClassifier"),
    ("info",),
    ("fit", "--help"),
)


def measure(arguments: Sequence[str], *, repeats: int) -> list[float]:
    """Return the seconds of several runs of `autokeras` with the given arguments, after one that warms the disk."""
    command = [str(Path(sys.executable).with_name("autokeras")), *arguments]
    seconds = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        seconds.append(time.perf_counter() - start)
    return seconds[1:]


def main() -> int:
    """Print a table; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=11, help="runs of each command (default: 11)")
    parser.add_argument("--aim", type=float, default=0.4, help="largest median in seconds (default: 0.4)")
    options = parser.parse_args()

    is_slow = False
    print(f"{'command':<50} {'min':>6} {'median':>6} {'max':>6}")
    for arguments in COMMANDS:
        seconds = measure(arguments, repeats=options.repeats)
        median = statistics.median(seconds)
        is_slow |= median >= options.aim
        print(f"{'autokeras ' + ' '.join(arguments):<50} {min(seconds):6.3f} {median:6.3f} {max(seconds):6.3f}")
    return int(is_slow)


if __name__ == "__main__":
    sys.exit(main())
