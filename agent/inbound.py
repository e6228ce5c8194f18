"""What one utterance asks of the interviewer, beyond being an answer. PURE: text in, flags out.

Requests, refusals, silences and instructions to the grader are recognised in plain words. What to do about them is the
policy's work.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache

from agent.announcing import announced, asks_for_stage
from agent.clock import HEARD_WORDS, heard
from knowledge.cues import sentences, stems
from knowledge.schema import StageId


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_HINT = _any(
    r"\b(can|could|may|might) (i|you|we) (please )?(get|have|give|offer)( me| us)? (a|another|one|some|"
    r"the) (small |little |tiny )?"
    r"(hint|clue|nudge|pointer)",
    r"^\W*(a |another )?(hint|clue)( please)?\W*$",
    r"\bi('d| would| could)? (need|like|use|want) (a|another|some) (hint|clue|nudge)",
    r"\b(give|drop) me (a|another) (hint|clue|nudge)",
)
_REPEAT = _any(
    r"\b(can|could|would) you (please )?(repeat|rephrase|say) (the question|that( again)?|it( again)?|your question)",
    r"^\W*(sorry,? )?(what was (the question|that)|repeat( please| that)?|come again|pardon( me)?)\W*$",
)
_NEXT = _any(
    r"\b(shall|can|could|should) we (please )?(go on|go|move on|move|continue|turn) to\b",
    r"^\W*(i have )?nothing (more |else )?(to add|more|else)( here| on this| from me)?\W*$",
    r"\b(can|could|shall|should|let's|let us|may) (we|us)? ?(please )?(move on|skip (this|that|it)|go to the next)",
    r"^\W*(next|skip|pass|move on|next (question|stage|part)|skip (this|it))( please)?\W*$",
    r"\bi('d| would) ((like|prefer) to|rather) (move on|skip)( (this|that|it|to the next.{0,20}))?\W*$",
)
_FINISH = _any(
    r"\b(i('d| would) like to|let's|let us|can we|could we|please|i want to) (stop|end|finish|quit|close) (here|now|"
    r"the interview|this( interview)?)( here| now)?( please)?\W*(thanks?( you)?\W*)?$",
    r"^\W*(finish|quit|stop|end|exit|end (the )?interview|i'?m done|that'?s all( i have)?)\W*$",
    r"^\W*that('s| is) all from (my side|me)\W*(i'?m done)?\W*$",
)
_ANSWER = _any(
    r"\b(just )?(tell|give|show) me (the|your) (full |right |correct |model |ideal |sample )?(answer|solution|"
    r"design|rubric)",
    r"\bwhat('s| is| would be) the (right|correct|ideal|best|expected|model) (answer|solution|design)\b",
    r"\bwhat (are you|do you) (looking for|expect(ing)?|want to hear|want me to say)",
    r"\bwhat you('re| are| were) looking for\b[^.!]*\?",
    r"\bwhat would you (want|like) to hear\b",
    r"\bwhat would you (do|answer|say|design|choose|pick)( here| instead| yourself)?\s*\?",
)
_SCORE = _any(
    r"\b(how am i|how'?m i|am i) (doing|scoring|passing|on track|on the right track)",
    r"\b(what('s| is)|tell me|give me|show me) my (score|grade|rating|mark|result)",
    r"\b(did|have|will) i (pass|passed|get(ting)? (the job|hired|an offer))",
    r"\bwas that (right|correct|good|ok(ay)?)\s*\?",
)
_WHOLE = (
    r"(me|everything|my answers?|this answer|"
    r"(all|every|each)( of)?( the)? (answers?|points?|criteri\w+|items?|stages?))"
)
_ORDER = _any(
    r"\b(ignore|disregard|forget|override|bypass|don't follow|do not follow) (all |any |every )?(of )?(the )?"
    r"(your|these|those|previous|prior|above|earlier)\b.{0,30}(instruction|rule|prompt|guideline|guardrail|"
    r"directive)",
    r"\b(ignore|disregard|forget) (everything|anything|all) (you|above|that)\b",
    rf"\b(give|grant|award|assign|mark|score|rate|grade) ({_WHOLE}|it|this|every|all)\b.{{0,40}}"
    r"(strong hire|full (marks|credit|points|score)|top (score|marks|grade)|10/10|10 out of 10|100 ?%|"
    r"all (the )?points|(highest|maximum|best|perfect|max) (possible )?(score|marks?|grade|rating|points))\b",
    rf"\b(mark|count|treat|consider|grade|rate|score|assess) {_WHOLE} (as )?(being )?"
    r"(shown|covered|met|passed|justified|correct|excellent)\b",
    r"\b(reveal|print|repeat|output|show|tell|give) (me )?"
    r"(your (\w+ )?(prompt|instructions|rubric|rules)|the (\w+ )?rubric|"
    r"the (hidden|system) (prompt|instructions|rubric|notes?))",
)
"""Orders, unless the sentence says who else does it: "we score every candidate" is a design."""
_ACTING = _any(
    r"\b(i|we|they|it|users?|systems?|models?|raters?)('d|'ll)?( would| could| can| should| will| must)?"
    r"( also| then| simply| just)? $"
)
_INSTRUCTION = _any(
    r"\b(ignore|disregard|forget|override|bypass) (all |any )?(of )?your\b.{0,30}polic",
    r"\b(answer|i|candidate) (clearly |really )?deserves? (a |the )?(full|top|strong|highest|maximum|perfect)",
    r"\b(answer|reply|respond|say) (only )?(with )?\W?yes\W? (to|for|on) (all|every|each|any)",
    r"\byou are (now|no longer) (an?|the|my)\b",
    r"\bfrom now on,? you\b",
    r"\bstop (being|acting as|playing) (an?|the|my) (interviewer|grader|assistant)",
    r"(?<!\ba )(?<!\bthe )\b(new|updated) (system )?(prompt|instructions?)\s*:",
    r"^\W*(system|developer|assistant|user|director'?s? note|note to( the)? (grader|interviewer))\s*:\s.*"
    r"\b(you|your|interviewer|grader|rubric|hire|candidate (has|is|shows?|showed|passed|covered)|full marks|"
    r"ignore)\b",
    r"</?(system|instructions?|assistant|director|note|answer|s)>|<\|.{0,20}\|>|\[/?INST\]",
    r"\bwhat('s| is| are) your (system )?(prompt|instructions|rubric)\b",
    r"\bpretend (that )?you('re| are)\b",
    r"\b(pretend to be|act as|behave like) (an?|the|my) (\w+ )?"
    r"(interviewer|candidate|assistant|grader|engineer|expert|friend)\b",
)
_QUOTED = re.compile(r"(?<=\w )[\"“][^\"“”]*([\"”]|$)")
"""What somebody else is said to say: users of the designed system give orders too."""
_STALL = _any(
    r"^\W*(i (really |honestly )?(don'?t|do not) know( (this|that|it|much|how|what|about)\b.{0,40})?|no idea|"
    r"not sure|i'?m (not sure|stuck|lost|blank(ing)?)"
    r"|no clue|dunno|idk|hm+|uh+m*|um+|i have no idea|nothing comes to mind|i can'?t think of (anything|it)|"
    r"n/?a)\W*$",
)
_THINKING = _any(
    r"\b(let me|give me|i need) (just )?(think|a (second|moment|minute|sec)|one (second|moment|"
    r"minute))[^.?!]*[.… ]*$",
    r"(\.\.\.|…)\s*$",
    r"^\W*(one (second|moment|sec)|hold on|thinking)\W*$",
)
_CHECK_IN = _any(
    r"\b(does|did|do) (that|this|it) (make sense|sound (good|right|ok(ay)?|reasonable)|work for you|"
    r"answer your question)",
    r"\b(shall|should|can|may|could) i (go on|continue|proceed|start|carry on|keep going|dive|go deeper|move on|"
    r"begin)",
    r"\b(would|do) you (like|want|prefer) me to",
    r"\bcan i ask (you )?(a few|some|a couple)",
    r"\b(is|does) (that|this) (ok(ay)?|fine|alright|clear|enough)( so far| with you)?\s*\?",
    r"\bany (questions|concerns|thoughts)( so far| on that)?\s*\?",
    r"\b(right|ok(ay)?|yes|no|correct)\s*\?\s*$",
)
_INDIRECT = _any(
    r"\b(i('d| would) (like|want|need|love) to (know|understand|ask|find out|clarify)|i want to (know|understand|"
    r"ask)|could you (tell|share|give)|"
    r"can you (tell|share|give|clarify)|do you (know|have)|tell me (about|how|what|more)|i('m| am) wondering|"
    r"my (first |next )?question is)\b",
)

_PUSHBACK = _any(
    r"\b(what makes you (think|say|ask)|why (do|would|are) you (think|say|ask|asking|question|doubt)|"
    r"do you (dis)?agree|don't you (think|agree)|are you (saying|suggesting|implying)|what('s| is) wrong with|"
    r"why (is|would) (that|it|this) (be )?wrong)\b",
)
"""Argues with the interviewer; the next question answers it."""
_NOT_ABOUT_THE_PROBLEM = (_PUSHBACK, _CHECK_IN, _SCORE, _ANSWER, _HINT, _REPEAT, _NEXT, _FINISH)


@dataclass(frozen=True)
class Inbound:
    """What one utterance asks of the interviewer, beyond being an answer."""

    blank: bool = False
    unreadable: bool = False
    foreign: bool = False
    too_long: bool = False
    stall: bool = False
    thinking: bool = False
    check_in: bool = False
    wants_hint: bool = False
    wants_repeat: bool = False
    wants_next: bool = False
    goes_to: StageId | None = None
    """The stage that it says it goes on to, or asks for."""
    wants_finish: bool = False
    wants_answer: bool = False
    wants_score: bool = False
    instruction: bool = False
    only_asks: bool = False
    """Whether it is short and asks for something, so that it is no answer."""
    questions: tuple[str, ...] = ()
    """Sentences that ask the interviewer about the problem and expect an answer."""
    interrogatives: tuple[str, ...] = ()
    """All sentences that could ask about the problem, those that the candidate may have answered alone included."""


SHORT = 25
"""Words under which a request in an utterance is the utterance's point and not a turn of phrase."""


