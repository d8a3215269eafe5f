"""What is asked for: a form with a photo in it, read into memory and no further than is allowed."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import TypeVar

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from copyart.config import PaintConfig, SaveConfig, ServeConfig
from copyart.errors import OptionError, UnknownStyleError
from copyart.images import format_of
from copyart.serving.refusals import Refusal
from copyart.styles import meant

Value = TypeVar("Value")

IMAGE = "image"
FIELDS = ("style", "strength", "keep_color", "size", "detail", "format")
_LONGEST = 1000  # bytes of a field that is no photo
_FORM = 10_000  # bytes that a form may have beside its photo
_SWITCH = {"true": True, "on": True, "1": True, "false": False, "off": False, "0": False}


@dataclass(frozen=True)
class Order:
    """A photo, and how it is to be painted.

    Attributes:
        data: What its file holds.
        name: Of the file, without folders; "photo" where it has none.
        style: The name of a style.
        paint: How to paint.
        save: In which format to answer.
    """

    data: bytes
    name: str
    style: str
    paint: PaintConfig
    save: SaveConfig


class Orders:
    """Reads orders, all together within a limit of memory.

    Args:
        config: The limits.
        styles: The names of the styles that can be asked for; the first where none is.
    """

    def __init__(self, config: ServeConfig, styles: list[str]) -> None:
        self._styles = styles
        self._most = config.max_bytes
        self._most_of_all = (config.queue + config.workers + 1) * (self._most + _FORM)
        self._held = 0

    @asynccontextmanager
    async def read(self, request: Request) -> AsyncIterator[Order]:
        """An order; it is forgotten, and its memory counted as free, when the block ends.

        Raises:
            Refusal: If the form is none, or too large.
            OptionError: If a field has a value that it cannot have.
            UnknownStyleError: If there is no such style.
            ClientDisconnect: If the client goes away meanwhile.
        """
        taken = 0

        async def body() -> AsyncGenerator[bytes, None]:
            nonlocal taken
            async for chunk in request.stream():
                taken += len(chunk)
                self._held += len(chunk)
                if taken > self._most + _FORM:
                    raise self._too_large()
                if self._held > self._most_of_all:
                    raise Refusal("busy", "too many photos are being sent at once; try again", retry_after=5)
                yield chunk

        try:
            yield await self._parse(request, body())
        finally:
            self._held -= taken

    async def _parse(self, request: Request, body: AsyncGenerator[bytes, None]) -> Order:
        kind = request.headers.get("content-type", "")
        if kind.partition(";")[0].strip().lower() != "multipart/form-data":
            raise Refusal("no-form", f"the body is {kind or 'of no type'}; send multipart/form-data")
        if (length := request.headers.get("content-length", "")).isdecimal() and int(length) > self._most + _FORM:
            raise self._too_large()
        parser = _InMemory(request.headers, body, max_files=1, max_fields=len(FIELDS), max_part_size=_LONGEST)
        try:
            form = await parser.parse()
        except MultiPartException as error:
            raise Refusal("bad-form", f"the form cannot be read: {error.message}") from error
        except UnicodeError as error:
            raise Refusal("bad-form", "the form is not of the charset that it names; send UTF-8") from error
        try:
            return await self._order(form)
        finally:
            await form.close()

    async def _order(self, form: FormData) -> Order:
        fields = dict(form)
        photo = fields.pop(IMAGE, None)
        if not isinstance(photo, UploadFile):
            raise Refusal("bad-form", f"there is no photo in the form; send a file as {IMAGE}")
        if len(form.multi_items()) > len(form):
            raise Refusal("bad-form", "a field is there twice; send each once")
        if unknown := set(fields) - set(FIELDS):
            raise OptionError(f"{min(unknown)!r} is no field; use {IMAGE}, {', '.join(FIELDS)}")
        words = {name: value.strip() for name, value in fields.items() if isinstance(value, str) and value.strip()}
        data = await photo.read()
        if len(data) > self._most:
            raise self._too_large()
        style = words.get("style", self._styles[0])
        found = meant(style, dict.fromkeys(self._styles, ""))
        if len(found) != 1:
            raise UnknownStyleError(f"there is no style {style!r} here; use {', '.join(self._styles)}")
        return Order(data, _plain(photo.filename or ""), found[0], _paint_config(words), _save_config(words))

    def _too_large(self) -> Refusal:
        return Refusal(
            "too-many-bytes", f"the photo is larger than {self._most / 1e6:g} megabytes; make it smaller first"
        )


class _InMemory(MultiPartParser):
    spool_max_size = 0  # never onto the disk


def _paint_config(words: Mapping[str, str]) -> PaintConfig:
    size = words.get("size")
    return PaintConfig(
        size=size if size in (None, "native") else _read(words, "size", int, None, "whole number, or native"),
        detail=_read(words, "detail", float, PaintConfig.detail, "number"),
        strength=_read(words, "strength", float, PaintConfig.strength, "number"),
        keep_color=_read(words, "keep_color", _SWITCH.__getitem__, PaintConfig.keep_color, "true or false"),
    )


def _save_config(words: Mapping[str, str]) -> SaveConfig:
    return SaveConfig(format=format_of(words["format"]) if "format" in words else None)


def _read(words: Mapping[str, str], name: str, parse: Callable[[str], Value], default: Value, wanted: str) -> Value:
    if name not in words:
        return default
    try:
        return parse(words[name])
    except (ValueError, KeyError, OverflowError) as error:
        raise OptionError(f"{name} is {words[name]!r}; give a {wanted}") from error


def _plain(filename: str) -> str:
    """A file's name without folders and without what has no place in a name."""
    name = PurePosixPath(PureWindowsPath(filename).as_posix()).name
    name = "".join(letter for letter in name if letter.isprintable() and letter not in '<>:"/\\|?*')
    return name[-100:].strip(". ") or "photo"
