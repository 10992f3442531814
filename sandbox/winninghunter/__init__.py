"""Winning Hunter: its paths, parameters and answers over the facts of the world, told in its own words.
A file for each kind of thing it is asked about: `shop`, `product`, `creator`, `video`, and `explore`, `suggestion` and
`credit` beside them. `identity` says whose an id is, `period` which days an answer is about, `envelope` what is put
around it; `routes` is the table of all that is served."""

from sandbox.winninghunter.routes import WINNINGHUNTER

__all__ = ["WINNINGHUNTER"]