@lru_cache(maxsize=1_024)
def inbound(text: str) -> Inbound:
    """Reads one utterance. Never raises; a text it cannot read is `unreadable`."""
    text = text.replace("’", "'")  # the patterns have straight apostrophes
    words = len(text.split())
    if unreadable(text):
        return Inbound(unreadable=True)
    if not stems(text):
        return Inbound(blank=True)
    if foreign(text):
        return Inbound(foreign=True, too_long=words > HEARD_WORDS)
    short = words <= SHORT
    tail = " ".join(sentences(text)[-2:])
    found = Inbound(
        too_long=words > HEARD_WORDS,
        stall=bool(_STALL.search(text)),
        thinking=bool(_THINKING.search(tail[-120:])),
        check_in=bool(_CHECK_IN.search(tail)),
        wants_hint=bool(_HINT.search(tail)),
        wants_repeat=short and bool(_REPEAT.search(text)),
        wants_next=short and bool(_NEXT.search(text) or any(asks_for_stage(part) for part in sentences(text))),
        goes_to=announced(text),
        wants_finish=short and bool(_FINISH.search(text)),
        wants_answer=bool(_ANSWER.search(tail)),
        wants_score=bool(_SCORE.search(tail)),
        instruction=any(is_instruction(part) for part in sentences(text)),
        questions=clarifying_questions(heard(text)),
        interrogatives=interrogatives(heard(text)),
    )
    asked = (found.wants_hint, found.wants_repeat, found.wants_next, found.wants_finish, found.wants_answer)
    others = (found.wants_score, found.check_in, found.instruction)
    return replace(found, only_asks=short and any((*asked, *others)))


