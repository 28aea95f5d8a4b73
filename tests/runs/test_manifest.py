"""No change of a folder goes unnoticed, and what was checked is what is used."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gru_toolkit.errors import DamagedRunError, MissingInputError, StorageError
from gru_toolkit.runs import files, manifest
from gru_toolkit.runs.lock import LOCK_NAME

FOLDER = {"weights.bin": bytes(range(64)), "inner/settings.json": b'{"a": 1}', "empty": b""}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files.write_folder(tmp_path / "run", FOLDER, manifest.RUN_SCHEMA, {"note": "é"})
    return tmp_path / "run"


def test_an_untouched_folder_gives_its_files_and_facts(folder: Path) -> None:
    found = manifest.verify(folder)
    assert dict(found) == FOLDER
    assert len(found) == 3
    assert found.extra == {"note": "é"}
    assert found.schema == manifest.RUN_SCHEMA
    assert found.versions["numpy"]


def test_every_change_of_every_byte_is_refused_with_the_files_name(folder: Path) -> None:
    for path in sorted(entry for entry in folder.rglob("*") if entry.is_file()):
        content = path.read_bytes()
        for position in range(len(content)):
            damaged = bytearray(content)
            damaged[position] ^= (1, 0x20, 0x80)[position % 3]  # the lowest bit, letter case, the highest bit
            path.write_bytes(damaged)
            with pytest.raises(DamagedRunError) as caught:
                manifest.verify(folder)
            assert path.name in str(caught.value), position
        path.write_bytes(content)
        assert dict(manifest.verify(folder)) == FOLDER


@pytest.mark.parametrize("name", [*FOLDER, manifest.NAME])
@pytest.mark.parametrize("change", ["cut", "grown"])
def test_a_file_of_another_length_is_refused(folder: Path, name: str, change: str) -> None:
    path = folder / name
    content = path.read_bytes()
    if change == "cut" and not content:
        return
    path.write_bytes(content[:-1] if change == "cut" else content + b"\n")
    with pytest.raises(DamagedRunError, match=path.name):
        manifest.verify(folder)


def test_white_space_in_the_manifest_is_damage_even_with_a_fitting_hash(folder: Path) -> None:
    path = folder / manifest.NAME
    body = path.read_bytes().split(b"\n")[0]
    for other in (
        body.replace(b",", b", ", 1),
        b"[1]",
        b"1",
        b"{}",
        b"not JSON",
        body.replace(b'"bytes"', b'"byte"'),
        body.replace(b'"extra":{', b'"extra":[],"files":{'),
        b"[" * 100_000,
    ):
        path.write_bytes(manifest._sealed(other))
        with pytest.raises(DamagedRunError, match=r"MANIFEST\.json was changed"):
            manifest.verify(folder)


def test_a_missing_file_or_manifest_is_named(folder: Path) -> None:
    (folder / "weights.bin").unlink()
    with pytest.raises(DamagedRunError, match=r"weights\.bin is missing"):
        manifest.verify(folder)
    (folder / manifest.NAME).unlink()
    with pytest.raises(MissingInputError, match=r"MANIFEST\.json is missing"):
        manifest.verify(folder)


@pytest.mark.parametrize("name", ["more.txt", "inner/more.txt", "other/more.txt", "inner/.lock", "inner/checkpoints"])
def test_an_added_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"")
    with pytest.raises(DamagedRunError, match="is not listed"):
        manifest.verify(folder)


def test_lock_leftovers_and_checkpoints_may_lie_beside(folder: Path) -> None:
    (folder / LOCK_NAME).write_bytes(b"1\n")
    (folder / ".tmp-12-0123abcd-report.html").write_bytes(b"torn")
    (folder / "checkpoints" / "x").mkdir(parents=True)
    assert dict(manifest.verify(folder)) == FOLDER


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs links")
@pytest.mark.parametrize("name", ["weights.bin", "inner", "extra"])
def test_a_link_is_refused_even_when_it_leads_to_the_same_bytes(folder: Path, tmp_path: Path, name: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    if (folder / name).exists():
        (folder / name).rename(elsewhere)
    else:
        elsewhere.write_bytes(b"")
    (folder / name).symlink_to(elsewhere)
    with pytest.raises(DamagedRunError, match="is a link"):
        manifest.verify(folder)


def test_a_manifest_that_is_a_link_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / manifest.NAME).rename(tmp_path / "elsewhere")
    (folder / manifest.NAME).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DamagedRunError, match="is a link"):
        manifest.verify(folder)


def test_a_pipe_in_place_of_a_file_is_refused(folder: Path) -> None:
    (folder / "weights.bin").unlink()
    os.mkfifo(folder / "weights.bin")
    writer = os.open(folder / "weights.bin", os.O_RDWR)
    try:
        with pytest.raises(DamagedRunError, match="not a plain file"):
            manifest.verify(folder)
    finally:
        os.close(writer)


def test_a_folder_in_place_of_a_file_is_refused(folder: Path) -> None:
    (folder / "weights.bin").unlink()
    (folder / "weights.bin").mkdir()
    with pytest.raises((DamagedRunError, StorageError), match=r"weights\.bin"):
        manifest.verify(folder)


@pytest.mark.parametrize(
    "name", ["../outside", "/outside", "a/../../outside", "C:outside", "a\\..\\outside", "", "a//b"]
)
def test_a_manifest_that_leads_outside_is_refused(folder: Path, name: str) -> None:
    facts = json.loads((folder / manifest.NAME).read_bytes().split(b"\n")[0])
    facts["files"][name] = {"bytes": 0, "sha256": "0" * 64}
    (folder / manifest.NAME).write_bytes(manifest._sealed(manifest.canonical_json(facts)))
    with pytest.raises(DamagedRunError, match="leads outside"):
        manifest.verify(folder)


def test_another_schema_is_refused_by_name(folder: Path) -> None:
    with pytest.raises(DamagedRunError, match="describes 'gru-toolkit run 1', this version reads 'other 2'"):
        manifest.verify(folder, schema="other 2")


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(plain)
def test_canonical_json_reads_back_and_is_written_one_way_only(value: object) -> None:
    content = manifest.canonical_json(value)
    assert json.loads(content) == value
    assert manifest.canonical_json(json.loads(content)) == content
    assert b"\n" not in content


def test_json_has_no_nan() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        manifest.canonical_json({"loss": float("nan")})


def test_a_name_that_leads_outside_is_never_written(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="not a plain relative name"):
        manifest.manifest_bytes({"../x": b""}, {})
