"""What TikTok itself says at the moment of asking, raw: influencers, videos, their captions and comments, lives on air.
Figures are those of today's end, later than any that were collected."""

from typing import Any

from sandbox.echotik.envelope import INVALID, raw_reply, realtime_reply
from sandbox.echotik.influencer import avatar
from sandbox.echotik.live import cover as live_cover
from sandbox.echotik.live import started
from sandbox.echotik.moment import unix_seconds
from sandbox.echotik.quirk import choice, has
from sandbox.echotik.video import caption, posted
from sandbox.reply import Reply
from sandbox.route import Question
from sandbox.world import World
from sandbox.world.influencer import Influencer
from sandbox.world.link import id_behind
from sandbox.world.media import Live, Video
from sandbox.world.speech import Comment, comment_count

TODAY = 0
CDN = "https://v19.tiktokcdn-us.com"
COMMENTS = 20  # a page, unless another size is asked for
LINE_SECONDS = 3
OK, NO_SUCH_VIDEO, ROOM_OVER = 0, 2053, 30003  # TikTok's own status codes
SPOKEN = {
    "en": "eng-US",
    "id": "ind-ID",
    "th": "tha-TH",
    "ph": "fil-PH",
    "ms": "msa-MY",
    "vi": "vie-VN",
    "es": "spa-ES",
    "pt": "por-BR",
    "de": "deu-DE",
    "fr": "fra-FR",
    "it": "ita-IT",
    "ja": "jpn-JP",
}


def influencer_now(question: Question) -> Reply:
    """By handle, collected or not."""
    user = question.world.influencer_by_handle(question.arguments.text("unique_id"))
    if not user:
        return raw_reply(None, code=INVALID, message="unique_id is invalid")
    return raw_reply({"status_code": OK, "user": _user(question.world, user), "extra": {"now": _now(question.world)}})


def video_now(question: Question) -> Reply:
    video = question.world.video(question.arguments.text("video_id"))
    if not video:
        return raw_reply({"aweme_detail": None, "status_code": NO_SUCH_VIDEO, "status_msg": "video not found"})
    return raw_reply({"aweme_detail": aweme(question.world, video), "status_code": OK})


def captions(question: Question) -> Reply:
    """One WebVTT text a language, or none."""
    video = question.world.video(question.arguments.text("video_id"))
    if not video or has("no captions", video.id):
        return raw_reply([])
    return raw_reply([{"data": transcript(question.world, video), "lang": SPOKEN[video.market.language]}])


def comments(question: Question) -> Reply:
    """Newest first, from an offset on."""
    arguments, world = question.arguments, question.world
    video_id = arguments.text("video_id")
    video = world.video(video_id)
    start, count = max(0, arguments.integer("offset")), max(1, arguments.integer("count", COMMENTS))
    if not video:
        return realtime_reply(video_id, {"comments": [], "cursor": 0, "has_more": 0, "total": 0})
    rows = [_comment(world, video, comment) for comment in world.comments_of(video, start, count)]
    total = comment_count(video)
    cursor = start + len(rows)
    return realtime_reply(
        video_id, {"comments": rows, "cursor": cursor, "has_more": int(cursor < total), "total": total}
    )


def download(question: Question) -> Reply:
    """Addresses of a video's files, for a short time."""
    url = question.arguments.text("url")
    video = question.world.video(id_behind(url) or "")
    if not video:
        return realtime_reply(url, None, code=INVALID, message="url is invalid")
    return realtime_reply(url, _files(question.world, video))


def live_now(question: Question) -> Reply:
    """Only while the room is on air, and only with its host; otherwise TikTok's own status says so."""
    world, arguments = question.world, question.arguments
    live = world.live(arguments.text("room_id"))
    if not live or not live.on_air or world.host_of_live(live).id != arguments.text("user_id"):
        return raw_reply({"data": {"message": "room has finished", "prompts": ""}, "status_code": ROOM_OVER})
    return raw_reply({"data": _room(world, live), "status_code": OK})


def transcript(world: World, video: Video) -> str:
    """What is said in a video, as WebVTT."""
    cues = [
        f"{_clock(LINE_SECONDS * turn)} --> {_clock(LINE_SECONDS * (turn + 1))}\n{line}\n"
        for turn, line in enumerate(world.spoken_lines(video))
    ]
    return "\n".join(["WEBVTT\n", *cues])


