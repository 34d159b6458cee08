"""The two commands and the lock files: they work on any Debian machine, and name none in particular."""

import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
LOCKS = ["requirements-run.lock", "requirements-test.lock"]
SCRIPTS = ["run", "test", ".ci/run", "scripts/setup.sh", "scripts/lock.sh"]
NOT_COMMITTED = {".git", ".venv", ".run", "__pycache__"}
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
TWO_STARTS = "scripts/setup.sh run & scripts/setup.sh run && wait $!"


def for_this_machine(lines: list[str]) -> list[Requirement]:
    return [one for one in map(Requirement, lines) if not one.marker or one.marker.evaluate()]


def pins(lock: str) -> dict[str, str]:
    """Name -> `==version` of every package the lock installs on this machine."""
    lines = re.findall(r"^([a-z0-9].*?) \\$", (ROOT / lock).read_text(), re.MULTILINE)
    return {one.name: str(one.specifier) for one in for_this_machine(lines)}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A new check-out with the two commands and lock files that ask for nothing: no network is used."""
    tree = tmp_path / "floor"
    shutil.copytree(ROOT / "scripts", tree / "scripts")
    for name in ["run", "test"]:
        shutil.copy2(ROOT / name, tree / name)
    for lock in LOCKS:
        (tree / lock).write_text(f"# {lock}\n")
    return tree


def shell(tree: Path, command: str, path: str = SYSTEM_PATH) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": path, "HOME": str(tree)}
    return subprocess.run(
        ["sh", "-c", command],
        cwd=tree,
        env=environment,
        text=True,
        capture_output=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_packages_and_hashes_but_no_place_to_get_them(lock: str) -> None:
    for line in (ROOT / lock).read_text().splitlines():
        assert re.fullmatch(r"[a-z0-9-]+==\S+( ; [^:/@]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line), line


def test_the_test_lock_holds_every_pin_of_the_run_lock() -> None:
    run, test = pins(LOCKS[0]), pins(LOCKS[1])
    assert run.items() <= test.items()


def test_the_locks_answer_what_the_project_asks() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    run = project["project"]["dependencies"]
    for lock, lines in [(LOCKS[0], run), (LOCKS[1], run + project["dependency-groups"]["dev"])]:
        pinned = pins(lock)
        for asked in for_this_machine(lines):
            assert asked.name in pinned, f"{asked} is not in {lock}: run scripts/lock.sh"
            assert asked.specifier.contains(pinned[asked.name].removeprefix("=="), prereleases=True), asked


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_are_executable_and_parse(script: str) -> None:
    path = ROOT / script
    assert os.access(path, os.X_OK)
    interpreter = "bash" if "bash" in path.read_text().splitlines()[0] else "sh"
    subprocess.run([interpreter, "-n", path], check=True)


def test_ci_runs_the_same_tests_as_a_desk() -> None:
    assert "exec ./test </dev/null" in (ROOT / ".ci/run").read_text()


@pytest.mark.parametrize("command", ["./run --help", "./run --port 9 -h", "./test --help", "cd / && {tree}/run -h"])
def test_help_answers_before_anything_is_installed(tree: Path, command: str) -> None:
    answer = shell(tree, command.format(tree=tree))
    assert answer.returncode == 0
    assert answer.stdout.startswith("Usage: ./")
    assert not (tree / ".venv").exists()


def test_without_root_the_exact_command_is_printed(tree: Path) -> None:
    stubs = tree / "stubs"
    stubs.mkdir()
    for name, body in {"dpkg-query": "exit 1", "id": "echo 1000", "sudo": "exit 1"}.items():
        (stubs / name).write_text(f"#!/bin/sh\n{body}\n")
        (stubs / name).chmod(0o755)
    answer = shell(tree, "./run", path=f"{stubs}:{SYSTEM_PATH}")
    assert answer.returncode == 3
    assert "\n  sudo apt-get update && sudo apt-get install --no-install-recommends python3 " in answer.stderr
    assert "libharfbuzz-subset0" in answer.stderr
    assert not (tree / ".venv").exists()


@pytest.mark.slow
def test_two_starts_at_once_make_one_environment(tree: Path) -> None:
    answer = shell(tree, TWO_STARTS)
    assert answer.returncode == 0, answer.stderr
    assert answer.stderr.count("Making .venv") == 1
    assert shell(tree, ".venv/bin/python -c 'import pip'").returncode == 0


@pytest.mark.slow
def test_setup_does_again_only_what_changed(tree: Path) -> None:
    assert "Making .venv" in shell(tree, "scripts/setup.sh test").stderr
    assert shell(tree, "scripts/setup.sh run").stderr == "", "the test environment serves ./run as well"
    (tree / LOCKS[0]).write_text("# another\n")
    changed = shell(tree, "scripts/setup.sh run").stderr
    assert "Installing Python packages" in changed
    assert "Making .venv" not in changed
    moved = tree.rename(tree.with_name("moved"))
    assert "Making .venv" in shell(moved, "scripts/setup.sh run").stderr, "programs in .venv/bin name the old place"


def committed_files() -> Iterator[Path]:
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in NOT_COMMITTED and not name.endswith("_cache")]
        yield from (Path(folder, name) for name in names)


def test_no_file_names_a_place_of_somebodys_machine() -> None:
    place = re.compile(rb"/(home/[a-z]|Users/[A-Za-z]|root/[a-z.])|[A-Z]:\\Users\\")
    named = [str(path) for path in committed_files() if place.search(path.read_bytes())]
    assert named == []
