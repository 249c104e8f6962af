"""Downloads that failed, remembered for some minutes: what needs them again fails in no time, and not for ever."""

from __future__ import annotations

import time
from collections.abc import Callable

import attrs

__all__ = ["DownloadFailure", "FailedDownloads"]

_SECONDS_REMEMBERED = 300.0


@attrs.frozen(kw_only=True)
class DownloadFailure:
    """A download that failed.

    Attributes:
        reason: Why.
        until: When the download may be tried again, in seconds of the clock of its `FailedDownloads`.
        time_of_day: The same time for people, e.g. `"14:05:09"`.
    """

    reason: str
    until: float
    time_of_day: str


class FailedDownloads:
    """The downloads that failed in this process within the last five minutes.

    Without it, every configuration of a search that needs a file from a server that does not answer would wait for it.

    Args:
        clock: What tells the seconds.

    Example:
        ```python
        failed = FailedDownloads()
        failed.note("mobilenet_v3_small", "HTTPError: HTTP Error 404: Not Found")
        failed.recent("mobilenet_v3_small").reason  # "HTTPError: HTTP Error 404: Not Found"
        failed.recent("efficientnet_b0")  # None
        ```
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: dict[str | None, DownloadFailure] = {}

    def note(self, name: str | None, reason: str) -> DownloadFailure:
        """Remember a failure, and return it.

        Args:
            name: What could not be downloaded; `None` if the connection failed, which all downloads need.
            reason: Why.
        """
        time_of_day = time.strftime("%H:%M:%S", time.localtime(time.time() + _SECONDS_REMEMBERED))
        failure = DownloadFailure(reason=reason, until=self._clock() + _SECONDS_REMEMBERED, time_of_day=time_of_day)
        self._failures[name] = failure
        return failure

    def recent(self, name: str) -> DownloadFailure | None:
        """Return the failure, its own or the connection's, for which a download is not tried now; or `None`."""
        failures = (self._failures.get(key) for key in (name, None))
        return next((each for each in failures if each is not None and self._clock() < each.until), None)

    def forget(self) -> None:
        """Let every download be tried again at once."""
        self._failures.clear()
