"""The colours of a GIF: the same 255 in all of its frames, so that what stands still does not flicker."""

from PIL import Image

from copyart.moving.frames import spread

_COLORS = 255  # and one that is none, for what is transparent
_PIXELS = 150_000  # enough to find them in


def with_one_palette(pictures: list[Image.Image]) -> list[Image.Image]:
    """Gives pictures, RGB or RGBA (wholly transparent or not at all), of one size a common palette."""
    palette = _palette([pictures[number] for number in sorted(spread(len(pictures)))])
    return [_reduced(picture, palette) for picture in pictures]


def _palette(samples: list[Image.Image]) -> Image.Image:
    width, height = samples[0].size
    scale = min((_PIXELS / (width * height * len(samples))) ** 0.5, 1.0)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    sheet = Image.new("RGB", (size[0], size[1] * len(samples)))
    for number, sample in enumerate(samples):
        sheet.paste(sample.convert("RGB").resize(size, Image.Resampling.NEAREST), (0, size[1] * number))
    return sheet.quantize(_COLORS, Image.Quantize.MEDIANCUT, kmeans=1)


def _reduced(picture: Image.Image, palette: Image.Image) -> Image.Image:
    """One picture in the palette's colours, without dithering: its dots would crawl."""
    reduced = picture.convert("RGB").quantize(palette=palette, dither=Image.Dither.NONE)
    if picture.mode == "RGBA":
        reduced.paste(_COLORS, mask=picture.getchannel("A").point(lambda level: 255 * (level < 128)))
        reduced.info["transparency"] = _COLORS
    return reduced
