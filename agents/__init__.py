"""Tools for agents, made from reviewed operations."""
