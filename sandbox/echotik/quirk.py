"""Which rows are odd, and how: what a decoder of the real data has to survive, for a fixed few of the rows."""

from zlib import crc32

# quirk: one in so many
ODDS = {
    "percent commission": 16,  # v3: 10 where 0.1 is meant
    "uncategorised": 29,  # no category of level 2 and 3
    "no channel": 23,  # sales_flag 0 although it sells
    "other option keys": 4,  # v3: property_value_id, property_value_name
    "full price block": 3,  # real_price with many keys
    "unsigned price": 5,  # price_str without the currency sign
    "spaced text": 7,  # JSON text as a person would type it
    "padded text": 31,  # JSON text with blanks around it
    "no skus": 37,  # JSON text that is "" or "[]"
    "no options": 19,
    "sub block": 11,  # a description block with an undocumented key
    "raw control": 60,  # v2: control characters in a string, as they are
    "no root": 40,  # v3 rankings: level 1 category null
    "unknown host": 9,  # v2 lives: user_id ""
    "no cover": 5,  # lives: cover_url ""
    "other cover host": 12,  # v2 videos: a CloudFront cover
    "no handle": 25,  # influencers: unique_id null
    "empty text": 5,  # JSON text of nothing: "" instead of "[]"
    "missing buckets": 3,  # influencers: influencer_video_* without the keys that count nothing
    "empty buckets": 40,  # influencers: influencer_video_* that are ""
    "seller link": 4,  # shops: seller_link a text, null for all others
    "no peak": 14,  # lives of a shop: max_views_cnt 0
    "integer time": 20,  # videos: create_time an integer
    "unfilled": 3,  # shop rankings: total_product_cnt 0 whatever was listed
    "no captions": 6,  # realtime: a video without any
    "no request id": 3,  # realtime: requestId null or missing
}


def has(quirk: str, subject: str) -> bool:
    """Whether the row of a subject has a quirk; the same for as long as its id is."""
    return crc32(f"{quirk} {subject}".encode()) % ODDS[quirk] == 0


def choice(name: str, subject: str, count: int) -> int:
    """A fixed 0 up to count - 1 for a subject."""
    return crc32(f"{name} {subject}".encode()) % count
