"""What is generated is what stands in the repository, and runs where it has to."""

from __future__ import annotations

import ast
import sys

import generate
import pytest

TEMPLATES = sorted(generate.TEMPLATES.glob("*.yml"))


def test_every_generated_file_is_up_to_date() -> None:
    assert generate.stale() == [], "run: make templates"


def test_the_templates_are_the_four_components() -> None:
    names = {"deployment", "deployment-script", "merge-request", "report"}
    assert {path.stem for path in TEMPLATES} == names


@pytest.mark.parametrize("name", ["deployment", "merge-request", "report"])
def test_a_template_holds_the_whole_script(name: str) -> None:
    lines = (generate.TEMPLATES / f"{name}.yml").read_text("utf-8").splitlines()
    start = lines.index("    # >>> report.py") + 1
    inlined = [line.removeprefix("    ") for line in lines[start:]]
    assert "\n".join(inlined).startswith(generate.inlined())


def test_what_is_inlined_is_the_same_program() -> None:
    """But for docstrings, its syntax tree is that of the script people read."""
    assert dumped(generate.inlined()) == dumped(generate.script())


def dumped(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        kind = isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef))
        if kind and ast.get_docstring(node) is not None and len(node.body) > 1:
            del node.body[0]
    return ast.dump(tree)


def test_a_template_says_where_its_script_can_be_read_with_explanations() -> None:
    assert generate.inlined().startswith(
        "# The same with its explanations: ci-components/report.py"
    )
    assert "Tells Bitrix24 of a GitLab pipeline" in generate.SCRIPT.read_text("utf-8")


def test_no_module_is_left_out() -> None:
    folder = generate.HERE / "reporter"
    assert {*generate.ORDER, "__init__"} == {path.stem for path in folder.glob("*.py")}


def test_the_script_is_python_3_9() -> None:
    ast.parse(generate.script(), feature_version=(3, 9))


def test_the_script_stands_on_the_standard_library() -> None:
    imported = {
        (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name).split(".")[0]
        for node in ast.walk(ast.parse(generate.script()))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert imported <= {*sys.stdlib_module_names, "__future__"}


def test_a_name_of_two_modules_is_refused() -> None:
    with pytest.raises(SystemExit, match="defined in two modules: told"):
        generate.check({"a": "def told(): ...", "b": "told = 1"})


def test_what_gitlab_would_replace_is_refused() -> None:
    with pytest.raises(SystemExit, match="which GitLab would replace"):
        generate.check({"a": 'TEXT = "$[[ inputs.stage ]]"'})
