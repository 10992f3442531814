"""What is counted, in the words of Prometheus."""

from __future__ import annotations

import os

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector


def exposed(accept: str) -> tuple[bytes, str]:
    """All that is counted, of all processes that share a folder of counts, and its media type."""
    encoder, kind = choose_encoder(accept)
    return encoder(_registry()), kind


def is_shared() -> bool:
    """Whether other processes count in the same folder."""
    return "PROMETHEUS_MULTIPROC_DIR" in os.environ


def _registry() -> CollectorRegistry:
    if not is_shared():
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry
