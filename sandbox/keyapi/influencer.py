"""An influencer's videos as TikTok shows them right now."""

from typing import Any

from sandbox.echotik.envelope import INVALID, raw_reply
from sandbox.echotik.tiktok import aweme
from sandbox.echotik.video import posted
from sandbox.reply import Reply
from sandbox.route import Question
from sandbox.world import World
from sandbox.world.link import share_link
from sandbox.world.media import Video

SHOWN = 20  # a page
MILLISECONDS = 1000


def videos_now(question: Question) -> Reply:
    """Newest first, those posted before the cursor; "0" is the first page."""
    world, arguments = question.world, question.arguments
    user = world.influencer_by_handle(arguments.text("unique_id"))
    if not user:
        return raw_reply(None, code=INVALID, message="unique_id is invalid")
    cursor = arguments.integer("offset")
    videos = sorted(world.videos_of_influencer(user), key=lambda video: (-posted(world, video), video.id))
    left = [video for video in videos if not cursor or posted(world, video) * MILLISECONDS < cursor]
    shown = left[:SHOWN]
    times = [posted(world, video) * MILLISECONDS for video in shown]
    return raw_reply(
        {
            "aweme_list": [_video(world, video) for video in shown],
            "has_more": int(len(left) > len(shown)),
            "max_cursor": min(times, default=0),
            "min_cursor": max(times, default=0),
            "status_code": 0,
        }
    )


def _video(world: World, video: Video) -> dict[str, Any]:
    return {**aweme(world, video), "share_url": share_link(video)}
