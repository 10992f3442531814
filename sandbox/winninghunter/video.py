"""What is said of a video: what it is, and what a period brought it."""

from sandbox.echotik.video import caption
from sandbox.reply import Reply
from sandbox.route import Question
from sandbox.winninghunter.envelope import object_reply, unknown_reply
from sandbox.winninghunter.identity import creator_id, video_behind
from sandbox.winninghunter.period import VIDEO_PERIODS, days_asked
from sandbox.world.media import Video


def video_detail(question: Question) -> Reply:
    """The first product that it shows; without the name where it shows none."""
    video, world = _asked(question), question.world
    if not video:
        return unknown_reply(question, "Video")
    shown = world.products_of_video(video)
    return object_reply(
        {
            "id": question.arguments.text("id"),
            "caption": caption(world, video),
            "creator_id": creator_id(question, world.author_of_video(video)),
            **({"product_id": shown[0].id} if shown else {}),
            "posted_at": world.date_of(video.day).isoformat(),
        }
    )


def video_metrics(question: Question) -> Reply:
    video, days = _asked(question), days_asked(question, VIDEO_PERIODS)
    if not video:
        return unknown_reply(question, "Video")
    return object_reply(
        {
            "views": video.views() - video.views(days + 1),
            "likes": _gained(video, video.likes, days),
            "comments": _gained(video, video.comments, days),
            "shares": _gained(video, video.shares, days),
            "period": days,
        }
    )


def _asked(question: Question) -> Video | None:
    return video_behind(question, question.arguments.text("id"))


def _gained(video: Video, thousandths: int, days: int) -> int:
    return video.part(thousandths) - video.part(thousandths, days + 1)
