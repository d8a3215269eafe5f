"""Forms with a photo in them, read into memory and no further than is allowed."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath

from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from copyart.config import EnlargeConfig, PaintConfig, SaveConfig, ServeConfig
from copyart.config.options import declared
from copyart.errors import OptionError, UnknownStyleError
from copyart.images import format_of
from copyart.models import meant
from copyart.serving.problems import Problem

IMAGE = "image"
_LONGEST = 1000  # bytes of a field that is no photo
_FORM = 10_000  # bytes that a form may have beside its photo
_SO = "as `curl -F image=@photo.jpg` does"

# The options of how to paint, and to enlarge, that a form may have.
PAINTING = {each.name: each for each in declared(PaintConfig) if each.option.served}
ENLARGING = {each.name: each for each in declared(EnlargeConfig) if each.option.served}
FIELDS = ("style", *PAINTING, *ENLARGING, "format")


@dataclass(frozen=True)
class Form:
    """A form that has been read: a photo, and how it is to be painted or enlarged.

    Attributes:
        data: What its file holds.
        name: Of the file, without folders; "photo" where it has none.
        style: The name of a style; "" where the photo is enlarged instead.
        paint: How to paint.
        scale: How many times as high and as wide the photo becomes; None where it is painted.
        save: In which format to answer.
    """

    data: bytes
    name: str
    style: str
    paint: PaintConfig
    scale: int | None
    save: SaveConfig

    @property
    def deed(self) -> str:
        """The word for it in the names of files: `monet`, `2x`."""
        return self.style or f"{self.scale}x"


class Forms:
    """Reads forms, all together within a limit of memory.

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
    async def read(self, request: Request) -> AsyncIterator[Form]:
        """The form of a request; it is forgotten, and its memory counted as free, when the block ends.

        Raises:
            Problem: If the form is none, or too large.
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
                    raise Problem("busy", "too many photos are being sent at once; try again", retry_after=5)
                yield chunk

        try:
            yield await self._parse(request, body())
        finally:
            self._held -= taken

    async def _parse(self, request: Request, body: AsyncGenerator[bytes, None]) -> Form:
        kind = request.headers.get("content-type", "")
        if kind.partition(";")[0].strip().lower() != "multipart/form-data":
            what = kind.partition(";")[0].strip()[:60] or "of no type"
            raise Problem("no-form", f"the body is {what}; send the photo in a form (multipart/form-data), {_SO}")
        if (length := request.headers.get("content-length", "")).isdecimal() and int(length) > self._most + _FORM:
            raise self._too_large()
        parser = _Parser(request.headers, body, max_part_size=_LONGEST)
        try:
            parts = await parser.parse()
        except MultiPartException as error:
            wrong = "its parts are not as its boundary says" if "boundary=" in kind.lower() else "it names no boundary"
            raise Problem("bad-form", f"the form cannot be read: {wrong}; let your HTTP library write it") from error
        except UnicodeError as error:
            raise Problem("bad-form", "the form is not of the charset that it names; send UTF-8") from error
        try:
            if parser.is_cut:
                raise Problem("bad-form", "the form is cut short: its last part has no end; send all of it")
            return await self._form(parts)
        finally:
            await parts.close()

    async def _form(self, parts: FormData) -> Form:
        photo = parts.get(IMAGE)
        if not isinstance(photo, UploadFile):
            raise Problem("bad-form", f"there is no photo in the form; send a file as {IMAGE}, {_SO}")
        words = {name: value.strip() for name, value in parts.items() if isinstance(value, str) and value.strip()}
        data = await photo.read()
        if not data and not photo.filename:  # what a browser sends where no file is chosen
            raise Problem("bad-form", f"no photo was chosen; send a file as {IMAGE}, {_SO}")
        if len(data) > self._most:
            raise self._too_large()
        scale = _scale(words)
        style = self._style(words) if scale is None else ""
        return Form(data, _plain(photo.filename or ""), style, _paint_config(words), scale, _save_config(words))

    def _style(self, words: Mapping[str, str]) -> str:
        style = words.get("style", self._styles[0])
        found = meant(style, dict.fromkeys(self._styles, ""))
        if len(found) != 1:
            raise UnknownStyleError(f"there is no style {style!r} here; use {', '.join(self._styles)}")
        return found[0]

    def _too_large(self) -> Problem:
        return Problem(
            "too-many-bytes", f"the photo is larger than {self._most / 1e6:g} megabytes; make it smaller first"
        )


class _Parser(MultiPartParser):
    """Reads a form into memory, part by part, and says of each what is wrong with it before it is read further."""

    spool_max_size = 0  # never onto the disk

    def __init__(self, headers: Headers, stream: AsyncGenerator[bytes, None], *, max_part_size: int) -> None:
        super().__init__(headers, stream, max_part_size=max_part_size)
        self._names: set[str] = set()
        self.is_cut = False

    def on_part_begin(self) -> None:
        super().on_part_begin()
        self.is_cut = True

    def on_part_end(self) -> None:
        super().on_part_end()
        self.is_cut = False

    def on_headers_finished(self) -> None:
        try:
            super().on_headers_finished()
        except MultiPartException as error:
            raise Problem("bad-form", f"a part of the form has no name; call the photo {IMAGE}") from error
        name, is_file = self._current_part.field_name, self._current_part.file is not None
        if name not in (IMAGE, *FIELDS):
            if is_file:
                raise Problem("bad-form", f"{name[:40]!r} is no field; send the photo as {IMAGE}, {_SO}")
            raise OptionError(f"{name[:40]!r} is no field; use {IMAGE}, {', '.join(FIELDS)}")
        if name in self._names:
            what = "photo" if name == IMAGE else "value"
            raise Problem("bad-form", f"{name} is there twice; send one {what} at a time")
        if name == IMAGE and not is_file:
            raise Problem("bad-form", f"{IMAGE} came as text, without a file name; send the photo as a file, {_SO}")
        if name != IMAGE and is_file:
            raise Problem("bad-form", f"{name} came as a file; send it as text, without a file name")
        self._names.add(name)

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        try:
            super().on_part_data(data, start, end)
        except MultiPartException as error:
            name, most = self._current_part.field_name, self.max_part_size
            raise OptionError(f"{name} is longer than the {most} bytes that a value may have; see /docs") from error


def _scale(words: Mapping[str, str]) -> int | None:
    """By how much to enlarge; None where that is not asked for.

    Raises:
        OptionError: If it is not possible, or how to paint is asked for too.
    """
    config = EnlargeConfig(**{name: each.read(words[name]) for name, each in ENLARGING.items() if name in words})
    unfit = [name for name in ("style", *PAINTING) if name in words]
    if config.scale is not None and unfit:
        raise OptionError(
            f"scale is {config.scale}, which enlarges the photo and does not paint it; leave out {', '.join(unfit)}, "
            "or scale"
        )
    return config.scale


def _paint_config(words: Mapping[str, str]) -> PaintConfig:
    return PaintConfig(**{name: each.read(words[name]) for name, each in PAINTING.items() if name in words})


def _save_config(words: Mapping[str, str]) -> SaveConfig:
    return SaveConfig(format=format_of(words["format"]) if "format" in words else None)


def _plain(filename: str) -> str:
    """A file's name without folders and without what has no place in a name."""
    name = PurePosixPath(PureWindowsPath(filename).as_posix()).name
    name = "".join(letter for letter in name if letter.isprintable() and letter not in '<>:"/\\|?*')
    return name[-100:].strip(". ") or "photo"
