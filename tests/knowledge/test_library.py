"""The checker: the shipped library is clean, and every kind of fault is found with its file and its field."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from knowledge.library import ROOT, ContentError, Finding, Library, check, load, problem_hash, read_stages
from knowledge.schema import CASE_SECTIONS, NOTE_SECTIONS, StageId
from tests.factory import tiny_problem

CASES = ("one-case", "two-case", "three-case", "four-case")
Content = dict[str, Any]


def markdown(head: Content, sections: dict[str, str]) -> str:
    body = "\n".join(f"## {heading}\n\n{text}\n" for heading, text in sections.items())
    return f"---\n{yaml.safe_dump(head)}---\n\n{body}"


def note() -> tuple[Content, dict[str, str]]:
    head = {"id": "some-note", "title": "Some note", "aliases": ["some"], "related": [], "sources": list(CASES)}
    sections = dict.fromkeys(NOTE_SECTIONS, "Words.")
    sections["Numbers worth knowing"] = "- About 5 percent ([One](../cases/one-case.md)).\n- It is 3 (arithmetic)."
    sections["Drill questions"] = "\n\n".join(f"### Question {n}?\n\nAnswer." for n in range(3))
    return head, sections


def case(name: str) -> tuple[Content, dict[str, str]]:
    source = {"url": "https://example.org/x", "kind": "post", "verified": "full", "note": "Read in full."}
    head = {"id": name, "title": "A case", "organisation": "Acme", "year": 2020, "source": source, "problems": ["tiny"]}
    return head, dict.fromkeys(CASE_SECTIONS, "Words.")


def problem() -> Content:
    made = tiny_problem().model_dump(mode="json")
    for point, name in zip(made["stages"]["clarify"], CASES, strict=True):
        point["sources"] = [name]
    return made


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small library of every kind of file, without a fault."""
    root = tmp_path_factory.mktemp("knowledge")
    shutil.copy(ROOT / "stages.yaml", root)
    for folder in ("problems", "concepts", "cases"):
        (root / folder).mkdir()
    (root / "problems/tiny.yaml").write_text(yaml.safe_dump(problem()), encoding="utf-8")
    (root / "template.yaml").write_text(yaml.safe_dump(problem() | {"id": "template"}), encoding="utf-8")
    (root / "concepts/some-note.md").write_text(markdown(*note()), encoding="utf-8")
    for name in CASES:
        (root / f"cases/{name}.md").write_text(markdown(*case(name)), encoding="utf-8")
    return root


@pytest.fixture
def root(master: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(master, tmp_path / "knowledge"))


def test_the_shipped_library_has_no_findings() -> None:
    assert [str(finding) for finding in check()] == []


def test_the_small_library_has_no_findings(root: Path) -> None:
    assert check(root) == ()
    library = load(root)
    assert (set(library.problems), set(library.notes), set(library.cases)) == ({"tiny"}, {"some-note"}, set(CASES))


# --- faults ----------------------------------------------------------------------------------------------------------

Fault = Callable[[Path], object]


def write(file: str, text: str | bytes) -> Fault:
    data = text.encode() if isinstance(text, str) else text
    return lambda root: (root / file).write_bytes(data)


def remove(file: str) -> Fault:
    return lambda root: (root / file).unlink()


def in_yaml(file: str, change: Callable[[Content], object]) -> Fault:
    def seed(root: Path) -> None:
        data = yaml.safe_load((root / file).read_text(encoding="utf-8"))
        change(data)
        (root / file).write_text(yaml.safe_dump(data), encoding="utf-8")

    return seed


def in_problem(change: Callable[[Content], object]) -> Fault:
    return in_yaml("problems/tiny.yaml", change)


def in_point(**fields: Any) -> Fault:
    """Changes the first point of the problem."""
    return in_problem(lambda data: data["stages"]["clarify"][0].update(fields))


def in_note(head: Content | None = None, sections: Content | None = None) -> Fault:
    written = note()
    return write("concepts/some-note.md", markdown({**written[0], **(head or {})}, {**written[1], **(sections or {})}))


