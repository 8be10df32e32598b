"""A provider class of octoDNS: found by its path, and made with the arguments that are configured."""

import inspect
import logging
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import TypeAlias, cast

from reconciler.model.closest import did_you_mean
from reconciler.model.diagnostic import Problem, problem
from reconciler.providers.octodns.library import OctoClass

#: An argument as octoDNS's classes take it.
Argument: TypeAlias = str | int | float | bool | list[str]

_FLAGS = {"true": True, "false": False}
_SHARED_LOGS = ("Record", "Plan", "Zone", "Manager", "DsValue", "GeoCodes", "_DynamicPool")


def provider_class(path: str) -> OctoClass:
    """Return the class that a path names.

    Args:
        path: Module and class, such as `octodns_bind.Rfc2136Provider`.

    Raises:
        Problem: `octodns-missing` if octoDNS or the module is not installed, `octodns-class` if it is no provider.
    """
    module, _, name = path.rpartition(".")
    package = module.partition(".")[0]
    if find_spec("octodns") is None or find_spec(package) is None:
        wanted = "octodns" if find_spec("octodns") is None else package
        raise Problem(
            problem(
                "octodns-missing",
                f"the provider {path} is configured, and {wanted} is not installed",
                help=f"pip install 'reconciler[octodns]' {package.replace('_', '-')}",
            )
        )
    from octodns.provider.base import BaseProvider  # type: ignore[import-untyped]

    try:
        there = vars(import_module(module))
    except ImportError as error:
        raise _no_provider(path, f"can not be imported: {error}") from None
    found = there.get(name)
    if not (isinstance(found, type) and issubclass(found, BaseProvider)):
        known = [key for key, each in there.items() if isinstance(each, type) and issubclass(each, BaseProvider)]
        raise _no_provider(path, "is not a provider of octoDNS", did_you_mean(name, sorted(known), None))
    return cast("OctoClass", found)


def _no_provider(path: str, why: str, help_: str | None = None) -> Problem:
    return Problem(problem("octodns-class", f"{path} {why}", help=help_ or "see the package's own README for its name"))


def arguments(cls: OctoClass, options: Mapping[str, str | list[str]]) -> dict[str, Argument]:
    """Return arguments of the type that the class wants: where its default is a number or a flag, a text is read so."""
    defaults = dict(_defaults(cls))
    return {name: _typed(value, defaults.get(name)) for name, value in options.items()}


def _defaults(cls: OctoClass) -> Iterator[tuple[str, object]]:
    """The defaults of a class's arguments, those of its bases first."""
    for each in reversed(cls.__mro__):
        if "__init__" in vars(each) and each is not object:
            for name, parameter in inspect.signature(vars(each)["__init__"]).parameters.items():
                if parameter.default is not parameter.empty:
                    yield name, parameter.default


def _typed(value: str | list[str], default: object) -> Argument:
    if isinstance(value, list):
        return value
    if isinstance(default, bool):
        return _FLAGS.get(value.lower(), value)
    if isinstance(default, (int, float)):
        for kind in (int, float):
            try:
                return kind(value)
            except ValueError:
                continue
    return value


def silence(cls: OctoClass, name: str) -> None:
    """Switch off what octoDNS logs: it logs values, addresses and answers of hosts, and nobody here reads it."""
    for each in (*_SHARED_LOGS, *(f"{base.__name__}[{name}]" for base in cls.__mro__)):
        logging.getLogger(each).disabled = True
