"""What a remark says: nine intents, each with how sure and where, learned from labelled remarks.

Text -> features (words as rjieba cuts them, word pairs, characters in twos and threes, phrases of the lexicon) -> one
logistic regression per intent. Oddity also asks a model of characters, trained on remarks of accepted orders, how
surprising the text is. All of it is a few hundred remarks and a 500 x 500 matrix: numpy, half a second, no file.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import log2
from pathlib import Path

import numpy as np
import rjieba

from floor.audit import lexicon
from floor.audit.lexicon import INTENTS

_HERE = Path(__file__).with_name("remarks")


@dataclass(frozen=True)
class Remark:
    """A labelled text. `known`: the intents somebody judged; of a person's decision, one."""

    text: str
    intents: frozenset[str]
    known: frozenset[str] = frozenset(INTENTS)


@dataclass(frozen=True)
class Reading:
    """`sure` 0 to 1, and the characters that made it so."""

    intent: str
    sure: float
    start: int
    end: int


def remarks(name: str) -> list[Remark]:
    """The labelled remarks we wrote: "learn" or "held_out". One a line: intents with commas between or -, TAB, text."""
    lines = _HERE.joinpath(f"{name}.tsv").read_text("utf-8").splitlines()
    split = [line.split("\t", 1) for line in lines if line]
    return [Remark(text, frozenset(labels.split(",")) - {"-"}) for labels, text in split]


def normal(text: str) -> str:
    """Full width, capitals and digits made one; character by character, so that places stay."""
    chars = (unicodedata.normalize("NFKC", char).lower() for char in text)
    return "".join(char if len(char) == 1 else old for char, old in zip(chars, text, strict=True))


def features(text: str) -> Iterator[tuple[str, int, int]]:
    """(feature, start, end) of a normal text; digits count as digits, whichever they are."""
    plain = "".join("0" if char.isdecimal() else char for char in text)
    at, before = 0, ("^", 0)
    for word in rjieba.cut(plain):
        start, at = at, at + len(word)
        if word.strip():
            yield f"w:{word}", start, at
            yield f"p:{before[0]} {word}", before[1], at
            before = (word, start)
    for size in (2, 3):
        for n in range(len(plain) - size + 1):
            yield f"c:{plain[n : n + size]}", n, n + size
    for intent, start, end in lexicon.phrases(text):
        yield f"l:{intent}", start, end


#: What a phrase of the lexicon weighs beside a word.
_PHRASE = 0.45


