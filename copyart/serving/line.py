"""Who is served and who waits: first come, first served."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class FullError(Exception):
    """Nobody more can wait."""


class Line:
    """A waiting line, of one event loop.

    Args:
        seats: How many are served at a time.
        room: How many may wait.
    """

    def __init__(self, seats: int, room: int) -> None:
        self.seats, self.room = seats, room
        self._people: list[object] = []
        self._moved = asyncio.Event()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return max(len(self._people) - self.seats, 0)

    @property
    def served(self) -> int:
        """How many are being served."""
        return min(len(self._people), self.seats)

    @contextmanager
    def place(self) -> Iterator["Place"]:
        """A place at the end of the line, which is given up when the block ends, however that is.

        Raises:
            FullError: If there is no room.
        """
        if len(self._people) >= self.seats + self.room:
            raise FullError
        me = object()
        self._people.append(me)
        try:
            yield Place(self, me)
        finally:
            self._people.remove(me)
            self._moved.set()
            self._moved = asyncio.Event()

    def _ahead(self, me: object) -> int:
        """How many are to be served before somebody is."""
        return max(self._people.index(me) - self.seats + 1, 0)

    async def _move(self) -> None:
        await self._moved.wait()


class Place:
    """A place in a line."""

    def __init__(self, line: Line, me: object) -> None:
        self._line, self._me = line, me

    async def turn(self, tell: Callable[[int], None]) -> None:
        """Waits until it is one's turn; `tell` is told how many are before, at first and after each move."""
        while ahead := self._line._ahead(self._me):
            tell(ahead)
            await self._line._move()