def clarifying_questions(text: str) -> tuple[str, ...]:
    """Sentences that ask the interviewer about the problem.

    Rhetorical questions are left out: a question counts when another question or nothing follows it; one that is
    followed by plain statements is taken for a way of speaking ("How do we get negatives? We sample them.").
    """
    parts = sentences(text)
    asked = set(interrogatives(text))
    return tuple(
        part for index, part in enumerate(parts) if part in asked and (_INDIRECT.search(part) or _open(parts, index))
    )


def _open(parts: tuple[str, ...], index: int) -> bool:
    return index + 1 == len(parts) or parts[index + 1].endswith("?")


def interrogatives(text: str) -> tuple[str, ...]:
    """Questions, direct and indirect, that are not about the interview itself."""
    return tuple(
        part
        for part in sentences(text)
        if (part.endswith("?") or _INDIRECT.search(part))
        and not is_instruction(part)
        and not asks_for_stage(part)
        and not any(p.search(part) for p in _NOT_ABOUT_THE_PROBLEM)
    )


def is_instruction(sentence: str) -> bool:
    """Whether a sentence addresses the grader instead of the problem. Such sentences are never evidence."""
    sentence = _QUOTED.sub("", sentence)
    orders = (match.start() for match in _ORDER.finditer(sentence))
    return bool(_INSTRUCTION.search(sentence)) or any(not _ACTING.search(sentence[:at][-40:]) for at in orders)


