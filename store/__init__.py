"""Where records outlive a request, and how long they may be served.

Keeps entries by key until they turn stale or room runs out. Knows no provider and no query.
"""
