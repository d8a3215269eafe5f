"""The API as an OpenAPI document: its addresses, what they take and what they answer."""

from typing import Any

from copyart.config import SCALES, ServeConfig
from copyart.config.options import MANY, Declared
from copyart.images import FORMATS
from copyart.serving.forms import PAINTING
from copyart.serving.problems import CODES
from copyart.serving.responses import PROGRESS
from copyart.version import __version__

_ABOUT = {
    400: "The form cannot be read.",
    403: "Another site has sent it.",
    404: "There is no such style.",
    408: "The photo did not arrive in time.",
    413: "The photo has too many bytes or pixels.",
    415: "It is no picture, or several: an animation, a video, pages; or the body is no form.",
    422: "The photo is damaged, or a field has a value that it cannot have, for this photo or beside another field.",
    429: "Too many photos are waiting.",
    500: "Something went wrong, and not with the photo.",
    503: "The styles are loading, or the time or the memory did not suffice.",
}


def describe(config: ServeConfig, styles: list[str]) -> dict[str, Any]:
    """An OpenAPI 3.1 document of a server with these limits and styles."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "copyart",
            "version": __version__,
            "description": "Turns photos into paintings. Photos are kept in memory only, and forgotten when answered.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "."}],
        "paths": {
            "/api/paint": {"post": _paint(config, styles)},
            "/api/styles": {"get": _get("styles", "What there is to paint with.", "application/json", _STYLES)},
            "/api/styles/{name}/sample": {
                "get": {
                    **_get("sample", "What a style makes of one certain photo.", "image/jpeg", {}, problems=(404, 503)),
                    "parameters": [
                        {"name": "name", "in": "path", "required": True, "schema": {"type": "string", "enum": styles}}
                    ],
                }
            },
            "/healthz": {"get": _get("alive", "200 as long as the server lives.", "text/plain", _TEXT)},
            "/readyz": {"get": _get("ready", "200 once it can paint.", "text/plain", _TEXT, problems=(503,))},
            "/metrics": {"get": _get("metrics", "Figures in Prometheus' format.", "text/plain", _TEXT)},
        },
        "components": {"schemas": {"Refusal": _PROBLEM}},
    }


def _paint(config: ServeConfig, styles: list[str]) -> dict[str, Any]:
    properties = {
        "image": {
            "type": "string",
            "contentMediaType": "application/octet-stream",
            "description": "One still picture, sent as a file, with a file name: JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF "
            f"or HEIC, as its content says; up to {config.max_megabytes:g} megabytes and {config.max_megapixels:g} "
            "megapixels.",
        },
        "style": {"type": "string", "enum": styles, "default": styles[0]},
        **{name: schema_of(each) for name, each in PAINTING.items()},
        "scale": {
            "type": "integer",
            "enum": list(SCALES),
            "description": "Enlarges the photo instead of painting it: so many times as high and as wide, up to "
            f"{config.max_megapixels:g} megapixels. Goes with format alone, without style and how to paint.",
        },
        "format": {"type": "string", "enum": list(FORMATS), "description": "By default the photo's own."},
    }
    form = {"type": "object", "required": ["image"], "properties": properties, "additionalProperties": False}
    picture = {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}
    return {
        "operationId": "paint",
        "summary": "A photo in, a painting out, or the photo enlarged.",
        "description": f"Asked with `Accept: {PROGRESS}`, it answers with lines of JSON as it goes on: "
        '`{"ahead": 3}` (photos before this one), `{"done": 2, "tiles": 9}`, and at last '
        '`{"painting": "photo-monet.jpg", "type": "image/jpeg", "bytes": 48211}`, which is followed by so many bytes, '
        "or a refusal.",
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": form}}},
        "responses": {
            "200": {
                "description": "The painting, as large as the photo, or the photo enlarged, with its EXIF and profile.",
                "content": {"image/*": picture, PROGRESS: picture},
            },
            **_problems(*_ABOUT),
        },
    }


def _get(name: str, summary: str, kind: str, schema: dict[str, Any], problems: tuple[int, ...] = ()) -> dict[str, Any]:
    answer = {"description": summary, "content": {kind: {"schema": schema}}}
    return {"operationId": name, "summary": summary, "responses": {"200": answer, **_problems(*problems)}}


def _problems(*statuses: int) -> dict[str, Any]:
    later = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    return {
        str(status): {
            "description": _ABOUT[status],
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Refusal"}}},
            **({"headers": later} if status in (429, 503) else {}),
        }
        for status in statuses
    }


def schema_of(each: Declared) -> dict[str, Any]:
    """The schema of a form's field, as its option is declared."""
    option = each.option
    schema: dict[str, Any] = {"type": _TYPES[each.kind]}
    if option.least is not None:
        schema |= {"minimum": option.least} | ({"maximum": option.most} if option.most < MANY else {})
    if option.choices:
        schema["enum"] = list(option.choices)
    if option.words:
        schema = {"oneOf": [schema, *({"const": word} for word in option.words)]}
    if each.default is not None:
        schema["default"] = each.default
    return {**schema, "description": f"{each.help} By default {option.unset}." if option.unset else each.help}


_TYPES: dict[type, str] = {bool: "boolean", int: "integer", float: "number", str: "string"}
_TEXT = {"type": "string"}
_PROBLEM = {
    "type": "object",
    "description": "A problem in the sense of RFC 9457.",
    "required": ["title", "status", "detail"],
    "properties": {
        "title": {"type": "string", "enum": sorted(CODES), "description": "What programs tell refusals apart by."},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "One line for people: what is wrong and what to do."},
        "retry_after": {"type": "integer", "description": "In how many seconds to ask again, where that may help."},
    },
}
_STYLES = {
    "type": "object",
    "properties": {
        "styles": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "title": {"type": "string"},
                    "license": {"type": "string"},
                    "training_data": {"type": "string"},
                    "paint_size": {"type": "integer"},
                    "sample": {"type": "string"},
                },
            },
        }
    },
}
