"""Opens photos of every kind and writes paintings that keep what belongs to the photo.

Whatever the file holds (any of the eight orientations, grey, palette, CMYK, 16 bits, a colour profile, transparency),
a `Photo` is upright 8-bit sRGB, and remembers what the painting of it gets back.
"""

import io
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from PIL import ExifTags, Image, ImageCms, ImageOps, UnidentifiedImageError

from copyart.config import SaveConfig
from copyart.errors import OptionError, UnreadablePictureError, UnwritablePictureError, first_line
from copyart.files import reason, write_whole


@dataclass(frozen=True)
class Format:
    """A kind of picture file: Pillow's name for it, its suffixes, what it can hold and how it is written."""

    pillow: str
    suffixes: tuple[str, ...]
    alpha: bool = True
    metadata: bool = True
    options: Mapping[str, object] = field(default_factory=dict)


FORMATS = {
    "jpeg": Format("JPEG", (".jpg", ".jpeg", ".jpe", ".jfif"), alpha=False, options={"subsampling": "4:4:4"}),
    "png": Format("PNG", (".png",)),
    "webp": Format("WEBP", (".webp",)),
    "tiff": Format("TIFF", (".tif", ".tiff")),
    "bmp": Format("BMP", (".bmp", ".dib"), alpha=False, metadata=False),
    "gif": Format("GIF", (".gif",), metadata=False),
    "avif": Format("AVIF", (".avif",), options={"subsampling": "4:4:4"}),
    "heic": Format("HEIF", (".heic", ".heif"), options={"chroma": 444}),
}
_READABLE = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "DIB", "GIF", "AVIF", "HEIF")
_READABLE_WORDS = "JPEG, PNG, WebP, TIFF, BMP, GIF, HEIC or AVIF"
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
_SWATCHES = Image.frombytes("RGB", (4, 2), bytes.fromhex("ff0000 00ff00 0000ff ffffff 000000 808080 c08040 3060a0"))

# Tags that describe how the photo's own file was laid out, and would be untrue in another: sizes, strips, tiles, ...
# fmt: off
_LAYOUT_TAGS = {
    254, 255, 256, 257, 258, 259, 262, 263, 266, 273, 277, 278, 279, 284, 290, 291, 292, 293, 317, 320, 322, 323, 324,
    325, 330, 338, 339, 347, 513, 514, 529, 530, 531, 532, 700, 34377, 34675,
}
# fmt: on


@dataclass(frozen=True)
class Photo:
    """A photo, ready to be painted.

    Attributes:
        image: The picture: RGB, upright, in sRGB.
        alpha: Its transparency, mode L of the same size, or None.
        icc: The RGB colour profile that the file had, or None.
        exif: The file's EXIF without orientation (the picture is upright), thumbnail and file layout.
        dpi: Its resolution in dots per inch, or None.
        format: A key of `FORMATS`, or None where it came from memory.
        frames: How many frames the file has; `image` is the first.
    """

    image: Image.Image
    alpha: Image.Image | None = None
    icc: bytes | None = None
    exif: bytes = b""
    dpi: tuple[float, float] | None = None
    format: str | None = None
    frames: int = 1

    def finish(self, painting: Image.Image) -> Image.Image:
        """Gives a painting of this photo the photo's colour profile and transparency: RGB, or RGBA."""
        if self.icc is not None:
            profile = ImageCms.ImageCmsProfile(io.BytesIO(self.icc))
            painting = _convert_profile(painting, _SRGB, profile)
            painting.info["icc_profile"] = self.icc
        if self.alpha is not None:
            painting.putalpha(self.alpha)
        return painting


def open_photo(source: Path | BinaryIO, name: str | None = None) -> Photo:
    """Opens a picture file.

    Args:
        source: A path, or an open file.
        name: What to call it in messages; the path when None.

    Raises:
        UnreadablePictureError: If it is missing, no picture, damaged or larger than Pillow's limit.
    """
    name = name or str(source)
    try:
        if isinstance(source, Path) and source.is_dir():
            raise UnreadablePictureError(f"{name} is a folder; paint all of it with `copyart batch`")
        data = source.read_bytes() if isinstance(source, Path) else source.read()
    except FileNotFoundError as error:
        raise UnreadablePictureError(f"{name}: there is no such file; check the spelling and the folder") from error
    except OSError as error:
        raise UnreadablePictureError(f"{name} cannot be read: {reason(error)}") from error
    if not data:
        raise UnreadablePictureError(f"{name} is empty (0 bytes); copy it again from where it came")
    return _decode(data, name)


