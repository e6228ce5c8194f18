"""Prompts as data: what is declared is what is used, values are never evaluated, and the wording is reviewed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prompts import ROOT, load, parse

GOLDEN = Path(__file__).parent / "golden"
NAMES = sorted(path.stem for path in ROOT.glob("*.md") if path.stem != "README")
SPELLS = ["{{ 7 * 7 }}", "{% for x in [1] %}x{% endfor %}", "{# gone #}", "{{ statement }}", "}}", "{%", "\\", "---\n"]

VALUES = st.one_of(st.sampled_from(SPELLS), st.text(max_size=30))


def values(name: str) -> dict[str, str]:
    """For every variable a word that says which it is."""
    return {variable: f"<the {variable}>" for variable in sorted(load(name).variables)}


@pytest.mark.parametrize("name", NAMES)
def test_every_prompt_loads_and_reads_as_it_was_reviewed(name: str) -> None:
    """A change of wording changes the golden file too, so that a reviewer sees what a model will see."""
    expected = GOLDEN / f"{name}.txt"
    rendered = load(name).render(**values(name))
    assert expected.exists(), f"write what is rendered to {expected}:\n{rendered}"
    assert rendered == expected.read_text(encoding="utf-8").rstrip("\n")


def test_no_golden_rendering_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_prompt_takes_exactly_what_it_declares(name: str) -> None:
    prompt, given_ = load(name), values(name)
    with pytest.raises(TypeError, match=name):
        prompt.render(**given_, unknown="x")
    for left_out in given_:
        with pytest.raises(TypeError, match=left_out):
            prompt.render(**{key: value for key, value in given_.items() if key != left_out})


@pytest.mark.parametrize("name", NAMES)
def test_the_hash_is_that_of_the_file(name: str) -> None:
    text = (ROOT / f"{name}.md").read_bytes()
    assert load(name).hash == hashlib.sha256(text).hexdigest()[:12]


@settings(max_examples=60, deadline=None)
@given(VALUES, VALUES)
def test_values_stand_as_they_are(answer: str, statement: str) -> None:
    prompt = parse("x", "---\nvariables: [answer, statement]\n---\nA {{ answer }} B {{ statement }} C")
    assert prompt.render(answer=answer, statement=statement) == f"A {answer} B {statement} C"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("---\nvariables: [a]\n---\nNothing.", r"declares \['a'\] and uses \[\]"),
        ("---\nvariables: []\n---\n{{ a }}", r"declares \[\] and uses \['a'\]"),
        ("---\nvariables:\n---\n{% if a %}x{% endif %}", r"uses \['a'\]"),
        ("---\nvariables: [a, b]\n---\n{{ a }}", "'b'"),
    ],
)
def test_variables_and_text_must_agree(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse("x", text)


def test_a_body_may_hold_a_rule() -> None:
    assert parse("x", "---\nvariables: []\n---\nabove\n---\nbelow\n").render() == "above\n---\nbelow"


def test_the_same_prompt_has_the_same_hash_and_another_wording_another() -> None:
    one, other = (parse("x", f"---\nvariables: []\n---\n{body}") for body in ("a", "b"))
    assert one.hash != other.hash
    assert one == parse("x", "---\nvariables: []\n---\na")


def test_the_interviewers_prompt_is_constant() -> None:
    """It stands before everything else: anything in it that varied would empty a server's prefix cache."""
    assert load("interviewer").variables == frozenset()
