"""Evaluations of what is odd: files that spreadsheets have written, pictures that vanish, folders that are closed."""

import json
import logging
import sys
from pathlib import Path

import pytest
import torch
from conftest import Here, Run
from limits import small_disk
from PIL import Image
from runs import make_domain
from test_evaluation import NEITHER, Small, _pictures
from test_survey_scores import HEAD, ID, TRUTH, ask, rows, write

from copyart.errors import EvaluationError, MissingExtraError, StyleError
from copyart.evaluation import Kinds, Networks, common_side, evaluate, notes_on, read_squares
from copyart.evaluation.inception import check_installed
from copyart.evaluation.originality import compare
from copyart.evaluation.originality.page import make_page
from copyart.evaluation.survey import read_answers, write_survey
from copyart.export import export_onnx
from copyart.pages import write_page
from copyart.styles import Style


def test_pictures_of_several_sizes_are_not_compared() -> None:
    kinds = Kinds(_pictures(50, 1), _pictures(50, 2, side=32))
    with pytest.raises(EvaluationError, match="the pictures to compare are of several sizes; read them all with one"):
        evaluate(kinds, NEITHER)


@pytest.mark.slow
def test_a_network_tells_how_many_pictures_it_has_looked_at() -> None:
    kinds = Kinds(_pictures(60, 1), _pictures(50, 2))
    told: list[int] = []
    scores = evaluate(kinds, Networks(Small(), "no network", torch.device("cpu")), told.append)
    assert sum(told) == 110
    assert any(score.measure.key == "fid" and score.generated for score in scores)
    assert any(
        note.startswith("FID and MiFID are larger the fewer pictures there are") for note in notes_on(kinds, scores)
    )


def test_of_how_many_pictures_a_photo_is_known_is_told() -> None:
    kinds = Kinds(_pictures(3, 1), _pictures(8, 2), _pictures(5, 3), [(i, i) for i in range(5)])
    assert "5 of 8 generated pictures have a photo of their name." in notes_on(kinds, evaluate(kinds, NEITHER))


@pytest.mark.slow
def test_without_a_network_what_needs_none_is_scored_and_the_rest_is_named_with_its_reason(
    copyart: Run, tmp_path: Path
) -> None:
    for number, name in enumerate(("paintings", "made", "photos")):
        make_domain(tmp_path / name, 50, size=(70, 64), seed=number)
    nobody = dict.fromkeys(("http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy"), "http://127.0.0.1:9")
    done = copyart("evaluate", "scores", "paintings", "made", "--photos", "photos", "--json", no_proxy="", **nobody)
    assert done.returncode == 0, done.stderr
    scores = json.loads(done.stdout)["scores"]
    for name in ("fid", "lpips"):
        assert scores[name]["missing"].endswith(
            "the network is down, or the server is; check the connection and try again"
        )
    for name in ("sliced_wasserstein", "structure_kept"):
        assert scores[name]["generated"]["value"] > 0


def test_without_the_inception_network_s_library_it_is_said_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch_fidelity", None)
    with pytest.raises(MissingExtraError, match="the Inception network needs torch-fidelity, not installed here: pip"):
        check_installed()


def test_a_picture_that_is_none_decides_nothing_of_the_size(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="copyart")
    paths = sorted(make_domain(tmp_path / "x", 3, size=(90, 80)).iterdir())
    (tmp_path / "x" / "none.png").write_bytes(b"none")
    assert common_side({"x": [*paths, tmp_path / "x" / "none.png"]}, None) == 80
    assert caplog.messages == []
    assert common_side({"x": [*paths, tmp_path / "x" / "none.png"]}, 96) == 96
    assert caplog.messages == ["x: 3 of 4 pictures are enlarged to 96 pixels"]
    assert len(read_squares("x", [*paths, tmp_path / "x" / "none.png"], 80)) == 3


def test_a_page_on_copies_shows_pictures_that_have_vanished_as_they_were_compared(tmp_path: Path) -> None:
    new = sorted(make_domain(tmp_path / "new", 6, size=(70, 64), seed=1).iterdir())
    old = sorted(make_domain(tmp_path / "old", 6, size=(70, 64), seed=2).iterdir())
    Image.effect_noise((90, 100), 80).save(old[0])
    generated, training = read_squares("new", new, 32), read_squares("old", old, 32)
    for path in (*new, *old):
        path.unlink()
    page = make_page(generated, training, compare(generated, training))
    assert "old: 6 pictures of 2 sizes, 70 x 64 to 90 x 100, each scaled and cut to 32 x 32" in page
    assert page.count("data:image/jpeg;base64,") > 6


