"""How Winning Hunter fails: success false and a text, or, where no route is, a page of the web server."""

from sandbox.provider import Failure, Told
from sandbox.reply import Reply, dump

SHOWN = ("allowed_values", "hint", "credits")  # beside the text, where there is such a thing
HTML = "text/html; charset=utf-8"
LIMIT = 20_000  # credits a month
PER_MINUTE = 60
FAILURES = {
    "rate": Failure(429, None, "Rate limit exceeded. Max {limit} requests per minute.", {"limit": PER_MINUTE}),
    "rate_in_200": Failure(200, None, "Rate limit exceeded. Max {limit} requests per minute.", {"limit": PER_MINUTE}),
    "quota": Failure(429, None, "Monthly credit limit reached ({limit}). Resets next month.", {"limit": LIMIT}),
    "auth": Failure(401, None, "Unauthorized"),
    "forbidden": Failure(403, None, "WinningHunter Basic plan or higher required"),
    "not_found": Failure(404, None, "Unknown TikTok Shop endpoint"),
    "bad_request": Failure(400, None, "Invalid entity type"),
    "bad_parameter": Failure(400, None, "Invalid {parameter}"),
    "error": Failure(500, None, "Internal server error"),
    "error_in_200": Failure(200, None, "Internal server error"),
}
NO_PAGE = b"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Error</title></head><body><pre>Cannot %s /%s</pre></body></html>
"""


def failure_body(told: Told) -> bytes:
    more = {name: told.options[name] for name in SHOWN if name in told.options}
    return dump({"success": False, "error": told.message, **more})


def no_page(method: str, path: str) -> Reply:
    return Reply(NO_PAGE % (method.encode(), path.encode()), status=404, code=None, media_type=HTML)