class Characters:
    """How surprising a text is: the next character from the two before it, each order leaning on the shorter one."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.seen: Counter[str] = Counter()
        self.after: Counter[str] = Counter()
        for text in texts:
            padded = f"\x02\x02{text}"
            for n in range(2, len(padded)):
                for size in (0, 1, 2):
                    self.seen[padded[n - size : n + 1]] += 1
                    self.after[padded[n - size : n]] += 1

    def bits(self, text: str) -> list[float]:
        """Per character: what it tells that its neighbours did not, in bits."""
        padded, out = f"\x02\x02{text}", []
        for n in range(2, len(padded)):
            chance = 1 / 4000
            for size in (0, 1, 2):
                context = padded[n - size : n]
                chance = (self.seen[context + padded[n]] + 2 * chance) / (self.after[context] + 2)
            out.append(-log2(chance))
        return out


def oddness(text: str, characters: Characters) -> list[float]:
    """What makes a text odd, each about 0 to 1."""
    bits = characters.bits(text) or [0.0]
    window = [sum(bits[n : n + 5]) / 5 for n in range(max(1, len(bits) - 4))] if len(bits) >= 5 else [0.0]
    han = [char for char in text if "\u4e00" <= char <= "\u9fff"]
    words = [word for word in rjieba.cut(text) if "\u4e00" <= word[0] <= "\u9fff"]
    return [
        max(window) / 12,
        sum(bits) / len(bits) / 10,
        sum(not lexicon.is_common(char) for char in han) / len(han) if han else 0.0,
        sum(len(word) == 1 for word in words) / len(words) if words else 0.0,
        float(lexicon.rubbish(text) is not None) * 2,
        lexicon.keyboard_run(text),
    ]


class Reader:
    """Reads remarks. Made by `learn`; `weights` has a row per feature, a column per intent."""

    def __init__(
        self, vocabulary: dict[str, int], weights: np.ndarray, bias: np.ndarray, odd: np.ndarray, characters: Characters
    ) -> None:
        self.vocabulary, self.weights, self.bias, self.odd = vocabulary, weights, bias, odd
        self.characters = characters

    def scores(self, text: str) -> np.ndarray:
        """How sure of each intent, 0 to 1."""
        plain = normal(text)
        row, scale = _row(plain, self.vocabulary)
        total = self.bias + (sum(self.weights[n] * value for n, value in row.items()) * scale if row else 0)
        total[-1] += np.dot(self.odd, oddness(plain, self.characters))
        return 1 / (1 + np.exp(-total))

    def read(self, text: str, least: float = 0.5) -> list[Reading]:
        """What the text says, the surest first."""
        if not text.strip():
            return []
        scores = self.scores(text)
        found = [
            Reading(intent, float(scores[n]), *self._where(text, n)) for n, intent in enumerate(INTENTS)
            if scores[n] >= least
        ]  # fmt: skip
        return sorted(found, key=lambda reading: -reading.sure)

    def _where(self, text: str, intent: int) -> tuple[int, int]:
        """The phrase of the lexicon; else the run of characters that spoke for it most."""
        plain = normal(text)
        hits = [(start, end) for name, start, end in lexicon.phrases(plain) if name == INTENTS[intent]]
        if hits:
            return max(hits, key=lambda hit: hit[1] - hit[0])
        if INTENTS[intent] == "odd":
            if spot := lexicon.rubbish(plain):
                return spot
            voices = np.array(self.characters.bits(plain)) - 9
        else:
            voices = np.zeros(len(text))
            for name, start, end in features(plain):
                if name in self.vocabulary:
                    voices[start:end] += self.weights[self.vocabulary[name], intent] / (end - start)
            voices -= max(0.0, float(voices.mean()))
        return _loudest(voices)


def _loudest(voices: np.ndarray) -> tuple[int, int]:
    """The run with the greatest sum; the whole text when nothing speaks."""
    best, total, start, spot = 0.0, 0.0, 0, (0, len(voices))
    for n, voice in enumerate(voices):
        if total <= 0:
            total, start = 0.0, n
        total += float(voice)
        if total > best:
            best, spot = total, (start, n + 1)
    return spot


def _row(plain: str, vocabulary: dict[str, int]) -> tuple[dict[int, float], float]:
    """A text's known features and their common scale: every text has length 1 before its phrases count."""
    row: dict[int, float] = {}
    for name, _start, _end in features(plain):
        if name in vocabulary:
            row[vocabulary[name]] = _PHRASE if name.startswith("l:") else 1.0
    words = sum(value == 1.0 for value in row.values())
    return {n: value if value == 1.0 else value * max(1, words) ** 0.5 for n, value in row.items()}, max(
        1, words
    ) ** -0.5


def learn(
    known: Sequence[Remark], accepted: Iterable[str] = (), *, decay: float = 0.03, weight: float = 4.0, steps: int = 200
) -> Reader:
    """Learn to read from labelled remarks; `accepted` are texts of orders that went out, for the characters alone.

    Logistic regression in its dual form: as many unknowns as remarks, whatever the number of features.
    """
    plain = [normal(remark.text) for remark in known]
    counts = Counter(name for text in plain for name in {name for name, *_ in features(text)})
    kept = (name for name, count in counts.items() if count >= 2 or name.startswith(("w:", "l:")))
    vocabulary = {name: n for n, name in enumerate(kept)}
    table = np.zeros((len(known), len(vocabulary)), np.float32)
    for n, text in enumerate(plain):
        row, scale = _row(text, vocabulary)
        for column, value in row.items():
            table[n, column] = value * scale
    sane = [text for text, remark in zip(plain, known, strict=True) if "odd" not in remark.intents]
    house = [normal(text) for text in accepted]
    odd = _judged(plain, known, house)
    wanted = np.array([[intent in remark.intents for intent in INTENTS] for remark in known], float)
    judged = np.array([[intent in remark.known for intent in INTENTS] for remark in known], float)
    kernel = (table @ table.T).astype(float)
    dual, bias = _fit(kernel, wanted[:, :-1], judged[:, :-1], decay, weight, steps)
    odd_dual, odd_bias = _fit(kernel + odd @ odd.T, wanted[:, -1:], judged[:, -1:], decay, weight, steps)
    every = np.hstack([dual, odd_dual])
    weights = table.T @ every.astype(np.float32)
    return Reader(vocabulary, weights, np.hstack([bias, odd_bias]), odd.T @ odd_dual[:, 0], Characters([*sane, *house]))