def unreadable(text: str) -> bool:
    """Binary or control characters, or hardly any letters and digits in a long text."""
    dense = "".join(text.split())
    control = sum(unicodedata.category(c) in {"Cc", "Cs", "Co", "Cn"} for c in dense)
    replaced = dense.count("\ufffd")
    words = sum(c.isalnum() for c in dense)
    return (control + replaced) * 20 > len(dense) or (len(dense) > 40 and words * 4 < len(dense))


_COMMON_ENGLISH = frozenset(
    "the a an i we to of and or in for with is are be it that this on would will can not so at by from as if do have "
    "you they what how no yes but my our use one more like then there when each all model data users user".split()
)


_COMMON_ELSEWHERE = (
    frozenset(
        "ich wir sie es der die das den dem des ein eine einen und oder nicht mit für auf von zu zum zur ist "
        "sind wird werden würde dann auch wie sich im je nous vous il elle le la les une et ou ne pas avec "
        "pour sur dans du au aux est sont sera que qui ce cette puis mais yo el los las un y o se con por "
        "para en sobre del al son lo su como pero más più io gli di che una della dei sono come um uma os não "
        "com dos da na ik wij het een niet voor op van zijn ook".split()
    )
    - _COMMON_ENGLISH
)


def foreign(text: str) -> bool:
    """Whether a text is not English: another script, or more of other languages' function words than of its own.

    A list of terms has no function words at all, which alone makes it foreign to nobody.
    """
    letters = [c for c in text if c.isalpha()]
    if len(letters) < 4:
        return False
    if sum(ord(c) > 0x24F for c in letters) * 2 > len(letters):
        return True
    words = re.findall(r"[^\W\d_]+", text.lower())
    english = sum(word in _COMMON_ENGLISH for word in words)
    elsewhere = sum(word in _COMMON_ELSEWHERE for word in words)
    accented = sum(not word.isascii() for word in words)
    most = max(elsewhere, accented)
    return most >= 3 and most > english and (elsewhere + accented) * 6 > len(words)


def clean(text: str) -> str:
    """The utterance without control characters and bidirectional overrides; everything visible stays as it was said."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs", "Cf"} or c == "\u200d")
