"""How a provider is reached, and with what credentials."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Access:
    """How a provider is reached.

    provider  its name: "echotik"
    bases     version → base address, without a slash at its end
    headers   what proves who we are; never logged
    secrets   texts that no message may hold
    world     names whose data it tells, where its address does not: an emulated provider's port is another each time
    """

    provider: str
    bases: dict[str, str]
    headers: dict[str, str] = field(repr=False, default_factory=dict)
    secrets: tuple[str, ...] = field(repr=False, default=())
    world: str = ""
