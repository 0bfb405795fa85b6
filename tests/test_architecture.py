"""The house: who may import whom, and what an import may cost."""

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import dendrax as dx

PACKAGE = Path(dx.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
PUBLIC = [n for n, value in vars(dx).items() if n[0] != "_" and not inspect.ismodule(value)]
# From the ground up: each module may import those that stand before it.
STOREYS = ["errors", "units", "parameters", "morphology", "mechanisms", "neurons", "networks"]
STOREYS += ["inputs", "tasks", "results", "simulation", "plotting", "fitting", "validation"]
STOREYS += ["report", "cli"]


def imported(path: Path) -> Iterator[str]:
    """Yield the full name of every module that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def name_of(path: Path) -> str:
    """Return the path of a file inside of the package."""
    return path.relative_to(PACKAGE).as_posix()


def module_of(path: Path) -> str:
    """Return the module of dendrax to which a file belongs."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_every_module_has_its_storey():
    modules = {module_of(path) for path in FILES} - {"__init__", "__main__", "_xla"}
    assert modules <= set(STOREYS)


@pytest.mark.parametrize(
    "path", [path for path in FILES if module_of(path) != "__init__"], ids=name_of
)
def test_imports_point_down(path):
    module = module_of(path)
    for name in imported(path):
        package, *rest = name.split(".")
        if package == "dendrax" and rest[0] != module:
            assert rest[0] in STOREYS[: STOREYS.index(module)], f"{module} must not import {name}"


@pytest.mark.parametrize(("package", "home"), [("quantities", "units"), ("brian2", "validation")])
def test_package_has_one_importer(package, home):
    importers = {
        module_of(path)
        for path in FILES
        if package in {name.split(".")[0] for name in imported(path)}
    }
    assert importers <= {home}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_file_can_be_read_in_one_go(path):
    assert len(path.read_text().splitlines()) <= 400


def test_import_is_light():
    heavy = {"brian2", "neo", "matplotlib", "pandas", "xarray", "pynwb", "nixio", "netCDF4"}
    heavy |= {"sklearn", "mlxtend", "scipy.optimize", "scipy.sparse", "distributed"}
    script = f"import dendrax, sys; print(*({heavy} & set(sys.modules)))"
    loaded = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=PACKAGE.parent,
    )
    assert loaded.stdout.split() == []


@pytest.mark.parametrize("name", PUBLIC)
def test_public_name_and_its_arguments_are_documented(name):
    public = getattr(dx, name)
    docstring = inspect.getdoc(public) or ""
    summary = docstring.partition("\n")[0]
    assert summary.endswith("."), f"{name} must begin with one sentence; got {summary!r}"
    if inspect.isclass(public) and issubclass(public, Exception):
        return
    for argument in inspect.signature(public).parameters:
        assert re.search(rf"^(.*, )?\*{{0,2}}{argument}\b.*( :|,|$)", docstring, re.M), argument
