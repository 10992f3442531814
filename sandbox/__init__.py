"""The providers, emulated on the wire: `world` holds the facts, `echotik` says them as EchoTik would, `server` runs it.
Its control (`control`, `faults`) records calls and breaks answers for tests and benchmarks.
Shares no code with the gateway: a mistake in one must not hide in the other."""

from sandbox.server import SandboxServer

__all__ = ["SandboxServer"]
