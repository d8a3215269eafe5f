"""A queue of requests: first come, first served."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class FullError(Exception):
    """The queue has no room for one more."""


class Queue:
    """A queue, of one event loop.

    Args:
        slots: How many are served at a time.
        room: How many may wait.
    """

    def __init__(self, slots: int, room: int) -> None:
        self.slots, self.room = slots, room
        self._entries: list[object] = []
        self._moved = asyncio.Event()

    @property
    def waiting(self) -> int:
        """The number of those who wait."""
        return max(len(self._entries) - self.slots, 0)

    @property
    def served(self) -> int:
        """The number of those who are being served."""
        return min(len(self._entries), self.slots)

    @contextmanager
    def place(self) -> Iterator["Place"]:
        """A place at the end of the queue, which is given up when the block ends, however that is.

        Raises:
            FullError: If there is no room.
        """
        if len(self._entries) >= self.slots + self.room:
            raise FullError
        entry = object()
        self._entries.append(entry)
        try:
            yield Place(self, entry)
        finally:
            self._entries.remove(entry)
            self._moved.set()
            self._moved = asyncio.Event()

    def _ahead(self, entry: object) -> int:
        """The number of those to be served before an entry is."""
        return max(self._entries.index(entry) - self.slots + 1, 0)

    async def _move(self) -> None:
        await self._moved.wait()


class Place:
    """A place in a queue."""

    def __init__(self, queue: Queue, entry: object) -> None:
        self._queue, self._entry = queue, entry

    async def turn(self, tell: Callable[[int], None]) -> None:
        """Waits for this place's turn; `tell` is told how many are before it, at first and after each move."""
        while ahead := self._queue._ahead(self._entry):
            tell(ahead)
            await self._queue._move()
