"""The balance of the month; to ask for it costs a credit too, which it counts."""

from sandbox.reply import Reply
from sandbox.route import Question
from sandbox.winninghunter.envelope import credits_reply
from sandbox.winninghunter.meter import balance


def shop_credits(question: Question) -> Reply:
    return credits_reply(balance(question.setting, question.spent))


def account_credits(question: Question) -> Reply:
    """With those that were bought beside the month's, of which there are none."""
    told = balance(question.setting, question.spent)
    return credits_reply({**told, "addon_remaining": 0, "total_remaining": told["remaining"]})
