"""EXIF: which way is up, and what of it a painting keeps."""

from PIL import ExifTags, Image

# Tags that describe how the photo's own file was laid out, and would be untrue in another: sizes, strips, tiles, ...,
# and those that hold the photo once more: what Adobe's programs keep in a TIFF, such as its layers.
# fmt: off
_LAYOUT_TAGS = {
    254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 277, 278, 279, 280, 281, 284, 288, 289, 290, 291, 292,
    293, 297, 301, 317, 320, 321, 322, 323, 324, 325, 330, 338, 339, 340, 341, 346, 347, 512, 513, 514, 515, 517, 518,
    519, 520, 521, 529, 530, 531, 532, 700, 34377, 34675, 37724,
}
# fmt: on

_MOST = 2**32 - 1  # of a whole number in EXIF

# What turns a picture upright, by EXIF's number for its orientation, from 2 on.
_TURNS = ("FLIP_LEFT_RIGHT", "ROTATE_180", "FLIP_TOP_BOTTOM", "TRANSPOSE", "ROTATE_270", "TRANSVERSE", "ROTATE_90")


def upright(image: Image.Image) -> Image.Image:
    """Turns a picture as its EXIF says."""
    orientation = orientation_of(image)
    return image.transpose(Image.Transpose[_TURNS[orientation - 2]]) if orientation > 1 else image


def upright_size(image: Image.Image) -> tuple[int, int]:
    """The width and height that a picture has when it is turned as its EXIF says."""
    return (image.height, image.width) if orientation_of(image) > 4 else image.size


def orientation_of(image: Image.Image) -> int:
    """The number, 1 to 8, by which a picture's EXIF says which way is up, or its XMP if that does not; else 1."""
    try:
        orientation: int = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # noqa: BLE001  # damaged EXIF is no reason not to paint
        return 1
    return orientation if orientation in range(1, 9) else 1


def portable_exif(source: Image.Image | bytes) -> bytes:
    """A picture's EXIF without what is true only of its own file; empty if there is none or it is damaged."""
    try:
        exif = Image.Exif()
        exif.load(source if isinstance(source, bytes) else source.getexif().tobytes())
    except Exception:  # noqa: BLE001  # damaged EXIF is no reason not to paint
        return b""
    for tag in (_LAYOUT_TAGS | {ExifTags.Base.Orientation}) & set(exif):
        del exif[tag]
    return exif.tobytes() if len(exif) else b""


def signed(exif: bytes, software: str) -> bytes:
    """EXIF that names the program that made the picture, in place of the one before."""
    if not software:
        return exif
    record = Image.Exif()
    record.load(exif)
    record[ExifTags.Base.Software] = software
    return record.tobytes()


def enlarged(exif: bytes, scale: int) -> bytes:
    """EXIF of a picture `scale` times as high and as wide, whose size in pixels it names."""
    record = Image.Exif()
    record.load(exif)
    tags = record.get_ifd(ExifTags.IFD.Exif)
    sides = [tag for tag in (ExifTags.Base.ExifImageWidth, ExifTags.Base.ExifImageHeight) if tag in tags]
    for tag in sides:
        if isinstance(tags[tag], int):
            tags[tag] = min(tags[tag] * scale, _MOST)
    return record.tobytes() if sides else exif


def shortened(exif: bytes, limit: int = 65_533) -> bytes:
    """EXIF of no more bytes than a JPEG can hold: what is long, such as a maker's notes, is left out."""
    if len(exif) <= limit:
        return exif
    record = Image.Exif()
    record.load(exif)
    for tags in (record, record.get_ifd(ExifTags.IFD.Exif)):
        for tag in [tag for tag, value in tags.items() if isinstance(value, bytes | str | tuple) and len(value) > 1000]:
            del tags[tag]
    exif = record.tobytes()
    return exif if len(exif) <= limit else b""
