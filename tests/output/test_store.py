import errno
import hashlib
import json
import os
from dataclasses import replace

import pytest

import sim.output.store as store_module
from sim.engine.run import run
from sim.errors import OutputError
from sim.output.manifest import manifest_of, names_of
from sim.output.store import MARK, Store, save

FILES = {"outcomes", "questions", "events", "measures", "states", "parameters", "drivers", "convergence", "columns",
         "trajectories", "experiments"}  # fmt: skip


def test_a_run_directory_is_complete(results, tmp_path):
    place = save(results, tmp_path / "a" / "run", command=["crossroads", "run"])
    manifest = json.loads((place / "manifest.json").read_text())
    assert {path.name for path in place.iterdir()} == {f"{name}.csv" for name in FILES} | {"manifest.json"}
    assert set(manifest["files"]) == {f"{name}.csv" for name in FILES}
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((place / name).read_bytes()).hexdigest() == digest
    assert manifest["complete"] is True
    assert (manifest["seed"], manifest["n"], manifest["scenarios"]) == (7, 2500, ["baseline", "high"])
    assert manifest["command"] == ["crossroads", "run"]
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["run"]


def test_a_manifest_tells_what_things_are_called(results):
    study = results.study
    high = replace(results.scenarios[1].scenario, title="High tide", about="More of it.")
    told = names_of(replace(study, title="", about="Why?", model=replace(study.model, title="Tides")), [high])
    assert (told["study"], told["model"], told["about"]) == (study.name, study.model.name, "Why?")
    assert told["title"] == told["model_title"] == "Tides"
    assert (told["scenario_titles"], told["scenario_abouts"]) == ({"high": "High tide"}, {"high": "More of it."})
    assert told.keys() <= manifest_of(results, {}, ()).keys()


def test_files_are_the_same_bytes_for_any_number_of_threads(crossed, results, tmp_path):
    one, two = save(results, tmp_path / "one"), save(run(crossed, keep=5, threads=1), tmp_path / "two")
    for path in one.iterdir():
        if path.name != "manifest.json":
            assert path.read_bytes() == (two / path.name).read_bytes()


def test_what_exists_is_kept(results, tmp_path):
    place = save(results, tmp_path / "run")
    with pytest.raises(OutputError, match="--force"):
        save(results, place)
    assert save(results, place, force=True) == place


@pytest.mark.parametrize("force", [False, True])
def test_what_is_not_ours_is_never_replaced(results, tmp_path, force):
    directory, file, link, partial = (tmp_path / name for name in ("dir", "file", "link", "half.partial"))
    directory.mkdir()
    (directory / "notes.txt").write_text("mine")
    file.write_text("mine")
    partial.mkdir()
    (partial / "notes.txt").write_text("mine")
    link.symlink_to(save(results, tmp_path / "run"))
    for place in (directory, file, link, tmp_path / "half"):
        with pytest.raises(OutputError):
            save(results, place, force=force)
    assert (directory / "notes.txt").read_text() == file.read_text() == (partial / "notes.txt").read_text() == "mine"
    assert link.is_symlink()
    assert (tmp_path / "run" / "manifest.json").exists()


def test_what_the_user_added_to_a_run_survives_its_replacement(results, tmp_path):
    place = save(results, tmp_path / "run")
    (place / "notes.txt").write_text("mine")
    (place / "charts").mkdir()
    save(results, place, force=True)
    assert (place / "notes.txt").read_text() == "mine"
    assert (place / "charts").is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_file_of_the_user_in_the_way_is_not_overwritten(results, crossed, tmp_path):
    place = save(run(crossed, n=64, threads=1), tmp_path / "run")
    (place / "trajectories.csv").write_text("mine")
    with pytest.raises(OutputError, match="in the way"):
        save(results, place, force=True)
    assert (place / "trajectories.csv").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_half_run_of_ours_is_replaced_with_force_only(results, tmp_path):
    partial = tmp_path / "run.partial"
    partial.mkdir()
    (partial / MARK).touch()
    with pytest.raises(OutputError, match="did not end"):
        save(results, tmp_path / "run")
    save(results, tmp_path / "run", force=True)
    assert not partial.exists()


def test_an_interrupted_run_leaves_nothing(tmp_path):
    store = Store(tmp_path / "run")
    store.__enter__()
    assert (tmp_path / "run.partial").is_dir()
    store.__exit__(KeyboardInterrupt)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("after", [0, 3, 11])
def test_a_full_disk_leaves_nothing_that_looks_whole(results, tmp_path, monkeypatch, after):
    left = after

    def full(handle):
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    old = save(results, tmp_path / "old")
    before = (old / "manifest.json").read_bytes()
    monkeypatch.setattr(store_module.os, "fsync", full)
    for place in (tmp_path / "run", old):
        left = after
        with pytest.raises(OutputError, match="No space left"):
            save(results, place, force=True)
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
    assert (old / "manifest.json").read_bytes() == before


def test_places_that_cannot_be_written(results, tmp_path):
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file" / "run", "/", "", tmp_path / ".."):
        with pytest.raises(OutputError):
            save(results, place)


def test_parquet_without_pyarrow_is_refused_before_the_run(tmp_path, monkeypatch):
    from sim.errors import UsageError
    from sim.output import parquet

    monkeypatch.setattr(parquet, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match="parquet"):
        Store(tmp_path / "run", formats=("csv", "parquet"))


def test_parquet_twins_hold_the_same(results, tmp_path):
    pq = pytest.importorskip("pyarrow.parquet")
    place = save(results, tmp_path / "run", formats=("csv", "parquet"))
    table = pq.read_table(place / "measures.parquet")
    assert table.num_rows == 210
    assert table.column("mean").null_count > 0
    assert "measures.parquet" in json.loads((place / "manifest.json").read_text())["files"]
