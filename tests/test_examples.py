"""What the README and the examples show is what happens."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [
    "README.md",
    "docs/how_to/use_a_morphology.md",
    "docs/how_to/fit_a_recording.md",
    "docs/how_to/train_a_network.md",
]
# Cells compile for long; a neuron of one's own is checked in tests of the interface too.
PAGES += [
    pytest.param(f"docs/how_to/{name}.md", marks=pytest.mark.slow)
    for name in ("add_a_mechanism", "add_a_neuron", "build_a_cell")
]
PAGES += [pytest.param("docs/getting_started.md", marks=pytest.mark.slow)]
EXAMPLES = [["simulate_adex.py"]]
# Elephant has tests of its own.
EXAMPLES += [pytest.param(["analyse_with_elephant.py"], marks=pytest.mark.slow)]
# Training has tests of its own.
EXAMPLES += [pytest.param(["train_yin_yang.py", "1", "300"], marks=pytest.mark.slow)]
EXAMPLES += [pytest.param(["xor_in_a_dendrite.py", "1"], marks=pytest.mark.slow)]


def run(script: Path, folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, script, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("page", PAGES)
def test_the_program_of_a_page(page, tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    script = tmp_path / "program.py"
    script.write_text("\n".join(blocks))
    assert run(script, tmp_path)


@pytest.mark.parametrize("command", EXAMPLES, ids=lambda command: command[0])
def test_example(command, tmp_path):
    name, *arguments = command
    assert run(ROOT / "examples" / name, tmp_path, *arguments)


def test_every_link_of_the_documentation_leads_somewhere():
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        prose = re.sub(r"```.*?```|`[^`]*`", "", page.read_text(), flags=re.DOTALL)
        for target in re.findall(r"\]\((?!http)([^)#]+)", prose):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
