"""Signed pictures: a URL that may be fetched for one of the provider's own that may not."""

from hashlib import blake2b

from sandbox.echotik.page import IMAGE_HOST
from sandbox.reply import Reply, dump
from sandbox.route import Question


def signed_covers(question: Question) -> Reply:
    """One map, or a list of one-key maps; pictures on another host are not in it."""
    urls = [url for url in question.arguments.items("cover_urls") if url.startswith(f"{IMAGE_HOST}/")]
    signed = {url: _signed(question, url) for url in urls}
    data = [{url: target} for url, target in signed.items()] if question.setting.cover_list else signed
    return Reply(dump({"code": 0, "message": "success", "data": data}))


def _signed(question: Question, url: str) -> str:
    """The same for a URL all day."""
    day = question.world.today.strftime("%Y%m%dT000000Z")
    signature = blake2b(f"{day} {url}".encode(), key=question.world.key, digest_size=16).hexdigest()
    return f"{url}?X-Tos-Algorithm=TOS4-HMAC-SHA256&X-Tos-Date={day}&X-Tos-Expires=86400&X-Tos-Signature={signature}"
