"""What is said in a video and written under it."""

from dataclasses import dataclass

from sandbox.world.draw import Draw
from sandbox.world.market import CIRCLE_INFLUENCERS
from sandbox.world.media import Video
from sandbox.world.product import came
from sandbox.world.shelf import POOL, SHELVES
from sandbox.world.words import LANGUAGES

MOST = 1 << 20  # indices set aside for the comments of one video
DAY_SECONDS = 86_400
LINES = 4  # of a transcript


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment.

    author        index of the influencer who wrote it, of the same circle
    day, second   as of videos
    """

    id: str
    text: str
    author: int
    day: int
    second: int
    likes: int
    replies: int


def comment_count(video: Video) -> int:
    """How many there are by the end of yesterday."""
    return video.part(video.comments)


def make_comment(key: bytes, video: Video, turn: int, comment_id: str) -> Comment:
    """Turn 0 was first."""
    draw = Draw(key, f"comment {video.index} {turn}")
    language = LANGUAGES[video.market.language]
    return Comment(
        id=comment_id,
        text=draw.pick(language.good + language.fair),
        author=video.index // (POOL * SHELVES) * CIRCLE_INFLUENCERS + draw.below(CIRCLE_INFLUENCERS),
        day=came(turn, comment_count(video), video.day),
        second=draw.below(DAY_SECONDS),
        likes=draw.heavy(1, 900) - 1,
        replies=draw.between(0, 5) if draw.chance(20) else 0,
    )


def spoken_lines(key: bytes, video: Video) -> list[str]:
    """What is said, line by line, in the language of its market."""
    draw = Draw(key, f"speech {video.index}")
    language = LANGUAGES[video.market.language]
    return [draw.pick(language.good + language.titles) for _ in range(LINES)]