def test_scores_without_photos_make_a_page_without_pairs(here: Here, tmp_path: Path) -> None:
    make_domain(tmp_path / "paintings", 4, size=(70, 64), seed=1)
    make_domain(tmp_path / "made", 4, size=(70, 64), seed=2)
    code, _, said = here("evaluate", "scores", "paintings", "made", "--no-pretrained", "--page", "x.html")
    assert code == 0, said
    page = (tmp_path / "x.html").read_text()
    assert "of the photo kept" not in page
    assert "<img" in page


def test_a_full_disk_leaves_no_half_of_a_survey_nor_of_a_page(tmp_path: Path) -> None:
    with small_disk(500), pytest.raises(EvaluationError, match=r"survey\.html cannot be written: .*larger"):
        write_survey(ask(TRUTH), tmp_path / "survey.html")
    with small_disk(500), pytest.raises(EvaluationError, match=r"page\.html cannot be written: .*larger"):
        write_page(tmp_path / "page.html", "words " * 1000)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_full_disk_leaves_no_half_of_a_model(tiny: Style, tmp_path: Path) -> None:
    with small_disk(500), pytest.raises(StyleError, match=r"tiny\.onnx cannot be written: .*larger"):
        export_onnx(tiny, tmp_path / "tiny.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_network_that_the_exporter_cannot_write_is_said_in_a_line(
    tiny: Style, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise ValueError("no decomposition\nof this operator")

    monkeypatch.setattr("torch.onnx.export", failing)
    with pytest.raises(StyleError, match=r"^style tiny cannot be exported to ONNX: no decomposition$"):
        export_onnx(tiny, tmp_path / "tiny.onnx")
    assert list(tmp_path.iterdir()) == []


def test_answers_from_a_spreadsheet_without_unicode_keep_their_names(tmp_path: Path) -> None:
    survey = ask(TRUTH)
    (answers,), notes = read_answers([write(tmp_path / "a.csv", rows(TRUTH, "Zoë"), "cp1252")], survey)
    assert (answers.person, len(answers.said), notes) == ("Zoë", len(TRUTH), [])


def test_seconds_that_are_no_number_do_not_make_an_answer_void(tmp_path: Path) -> None:
    survey = ask(TRUTH)
    text = rows(TRUTH).replace(",1.5", ",a while")
    (answers,), _ = read_answers([write(tmp_path / "a.csv", text)], survey)
    assert len(answers.said) == len(TRUTH)
    assert set(answers.seconds) == set(range(2, len(TRUTH) + 1))


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.csv", f"{HEAD}\n{ID},{'A' * 200_000},1,real,2\n".encode(), "it is no CSV file: field larger than"),
        ("none.csv", None, "it cannot be read: there is no such file or folder"),
    ],
)
def test_a_file_of_answers_that_cannot_be_read_is_left_out_and_the_others_count(
    tmp_path: Path, name: str, data: bytes | None, words: str
) -> None:
    good, bad = write(tmp_path / "good.csv", rows(TRUTH)), tmp_path / name
    if data is not None:
        bad.write_bytes(data)
    (answers,), (note,) = read_answers([good, bad], ask(TRUTH))
    assert len(answers.said) == len(TRUTH)
    assert note.startswith(f"{bad} is left out: {words}")


def test_of_people_who_answered_no_picture_in_common_no_kappa_is_told(here: Here, tmp_path: Path) -> None:
    survey = ask(TRUTH)
    write_survey(survey, tmp_path / "survey.html")
    halves = [
        write(tmp_path / "a.csv", rows("rprprp......", "A")),
        write(tmp_path / "b.csv", rows("......prpppr", "B")),
    ]
    code, out, _ = here("evaluate", "survey", "score", "survey.html", *halves)
    assert code == 0
    assert any(line.startswith("No Fleiss' kappa: ") for line in out)
    assert not any(line.startswith(("Cohen's kappa", "Kappa is 1")) for line in out)
