"""The providers: each package under upstream/ that holds a `PROVIDER` is one. Nothing else of the gateway names one."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import upstream
from upstream.provider import Provider


def _declared() -> tuple[Provider, ...]:
    packages = (found.name for found in pkgutil.iter_modules(upstream.__path__) if found.ispkg)
    modules = (import_module(f"upstream.{name}") for name in sorted(packages))
    return tuple(module.PROVIDER for module in modules if hasattr(module, "PROVIDER"))


PROVIDERS = _declared()
ENDPOINTS = tuple(endpoint for provider in PROVIDERS for endpoint in provider.endpoints)


def named(name: str) -> Provider:
    """The provider of that name; KeyError where there is none."""
    return {provider.name: provider for provider in PROVIDERS}[name]