def _judged(plain: Sequence[str], known: Sequence[Remark], house: Sequence[str]) -> np.ndarray:
    """Each remark's oddness by characters learned from the other four fifths: nobody is surprised by what they know."""
    odd = np.zeros((len(plain), 6))
    for fold in range(5):
        others = [t for n, t in enumerate(plain) if n % 5 != fold and "odd" not in known[n].intents]
        characters = Characters([*others, *house])
        for n in range(fold, len(plain), 5):
            odd[n] = oddness(plain[n], characters)
    return odd


def _fit(
    kernel: np.ndarray, wanted: np.ndarray, judged: np.ndarray, decay: float, weight: float, steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """Minimise weighted log loss + decay/2 |w|^2 for every column of `wanted` at once, by Nesterov's steps along the
    kernel; positives count `weight` times. einsum, not @: products this small are not worth waking threads for."""
    dual, bias = np.zeros(wanted.shape), np.zeros(wanted.shape[1])
    importance = judged * np.where(wanted > 0, weight, 1.0)
    step = 1 / (0.25 * weight * float(np.abs(kernel).sum(axis=1).max()) + decay)
    ahead, ahead_bias, momentum = dual, bias, 1.0
    for _ in range(steps):
        sure = 1 / (1 + np.exp(-(np.einsum("ij,jk->ik", kernel, ahead) + ahead_bias)))
        error = importance * (sure - wanted)
        new, new_bias = ahead - step * (error + decay * ahead), ahead_bias - step * error.sum(axis=0)
        after = (1 + (1 + 4 * momentum**2) ** 0.5) / 2
        ahead, ahead_bias = (
            new + (momentum - 1) / after * (new - dual),
            new_bias + (momentum - 1) / after * (new_bias - bias),
        )
        dual, bias, momentum = new, new_bias, after
    return dual, bias


@cache
def taught() -> Reader:
    """What our own remarks teach; before a house has decisions of its own."""
    return learn(remarks("learn"))


@dataclass(frozen=True)
class Figures:
    """Of one intent: right, wrongly found, missed; percentages of them."""

    intent: str
    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        return 100 * self.right / (self.right + self.wrong) if self.right + self.wrong else 100.0

    @property
    def recall(self) -> float:
        return 100 * self.right / (self.right + self.missed) if self.right + self.missed else 100.0


def measure(reader: Reader, known: Sequence[Remark], least: float = 0.5) -> tuple[list[Figures], np.ndarray]:
    """Precision and recall per intent, and the confusion table: row what it is, column what was read, the surest
    first; the last row and column are "nothing". A remark of two intents counts in each row."""
    table = np.zeros((len(INTENTS) + 1, len(INTENTS) + 1), int)
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for remark in known:
        read = {reading.intent for reading in reader.read(remark.text, least)}
        right.update(read & remark.intents)
        wrong.update(read - remark.intents)
        missed.update(remark.intents - read)
        for true in remark.intents or {""}:
            for said in ({true} if true in read else read) or {""}:
                row, column = ((INTENTS.index(one) if one else len(INTENTS)) for one in (true, said))
                table[row, column] += 1
    return [Figures(one, right[one], wrong[one], missed[one]) for one in INTENTS], table
