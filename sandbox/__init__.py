"""The providers, emulated on the wire: `world` holds the facts; `echotik`, `keyapi` and `winninghunter` say them as
each would, as `provider` declares one; `server` runs them all. Its control (`control`, `faults`) records calls and
breaks answers for tests and benchmarks. Shares no code with the gateway: a mistake in one must not hide in the other.
"""

from sandbox.server import SandboxServer

__all__ = ["SandboxServer"]