def to_photo(image: Image.Image) -> Photo:
    """Makes a photo of any Pillow picture.

    Raises:
        UnreadablePictureError: If its pixels cannot be decoded or turned into RGB.
    """
    return _read(image, getattr(image, "filename", "") or "the picture")


def format_of(name: str, *, default: str | None = None) -> str:
    """The key in `FORMATS` that a file's name or a word like `jpg` stands for.

    Raises:
        OptionError: If there is none.
    """
    word = (Path(name).suffix or f".{name}").lower()
    for key, kind in FORMATS.items():
        if word in kind.suffixes or word == f".{key}":
            return key
    if default is None:
        raise OptionError(f"{name!r} names no picture format; use {', '.join(FORMATS)}")
    return default


def encode(painting: Image.Image, photo: Photo, config: SaveConfig, name: str) -> bytes:
    """Turns a finished painting into the bytes of a file, with the photo's EXIF, profile and resolution.

    Args:
        painting: RGB or RGBA, as `Photo.finish` gives it.
        photo: What was painted.
        config: `format` decides; when None, the suffix of `name`, else the photo's own format, else PNG.
        name: The file's name.

    Raises:
        OptionError: If the format is unknown.
        UnwritablePictureError: If this format cannot hold the picture.
    """
    key = format_of(config.format) if config.format else format_of(name, default=photo.format or "png")
    kind = FORMATS[key]
    _register_formats()
    if kind.pillow not in Image.SAVE:
        hint = "pip install 'copyart[heic]', or " if key == "heic" else ""
        raise UnwritablePictureError(f"{name}: {key} pictures cannot be written here; {hint}choose --format jpeg")
    if painting.mode == "RGBA" and not kind.alpha:
        painting = _on_white(painting)
    options: dict[str, object] = {"quality": config.quality, **kind.options}
    if kind.metadata:
        options |= {"icc_profile": photo.icc, "dpi": photo.dpi} if photo.dpi else {"icc_profile": photo.icc}
        options |= {"exif": photo.exif} if photo.exif else {}
    file = io.BytesIO()
    try:
        painting.save(file, kind.pillow, **options)
    except (OSError, ValueError) as error:
        size = f"{painting.width} x {painting.height}"
        raise UnwritablePictureError(f"{name}: {key} cannot hold this picture of {size}: {error}") from error
    return file.getvalue()


def save_painting(painting: Image.Image, photo: Photo, path: Path, config: SaveConfig) -> None:
    """Writes a finished painting, whole or not at all.

    Raises:
        OptionError: If the format is unknown.
        UnwritablePictureError: If a file is there and may not be replaced, or it cannot be written.
    """
    check_free(path, config)
    data = encode(painting, photo, config, str(path))
    try:
        write_whole(path, data)
    except OSError as error:
        raise UnwritablePictureError(f"{path} cannot be written: {reason(error)}") from error


def check_free(path: Path, config: SaveConfig) -> None:
    """Makes sure that a painting can go to `path`, before anything is painted.

    Raises:
        UnwritablePictureError: If the folder is missing, a folder has the name, or a file may not be replaced.
    """
    try:
        if not path.parent.is_dir():
            raise UnwritablePictureError(f"{path} cannot be written: there is no folder {path.parent}; make it first")
        if path.is_dir():
            raise UnwritablePictureError(f"{path} cannot be written: it is a folder")
        if path.exists() and not config.overwrite:
            hint = "give --overwrite to replace it, or another name with -o"
            raise UnwritablePictureError(f"{path} is there already; {hint}")
    except OSError as error:
        raise UnwritablePictureError(f"{path} cannot be written: {reason(error)}") from error