def _clock(seconds: int) -> str:
    return f"00:{seconds // 60:02d}:{seconds % 60:02d}.000"


def _now(world: World) -> int:
    """Unix milliseconds."""
    return int(world.clock().timestamp() * 1000)


def _user(world: World, user: Influencer) -> dict[str, Any]:
    career = world.career_of(user)
    picture = {"url_list": [avatar(user)]}
    return {
        "uid": user.id,
        "unique_id": user.handle,
        "nickname": user.nick_name,
        "signature": user.signature,
        **dict.fromkeys(("avatar_larger", "avatar_medium", "avatar_thumb"), picture),
        "custom_verify": "",
        "enterprise_verify_reason": "",
        "youtube_channel_id": "",
        "youtube_channel_title": "",
        "twitter_id": "",
        "twitter_name": "",
        "verification_type": 0,
        "follower_count": career.followers(TODAY),
        "total_favorited": career.likes(TODAY),
        "aweme_count": career.posts(TODAY),
    }


def aweme(world: World, video: Video) -> dict[str, Any]:
    author, files = world.author_of_video(video), _files(world, video)
    return {
        "aweme_id": video.id,
        "desc": caption(world, video),
        "create_time": posted(world, video),
        "region": video.region,
        "author": {"uid": author.id, "unique_id": author.handle, "nickname": author.nick_name},
        "statistics": {
            "aweme_id": video.id,
            "play_count": video.views(TODAY),
            "digg_count": video.part(video.likes, TODAY),
            "comment_count": video.part(video.comments, TODAY),
            "share_count": video.part(video.shares, TODAY),
            "collect_count": video.part(max(0, video.saves), TODAY),
        },
        "video": {
            "duration": video.duration * 1000,
            "cover": {"url_list": [files["cover_url"]]},
            "play_addr": {"uri": video.id, "url_list": [files["play_url"]]},
            "download_addr": {"url_list": [files["download_url"]]},
        },
        "is_ads": video.ad,
        "products_info": [{"product_id": int(product.id)} for product in world.products_of_video(video)],
    }


def _files(world: World, video: Video) -> dict[str, str]:
    signed = f"x-expires={_now(world) // 1000 + 7200}&x-signature={choice('signature', video.id, 1 << 32):08x}"
    base = f"{CDN}/{video.id}"
    return {
        "video_id": video.id,
        "cover_url": f"{base}/cover.jpeg?{signed}",
        "dynamic_cover_url": f"{base}/cover.webp?{signed}",
        "play_url": f"{base}/play.mp4?{signed}",
        "download_url": f"{base}/marked.mp4?{signed}",
        "no_watermark_download_url": f"{base}/plain.mp4?{signed}",
        "home_url": f"https://www.tiktok.com/@{world.author_of_video(video).handle}/video/{video.id}",
    }


def _comment(world: World, video: Video, comment: Comment) -> dict[str, Any]:
    author = world.influencer_at(comment.author)
    return {
        "cid": comment.id,
        "text": comment.text,
        "aweme_id": video.id,
        "reply_id": "0",
        "create_time": unix_seconds(world, comment.day, comment.second),
        "digg_count": comment.likes,
        "reply_comment_total": comment.replies,
        "user": {
            "uid": author.id,
            "unique_id": author.handle,
            "nickname": author.nick_name,
            "sec_uid": f"MS4wLjABAAAA{author.id}",
            "region": author.region,
        },
    }


def _room(world: World, live: Live) -> dict[str, Any]:
    host = world.host_of_live(live)
    return {
        "id": int(live.id),
        "id_str": live.id,
        "title": world.title_of_live(live),
        "status": 2,
        "create_time": started(world, live),
        "user_count": live.peak // 2,
        "total_user": live.views,
        "like_count": live.likes,
        "cover": {"url_list": list(filter(None, [live_cover(live)]))},
        "owner": {"id_str": host.id, "display_id": host.handle, "nickname": host.nick_name},
        "aggregation_data": {},
        "age_restricted": {"restricted": False, "source": 0},
        "admin_user_ids": [int(host.id)],
    }
