"""Answers as files: a query's rows, page by page."""