def in_case(head: Content | None = None, sections: Content | None = None) -> Fault:
    written = case(CASES[0])
    return write("cases/one-case.md", markdown({**written[0], **(head or {})}, {**written[1], **(sections or {})}))


PROBLEM, NOTE, CASE, STAGES = "problems/tiny.yaml", "concepts/some-note.md", "cases/one-case.md", "stages.yaml"
POINT = tiny_problem().points[0]

FAULTS: dict[str, tuple[Fault, str, str, str]] = {
    # name: (what is done, file, field, words of the message)
    "missing stages": (remove(STAGES), STAGES, "", "is missing"),
    "empty stages": (write(STAGES, ""), STAGES, "stages", "must be exactly"),
    "stages that are no list": (write(STAGES, "stages: 3"), STAGES, "stages", "must be exactly"),
    "a list instead of stages": (write(STAGES, "[1, 2]"), STAGES, "stages", "must be exactly"),
    "stages out of order": (in_yaml(STAGES, lambda d: d["stages"].reverse()), STAGES, "stages", "in this order"),
    "a stage too few": (in_yaml(STAGES, lambda d: d["stages"].pop()), STAGES, "stages", "must be exactly"),
    "wrong number in a stage": (in_yaml(STAGES, lambda d: d["stages"][0].update(soft=-1)), STAGES, "soft", "found -1"),
    "bad YAML": (write(PROBLEM, "id: [unclosed"), PROBLEM, "", "is not valid YAML"),
    "not UTF-8": (write(PROBLEM, b"id: \xff\xfe"), PROBLEM, "", "is not UTF-8"),
    "an empty problem": (write(PROBLEM, ""), PROBLEM, "brief", "Field required"),
    "a problem that is a list": (write(PROBLEM, "- 1"), PROBLEM, "", "valid dictionary"),
    "no problems at all": (remove(PROBLEM), "problems", "", "no problem could be read"),
    "an unknown field": (in_problem(lambda d: d.update(colour="red")), PROBLEM, "colour", "Extra inputs"),
    "a missing field": (in_problem(lambda d: d.pop("brief")), PROBLEM, "brief", "Field required"),
    "a wrong value": (in_point(weight=9), PROBLEM, "stages.clarify.0.weight", "found 9"),
    "two questions in a probe": (in_point(probe="What is it? And why?"), PROBLEM, "stages.clarify.0.probe", "pattern"),
    "file name and id differ": (in_problem(lambda d: d.update(id="other")), PROBLEM, "id", "'other' differs"),
    "a stage without points": (in_problem(lambda d: d["stages"].pop("wrap")), PROBLEM, "stages.wrap", "has 0 points"),
    "too few points": (in_problem(lambda d: d["stages"]["wrap"].pop()), PROBLEM, "stages.wrap", "has 3 points"),
    "a point twice": (
        in_problem(lambda d: d["stages"]["wrap"][0].update(id=POINT.id)), PROBLEM, POINT.id, "duplicate point"
    ),
    "a probe twice": (
        in_problem(lambda d: d["stages"]["wrap"][0].update(probe=POINT.probe)), PROBLEM, POINT.probe, "duplicate probe"
    ),
    "a fact twice": (in_problem(lambda d: d["facts"][0].update(id="fact-1")), PROBLEM, "fact-1", "duplicate fact"),
    "a curveball twice": (
        in_problem(lambda d: d["curveballs"][0].update(id="ball-1")), PROBLEM, "ball-1", "duplicate curveball"
    ),
    "a probe with its own cue": (
        in_point(probe="Is it that amber clarify matters?"), PROBLEM, f"{POINT.id}.probe", "matches the cue"
    ),
    "a probe that quotes its statement": (
        in_point(cues=["zzz", "yyy", "xxx"], probe="Who says that the amber clarify comes first?"),
        PROBLEM, f"{POINT.id}.probe", "repeats 'say that the amber'",
    ),
    "a trade-off too long to say": (
        in_point(trade_off=f"What does {'it and ' * 18}that cost?"), PROBLEM, f"{POINT.id}.trade_off", "over 34"
    ),
    "a challenge too long to say": (
        in_problem(
            lambda d: d["stages"]["clarify"][0]["misconceptions"][0].update(challenge=f"Is {'it so ' * 18}now?")
        ),
        PROBLEM, f"{POINT.id}.misconceptions.0.challenge", "over 34",
    ),
    "a fact too long to tell": (
        in_problem(lambda d: d["facts"][0].update(tell="word " * 51)), PROBLEM, "fact-0.tell", "is 51 words long"
    ),
    "a curveball too long to say": (
        in_problem(lambda d: d["curveballs"][0].update(change="word " * 42)),
        PROBLEM, "ball-0.change and question", "over 42",
    ),
    "a hint too long to say": (
        in_point(hints=["Think.", "word " * 51, "It is this."]), PROBLEM, f"{POINT.id}.hints.2", "over 50"
    ),
    "a question too long to throw back": (
        in_problem(lambda d: d["facts"][0].update(throw_back=f"What {'would ' * 34}you guess?")),
        PROBLEM, "fact-0.throw_back", "over 34",
    ),
    "an opener too long to say": (
        in_problem(lambda d: d.update(openers={"data": f"What {'would ' * 34}you log?"})),
        PROBLEM, "openers.data", "over 34",
    ),
    "an opening too long to read out": (
        in_problem(lambda d: d.update(brief="word " * 80)), PROBLEM, "brief and fact-0.tell", "over 75"
    ),
    "a brief that asks": (
        in_problem(lambda d: d.update(brief="How would you find stones?")), PROBLEM, "brief", "asks a question"
    ),
    "a fact that asks": (
        in_problem(lambda d: d["facts"][0].update(tell="Who knows?")), PROBLEM, "fact-0.tell", "asks a question"
    ),
    "a changed constraint that asks": (
        in_problem(lambda d: d["curveballs"][0].update(change="What if it rains?")),
        PROBLEM, "ball-0.change", "asks a question",
    ),
    "a hint that asks twice": (
        in_point(hints=["Think.", "Who? And when?", "It is this."]), PROBLEM, f"{POINT.id}.hints.2", "more than one"
    ),
    "no template": (remove("template.yaml"), "template.yaml", "", "is missing"),
    "a thin template": (
        in_yaml("template.yaml", lambda d: d["stages"]["wrap"].pop()), "template.yaml", "stages.wrap", "has 3 points"
    ),
    "an unknown source": (in_point(sources=["one-case", "nowhere"]), PROBLEM, f"{POINT.id}.sources", "'nowhere'"),
    "too few cases cited": (in_point(sources=["some-note"]), PROBLEM, "sources", "cites 3 cases"),
    "too few misconceptions": (
        in_problem(lambda d: [p.update(misconceptions=[]) for ps in d["stages"].values() for p in ps]),
        PROBLEM, "misconceptions", "has 0",
    ),
    "a board component twice": (
        in_problem(lambda d: d["board"]["components"].append(d["board"]["components"][0])),
        PROBLEM, "c0", "duplicate board component",
    ),
    "a board link to nothing": (
        in_problem(lambda d: d["board"]["links"].append(["c0", "c9"])), PROBLEM, "board", "names 'c9'"
    ),
    "no front matter": (write(NOTE, "## What it is\n\nWords."), NOTE, "", "must begin with front matter"),
    "bad front matter": (write(NOTE, "---\nid: [\n---\n"), NOTE, "front matter", "is not valid YAML"),
    "empty front matter": (write(NOTE, "---\n# later\n---\n"), NOTE, "title", "Field required"),
    "a note that is not UTF-8": (write(NOTE, b"---\n\xff\n---\n"), NOTE, "", "cannot be read"),
    "wrong sections": (in_note(sections={"Extra": "Words."}), NOTE, "sections", "found"),
    "an empty section": (in_note(sections={"Trade-offs": ""}), NOTE, "Trade-offs", "is empty"),
    "too few drill questions": (in_note(sections={"Drill questions": "### One?"}), NOTE, "Drill questions", "three"),
    "an unbacked figure": (
        in_note(sections={"Numbers worth knowing": "- It is 7 percent."}),
        NOTE, "Numbers worth knowing", "no source backs 'It is 7 percent.'",
    ),
    "a dead link": (in_note(sections={"Trade-offs": "See [x](../cases/gone.md)."}), NOTE, "Trade-offs", "dead link"),
    "an unknown related note": (in_note({"related": ["gone"]}), NOTE, "related", "unknown id 'gone'"),
    "an unknown case in a note": (in_note({"sources": ["gone"]}), NOTE, "sources", "unknown id 'gone'"),
    "wrong sections of a case": (in_case(sections={"Extra": "Words."}), CASE, "sections", "found"),
    "an unknown problem in a case": (in_case({"problems": ["gone"]}), CASE, "problems", "unknown id 'gone'"),
    "an unknown concept in a case": (in_case({"concepts": ["gone"]}), CASE, "concepts", "unknown id 'gone'"),
    "a case that serves nothing": (in_case({"problems": []}), CASE, "", "serves no problem and no concept"),
    "a source without https": (
        in_case({"source": {**case("x")[0]["source"], "url": "http://example.org"}}), CASE, "source.url", "pattern"
    ),
    "a case that nothing cites": (
        write("cases/five-case.md", markdown(*case("five-case"))), "cases/five-case.md", "", "is cited by nothing"
    ),
    "a note and a case of one id": (
        write("cases/some-note.md", markdown(*case("some-note"))), "cases/some-note.md", "id", "a note has this id"
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_it_finds(fault: str, root: Path) -> None:
    seed, file, field, words = FAULTS[fault]
    seed(root)
    findings = check(root)
    assert any(finding.file == file and finding.field == field and words in finding.message for finding in findings), (
        "\n".join(map(str, findings))
    )


def test_all_faults_are_found_in_one_run(root: Path) -> None:
    in_point(sources=["nowhere"], weight=2)(root)
    in_note({"related": ["gone"]})(root)
    in_case(sections={"Scale": ""})(root)
    assert {finding.file for finding in check(root)} == {PROBLEM, NOTE, CASE}
    with pytest.raises(ContentError, match=r"and 3 more"):
        load(root)


def test_an_error_names_the_first_finding_and_counts_the_rest() -> None:
    error = ContentError((Finding("a.yaml", "id", "is wrong"), Finding("b.yaml", "", "is missing")))
    assert str(error) == "a.yaml: id: is wrong (and 1 more). Run `hotseat knowledge check` for the whole list."
    assert str(error.findings[1]) == "b.yaml: is missing"


def test_no_stage_can_be_read_without_its_file(root: Path) -> None:
    assert list(read_stages(root)) == list(StageId)
    (root / STAGES).unlink()
    with pytest.raises(ContentError, match=r"stages\.yaml: is missing"):
        read_stages(root)


# --- what is made of it ----------------------------------------------------------------------------------------------


def test_every_section_is_a_passage_with_an_id_of_its_own(root: Path, library: Library) -> None:
    passages = load(root).passages
    assert len(passages) == len(NOTE_SECTIONS) + 2 + len(CASES) * len(CASE_SECTIONS)
    drills = [passage.text for passage in passages if passage.heading == "Drill questions"]
    assert drills == [f"### Question {n}?\n\nAnswer." for n in range(3)]
    known = {passage.id for passage in passages}
    assert {"some-note#what-it-is", "some-note#drill-questions-3", "one-case#questions-it-inspires"} <= known
    assert all(passage.problems == ("tiny",) for passage in passages)
    ids = [passage.id for passage in library.passages]
    assert len(ids) == len(set(ids))


def test_titles_say_who_and_when(root: Path) -> None:
    library = load(root)
    assert library.title("some-note") == "Some note"
    assert library.title("one-case") == "A case (Acme, 2020)"
    assert library.title("gone") == "gone"


def test_the_hash_changes_with_the_wording_alone(root: Path) -> None:
    before = problem_hash(load(root).problems["tiny"])
    (root / PROBLEM).write_text("# a comment\n" + (root / PROBLEM).read_text(encoding="utf-8"), encoding="utf-8")
    assert problem_hash(load(root).problems["tiny"]) == before
    in_point(weight=2)(root)
    assert problem_hash(load(root).problems["tiny"]) != before