def make_folder(folder: Path) -> None:
    """Makes a folder for paintings, and those that it lies in.

    Raises:
        UnwritablePictureError: If it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnwritablePictureError(f"{folder} cannot be made: {reason(error)}") from error


def side_by_side(left: Image.Image, right: Image.Image) -> Image.Image:
    """Puts two pictures of one size and mode beside each other."""
    both = Image.new(left.mode, (left.width + right.width, left.height))
    both.paste(left, (0, 0))
    both.paste(right, (left.width, 0))
    both.info.update(right.info)
    return both


def _decode(data: bytes, name: str) -> Photo:
    _register_formats()
    try:
        image = Image.open(io.BytesIO(data), formats=[kind for kind in _READABLE if kind in Image.OPEN])
    except Image.DecompressionBombError as error:
        limit = 2 * (Image.MAX_IMAGE_PIXELS or 0) / 1e6
        raise UnreadablePictureError(
            f"{name} says it has more pixels than can be opened safely ({limit:.0f} megapixels); make it smaller first"
        ) from error
    except UnidentifiedImageError as error:
        heic = b"ftyp" in data[:12] and "HEIF" not in Image.OPEN
        hint = "for HEIC, pip install 'copyart[heic]'" if heic else f"it is not {_READABLE_WORDS}"
        raise UnreadablePictureError(f"{name} is no picture that copyart can read: {hint}") from error
    except Exception as error:  # a decoder may fail in any way on a damaged file
        raise UnreadablePictureError(f"{name} is damaged: {first_line(error)}") from error
    return _read(image, name)


def _read(image: Image.Image, name: str) -> Photo:
    pillow = "JPEG" if image.format == "MPO" else image.format  # a phone's JPEG with a second picture inside
    try:
        frames = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)
        image.load()
        exif = _portable_exif(image)
        info = dict(image.info)
        image = ImageOps.exif_transpose(image)
        image = image.convert("LA") if image.mode == "La" else image  # Pillow has no other way from this mode
        image = image.convert("RGBA") if image.has_transparency_data else image
        alpha = image.getchannel("A") if image.mode == "RGBA" else None
        rgb, icc = _to_srgb(image, info.get("icc_profile"))
        dpi = info.get("dpi")
        return Photo(
            image=rgb,
            alpha=alpha,
            icc=icc,
            exif=exif,
            dpi=(float(dpi[0]), float(dpi[1])) if dpi else None,
            format=next((key for key, kind in FORMATS.items() if kind.pillow == pillow), None),
            frames=frames,
        )
    except MemoryError as error:
        raise UnreadablePictureError(f"{name} does not fit the memory; make it smaller first") from error
    except Exception as error:  # a decoder may fail in any way on a damaged file
        raise UnreadablePictureError(
            f"{name} is cut short or damaged: {first_line(error)}; copy it again from where it came"
        ) from error


def _to_srgb(image: Image.Image, icc: object) -> tuple[Image.Image, bytes | None]:
    """Any mode to RGB in sRGB; the profile comes back if the painting can have it, which takes an RGB one."""
    profile = _open_profile(icc)
    space = profile.profile.xcolor_space.strip() if profile else ""
    if profile is not None and image.mode == "CMYK" and space == "CMYK":
        with suppress(ImageCms.PyCMSError):
            return _convert_profile(image, profile, _SRGB, "RGB"), None
    if image.mode.startswith("I"):
        image = image.convert("I").point(lambda value: value * (1 / 257)).convert("L")  # 65535 becomes 255
    elif image.mode == "F":
        _, brightest = image.getextrema()
        scale = 255 if isinstance(brightest, float) and brightest <= 1 else 1
        image = image.point(lambda value: value * scale + 0).convert("L")
    rgb = image.convert("RGB")
    if profile is not None and space == "RGB" and isinstance(icc, bytes):
        with suppress(ImageCms.PyCMSError):  # a profile that does not work in both directions says nothing
            _convert_profile(_SWATCHES, _SRGB, profile)
            return _convert_profile(rgb, profile, _SRGB), icc
    return rgb, None


def _open_profile(icc: object) -> ImageCms.ImageCmsProfile | None:
    try:
        return ImageCms.ImageCmsProfile(io.BytesIO(icc)) if isinstance(icc, bytes) and icc else None
    except (OSError, ImageCms.PyCMSError):
        return None  # a broken profile says nothing about the colours


def _convert_profile(
    image: Image.Image, source: ImageCms.ImageCmsProfile, target: ImageCms.ImageCmsProfile, mode: str = "RGB"
) -> Image.Image:
    if image.mode == mode and _transform(_SWATCHES, source, target, mode).tobytes() == _SWATCHES.tobytes():
        return image  # the same colour space in other words
    return _transform(image, source, target, mode)


def _transform(
    image: Image.Image, source: ImageCms.ImageCmsProfile, target: ImageCms.ImageCmsProfile, mode: str
) -> Image.Image:
    converted = ImageCms.profileToProfile(image, source, target, outputMode=mode)
    assert converted is not None  # noqa: S101  # only in-place conversion gives None
    return converted


def _portable_exif(image: Image.Image) -> bytes:
    try:
        exif = Image.Exif()
        exif.load(image.getexif().tobytes())
    except Exception:  # noqa: BLE001  # damaged EXIF is no reason not to paint
        return b""
    for tag in _LAYOUT_TAGS | {ExifTags.Base.Orientation}:
        if tag in exif:
            del exif[tag]
    return exif.tobytes() if len(exif) else b""


def _on_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white


@lru_cache(maxsize=1)
def _register_formats() -> None:
    Image.init()
    try:
        import pillow_heif
    except ImportError:
        return
    pillow_heif.register_heif_opener()
