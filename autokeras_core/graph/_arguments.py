"""Arguments of operators as JSON data, and back. Light: standard library and attrs only."""

from __future__ import annotations

import os
from typing import Any

from autokeras_core.errors import GraphError, SpaceError, describe_error
from autokeras_core.search.domains import Domain, domain_from_json
from autokeras_core.search.values import as_value

__all__ = ["decode_domains", "encode_domains", "plain_argument"]


def plain_argument(value: object, where: str, *, operator: type[Any]) -> object:
    """Return a copy of an argument as JSON data, domains and operators; NumPy scalars, tuples and paths are converted.

    Raises:
        GraphError: If it is anything else, so that a graph that cannot be saved is an error where it is written.
    """
    if value is None or isinstance(value, (Domain, operator)):
        return value
    if isinstance(value, (list, tuple)):
        return [plain_argument(item, where, operator=operator) for item in value]
    if isinstance(value, dict):
        # Keys with `$` mark domains and operators in files.
        bad = [key for key in value if not isinstance(key, str) or key.startswith("$")]
        if bad:
            raise GraphError(
                describe_error(
                    f"An argument has a key that cannot be saved ({where}).",
                    expected="strings that do not start with '$'",
                    received=f"key {bad[0]!r}",
                )
            )
        return {key: plain_argument(item, where, operator=operator) for key, item in value.items()}
    try:
        return as_value(os.fspath(value) if isinstance(value, os.PathLike) else value)
    except SpaceError:
        raise GraphError(
            describe_error(
                f"An argument cannot be saved ({where}).",
                expected="a bool, int, finite float, str, path, domain or block, or a list or dict of such",
                received=f"{value!r} of type {type(value).__name__}",
                advice="Pass plain data, and make other objects from it in build.",
            )
        ) from None


def encode_domains(value: Any) -> Any:
    """Return an argument with the domains in it as JSON data."""
    if isinstance(value, Domain):
        return {"$domain": value.to_json()}
    if isinstance(value, list):
        return [encode_domains(item) for item in value]
    if isinstance(value, dict):
        return {key: encode_domains(item) for key, item in value.items()}
    return value


def decode_domains(value: Any) -> Any:
    """Return an argument with the domains that `encode_domains` wrote."""
    if isinstance(value, list):
        return [decode_domains(item) for item in value]
    if isinstance(value, dict):
        if set(value) == {"$domain"}:
            return domain_from_json(value["$domain"])
        return {key: decode_domains(item) for key, item in value.items()}
    return value
