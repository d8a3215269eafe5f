"""Names of domains: what is said of those that name nothing, too little, or what cannot be read."""

from pathlib import Path

import pytest
from conftest import Here

from copyart.domains import find_domain
from copyart.errors import DownloadError


def test_a_domain_without_a_name_is_refused_with_what_it_may_be(here: Here) -> None:
    code, _, said = here("domains", "")
    assert (code, len(said)) == (1, 1)
    assert said[0].startswith("Error: the domain has no name; give a name from `copyart domains`, a folder, a zip")


def test_a_name_with_one_place_that_is_missing_says_just_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYART_CONFIG", str(tmp_path))
    (tmp_path / "domains.toml").write_text(f'[mine]\nsource = "{tmp_path}/gone"\n')
    with pytest.raises(DownloadError) as refused:
        find_domain("mine")
    assert str(refused.value) == f"{tmp_path}/gone: there is no such file or folder"


def test_a_table_with_an_address_that_cannot_be_read_is_named_with_its_row(
    here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COPYART_CONFIG", str(tmp_path))
    (tmp_path / "domains.toml").write_text('[mine]\nsource = "hf:nobody"\n')
    code, _, said = here("domains")
    assert (code, len(said)) == (1, 1)
    assert said[0].startswith(f"Error: {tmp_path / 'domains.toml'}: mine: 'hf:nobody' cannot be read; give hf:owner/")


def test_a_name_whose_size_nobody_knows_says_so(here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYART_CONFIG", str(tmp_path))
    (tmp_path / "domains.toml").write_text('[mine]\nsource = "hf:ann/mine"\n')
    code, out, _ = here("domains", "mine")
    assert code == 0
    assert {"pictures   not known", "to fetch   not known"} <= set(out)
