"""The document of the API, and the fields of forms: what follows there from the options that are declared."""

import json

from test_config import Toy

from copyart.config import PaintConfig, ServeConfig
from copyart.config.options import declared
from copyart.serving.app import WEB
from copyart.serving.forms import FIELDS, PAINTING
from copyart.serving.openapi import describe, schema_of


def test_the_schema_of_a_field_is_as_its_option_is_declared() -> None:
    assert {each.name: schema_of(each) for each in declared(Toy) if each.option.served} == {
        "glaze": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.5, "description": "How much varnish."},
        "coats": {
            "oneOf": [{"type": "integer", "minimum": 1}, {"const": "all"}],
            "description": "Coats. By default one.",
        },
        "dry": {"type": "boolean", "default": False, "description": "Wait until it is dry."},
        "resin": {
            "type": "string",
            "enum": ["dammar", "mastic"],
            "default": "dammar",
            "description": "What it is made of: dammar or mastic.",
        },
    }


def test_forms_and_the_document_have_the_options_of_a_painting_but_that_of_the_page_itself() -> None:
    assert list(PAINTING) == [each.name for each in declared(PaintConfig) if each.name != "compare"]
    operation = describe(ServeConfig(), ["monet"])["paths"]["/api/paint"]["post"]
    fields = operation["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
    assert list(fields) == ["image", *FIELDS]


def test_the_page_has_words_in_every_language_for_the_options_that_it_shows() -> None:
    words = json.loads((WEB / "words.json").read_text("utf-8"))
    shown = [{name for name in PAINTING if name in say} for say in words.values()]
    assert all(names == {"strength", "keep_color", "brush"} for names in shown)
