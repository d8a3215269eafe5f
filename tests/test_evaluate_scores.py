"""`copyart evaluate scores` judges styles, folders and runs, and says in a line what it cannot judge."""

import json
import math
import re
from pathlib import Path

import pytest
from conftest import Here, Run
from runs import TOML, make_domain

from copyart.evaluation.scores import OF_SETS
from copyart.models import Style


def _json(here: Here, *words: object) -> dict[str, object]:
    code, out, error = here("evaluate", *words, "--no-pretrained", "--json")
    assert code == 0, error
    found: dict[str, object] = json.loads(out[-1])
    return found


@pytest.fixture(scope="module")
def domains(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Fifty photos and a hundred paintings."""
    folder = tmp_path_factory.mktemp("domains")
    return make_domain(folder / "photos", 50, size=(80, 64)), make_domain(
        folder / "paintings", 100, size=(64, 64), seed=1
    )


@pytest.mark.slow
@pytest.mark.usefixtures("rough")
def test_a_style_is_judged_from_the_command_line(
    here: Here, tiny: Style, domains: tuple[Path, Path], tmp_path: Path
) -> None:
    photos, paintings = domains
    found = _json(
        here,
        *("--style", tiny.folder, "--domain-a", photos, "--domain-b", paintings, "--page", tmp_path / "page.html"),
    )
    assert found["pictures"] == {"paintings": 100, "generated": 50, "photos": 50}
    assert found["size"] == 64
    scores = found["scores"]
    assert isinstance(scores, dict)
    assert all(
        math.isfinite(scores["sliced_wasserstein"][column]["value"]) for column in ("generated", "untouched", "floor")
    )
    page = (tmp_path / "page.html").read_text()
    assert "Least of the photo kept" in page
    assert page.count("data:image/jpeg") == 5
    code, _, error = here("evaluate", paintings, photos, "--page", tmp_path / "page.html")
    assert (code, "is there already" in error[-1]) == (1, True)


@pytest.mark.slow
@pytest.mark.usefixtures("rough")
def test_paintings_in_a_folder_are_judged_beside_their_photos(here: Here, domains: tuple[Path, Path]) -> None:
    photos, paintings = domains
    code, out, error = here("evaluate", paintings, photos, "--photos", photos, "--no-pretrained")
    assert code == 0
    row = next(line for line in out if line.startswith("Structure kept"))
    assert row.split()[-4:] == ["1.00", "1.00", "±", "0.00"]
    assert any(line.startswith("No figure for FID, MiFID") for line in out)
    assert any("50 pictures of 80 x 64, each scaled and cut to 64 x 64" in line for line in error)


@pytest.mark.slow
@pytest.mark.usefixtures("rough")
def test_a_run_is_judged_by_what_it_held_out(
    here: Here, tiny: Style, domains: tuple[Path, Path], tmp_path: Path
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "style").symlink_to(tiny.folder)
    for name, folder in zip(("held-out-a.txt", "domain-b.txt"), domains, strict=True):
        (run / name).write_text("".join(f"{path}\n" for path in sorted(folder.iterdir())))
    found = _json(here, "--style", run)
    assert found["pictures"] == {"paintings": 100, "generated": 50, "photos": 50}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "give PAINTINGS and GENERATED, or --style"),
        (("{b}",), "give PAINTINGS and GENERATED, or --style"),
        (("{b}", "{a}", "--domain-a", "{a}"), "go with --style"),
        (("{b}", "--style", "monet"), "give --domain-a and --domain-b instead"),
        (("--style", "monet", "--domain-a", "{a}"), "say with --domain-b what to judge monet by"),
        (("{b}", "{empty}"), "empty"),
        (("{b}", "{a}", "--inception-weights", "{a}/00.png"), "is not the Inception network of FID"),
        (("{b}", "{a}", "--inception-weights", "nowhere.pth"), "nowhere.pth cannot be read"),
        (("{b}", "{a}", "--size", "8"), "at least 32 pixels"),
    ],
)
def test_what_cannot_be_judged_gets_one_line(
    here: Here, domains: tuple[Path, Path], tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    (tmp_path / "empty").mkdir()
    places = {"a": domains[0], "b": domains[1], "empty": tmp_path / "empty"}
    code, _, error = here("evaluate", "scores", *(word.format(**places) for word in words))
    assert code in (1, 2)
    assert said in error[-1]
    assert error[-1].startswith("Error: ")


def test_one_picture_gets_no_score_but_words(here: Here, domains: tuple[Path, Path], tmp_path: Path) -> None:
    one = make_domain(tmp_path / "one", 1, size=(64, 64))
    code, out, _ = here("evaluate", domains[1], one, "--no-pretrained")
    assert code == 0
    assert any("there are 1 generated pictures; fewer than 4 say nothing" in line for line in out)


@pytest.mark.usefixtures("rough")
def test_a_run_with_few_pictures_is_judged_with_intervals(here: Here, tmp_path: Path) -> None:
    """Thirty paintings and sixty photos, from `copyart train` to `copyart evaluate`."""
    (tmp_path / "run.toml").write_text(TOML)
    for name, count, seed in (("photos", 60, 1), ("paintings", 30, 2)):
        make_domain(tmp_path / name, count, size=(72, 66), seed=seed)
    where = ("--domain-a", "photos", "--domain-b", "paintings", "--config", "run.toml", "--device", "cpu")
    code, out, told = here("train", *where, "--steps", 2, "--out", "run", "--evaluate-every", 2)
    assert code == 0, told
    assert ["held out", "12", "2"] in [line.rsplit(maxsplit=2) for line in told]
    assert (
        "To judge by: 12 held-out pictures of photos and 30 of paintings: distances with a wide interval; "
        "FID, precision and recall take 50 of each"
    ) in told
    assert any(
        re.search(
            r"for the artist's paintings among themselves, all uncertain by \d+ with so few pictures$",
            line,
        )
        for line in out
    )
    found = _json(here, "--style", "run", "--domain-b", "paintings")
    assert found["pictures"] == {"paintings": 30, "generated": 12, "photos": 12}
    scores = found["scores"]
    assert isinstance(scores, dict)
    for key in OF_SETS:
        assert 0 <= scores[key]["generated"]["low"] < scores[key]["generated"]["value"]
    code, out, _ = here("evaluate", "--style", "run", "--no-pretrained")
    row = next(line for line in out if line.startswith("Colours and textures"))
    assert re.search(r"\d \(\d+ to \d+\) +\d+ \(\d+ to \d+\) +\d+ ± \d+ +less", row)
    (tmp_path / "run" / "held-out-a.txt").write_text("")
    code, _, said = here("evaluate", "--style", "run")
    assert (code, said) == (2, ["Error: run held no photos out; say with --domain-a which to judge it by"])


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


@pytest.mark.slow
@pytest.mark.usefixtures("rough")
def test_scores_without_photos_make_a_page_without_pairs(here: Here, tmp_path: Path) -> None:
    make_domain(tmp_path / "paintings", 4, size=(70, 64), seed=1)
    make_domain(tmp_path / "made", 4, size=(70, 64), seed=2)
    code, _, said = here("evaluate", "scores", "paintings", "made", "--no-pretrained", "--page", "x.html")
    assert code == 0, said
    page = (tmp_path / "x.html").read_text()
    assert "of the photo kept" not in page
    assert "<img" in page
