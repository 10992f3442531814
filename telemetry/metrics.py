"""What is counted, as Prometheus reads it at /metrics: every name, label and unit stands here.

Labels are few and known beforehand: providers, endpoints, clients of the operator's, codes. Nothing that a client may
choose freely is one, and no credential is.
"""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

disable_created_metrics()  # when each series began would double their number

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60)

# ── operations ────────────────────────────────────────────────────────────────────────────────────────────────────

OUTCOMES = ("complete", "partial", "failed", "refused")
OPERATIONS = Counter(
    "shopgraph_operations",
    "GraphQL operations, by what came of them: complete, partial, failed or refused",
    ["outcome"],
)
for outcome in OUTCOMES:
    OPERATIONS.labels(outcome)  # told as 0 from the begin, so that the first one is seen as a rise
OPERATION_SECONDS = Histogram(
    "shopgraph_operation_seconds", "time from an operation's first byte to its answer", ["outcome"], buckets=SECONDS
)
REFUSALS = Counter(
    "shopgraph_refusals", "operations and requests that were refused, by the code of the error", ["code"]
)
ERRORS = Counter("shopgraph_field_errors", "errors of fields in answers, by code", ["code"])
REQUESTS = Counter("shopgraph_http_requests", "HTTP requests answered, by route and status", ["route", "status"])
CLIENT_CREDITS = Counter("shopgraph_client_credits", "credits spent, by client", ["client"])

# ── load ──────────────────────────────────────────────────────────────────────────────────────────────────────────

IN_FLIGHT = Gauge("shopgraph_operations_in_flight", "operations being answered", multiprocess_mode="livesum")
QUEUED = Gauge(
    "shopgraph_operations_queued",
    "operations waiting for a place, or for their turn to compute",
    multiprocess_mode="livesum",
)
SHED = Counter("shopgraph_operations_shed", "operations turned away with 503 or 429, by reason", ["reason"])
ABANDONED = Counter("shopgraph_operations_abandoned", "operations whose client left before the answer")

# ── providers ─────────────────────────────────────────────────────────────────────────────────────────────────────

CALLS = Counter(
    "shopgraph_upstream_calls",
    "attempts at upstream calls, by outcome: OK or the code of the failure",
    ["provider", "endpoint", "outcome"],
)
CREDITS = Counter("shopgraph_upstream_credits", "credits charged, less those given back", ["provider", "endpoint"])
CALL_SECONDS = Histogram("shopgraph_upstream_seconds", "time of an attempt", ["provider"], buckets=SECONDS)
CALLS_IN_FLIGHT = Gauge(
    "shopgraph_upstream_in_flight", "upstream calls under way", ["provider"], multiprocess_mode="livesum"
)
CIRCUIT = Gauge("shopgraph_circuit_state", "0 closed, 1 half-open, 2 open", ["provider"], multiprocess_mode="livemax")
PROVIDER_CREDITS = Gauge(
    "shopgraph_provider_credits_used",
    "credits used, of the UTC day and month",
    ["provider", "period"],
    multiprocess_mode="livemax",
)
PROVIDER_LIMIT = Gauge(
    "shopgraph_provider_credits_limit",
    "credits that the account has, where that is set",
    ["provider", "period"],
    multiprocess_mode="livemax",
)
DRIFT = Counter("shopgraph_drift", "answers that differ from what is declared", ["provider", "endpoint", "kind"])

# ── what is remembered ────────────────────────────────────────────────────────────────────────────────────────────

READINGS = Counter(
    "shopgraph_store_readings",
    "things that were wanted: hit where the store had them, miss where a provider was to be asked",
    ["outcome"],
)
HITS, MISSES = READINGS.labels("hit"), READINGS.labels("miss")
STORE_FAILURES = Counter("shopgraph_store_failures", "readings and writings that failed and were passed over", ["tier"])
STORE_BYTES = Gauge("shopgraph_store_memory_bytes", "what is remembered in memory", multiprocess_mode="livesum")
STORE_ENTRIES = Gauge("shopgraph_store_memory_entries", "how many things that is", multiprocess_mode="livesum")
SHARED = Counter("shopgraph_shared_calls", "calls that an operation shared with another instead of making them")
BATCH_KEYS = Histogram("shopgraph_batch_keys", "ids in a lookup", ["provider"], buckets=(1, 2, 3, 5, 7, 9, 10))

# ── the process ───────────────────────────────────────────────────────────────────────────────────────────────────

BUILD = Gauge(
    "shopgraph_build_info", "1; the version is in the labels", ["version", "python"], multiprocess_mode="livemax"
)
WORKERS = Gauge("shopgraph_workers", "processes that serve here", multiprocess_mode="livesum")
RESIDENT_BYTES = Gauge("shopgraph_resident_bytes", "memory of all these processes", multiprocess_mode="livesum")
LOOP_LAG = Histogram(
    "shopgraph_event_loop_lag_seconds",
    "how late the event loop is: what it does waits so long",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
