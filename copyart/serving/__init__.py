"""Paints photos that come over HTTP: a page for people and an API for programs."""

from copyart.serving.server import serve

__all__ = ["serve"]
