"""Finding out what the checks ask, in rounds."""

import asyncio

from reconciler.dns.asking import ROUNDS, find_out
from reconciler.model.answers import Answer, Question, Status


def found(value):
    """An answer."""
    return Answer(Status.FOUND, (value,), 60)


class World:
    """Whoever can be asked; it notes what was asked, round by round."""

    def __init__(self, answers):
        self.answers, self.rounds = answers, []

    async def __call__(self, questions):
        """Answer what is known."""
        self.rounds.append(list(questions))
        return {question: self.answers[question] for question in questions if question in self.answers}


def follow(first):
    """A judge that follows TXT values from name to name, and tells where it ends."""

    def make(base):
        def judge(key):
            name = first.get(key, key)
            while True:
                answer = base(Question(name, "TXT"))
                if answer.status is not Status.FOUND:
                    return name, answer.status
                name = answer.values[0]

        return judge

    return make


def run(*args, **kwargs):
    """Run to the end."""
    return asyncio.run(find_out(*args, **kwargs))


def test_a_judge_is_asked_again_until_it_knows_all():
    """Each answer leads to the next question, and the last one counts."""
    world = World(
        {
            Question("a", "TXT"): found("b"),
            Question("b", "TXT"): found("c"),
            Question("c", "TXT"): Answer(Status.NODATA),
        }
    )
    assert run(["a"], follow({}), world) == {"a": ("c", Status.NODATA)}
    assert world.rounds == [[Question("a", "TXT")], [Question("b", "TXT")], [Question("c", "TXT")]]


def test_all_that_is_missing_is_asked_at_once_and_only_once():
    """Two domains that ask the same share the question, and what is known is never asked again."""
    world = World({Question("shared", "TXT"): found("end"), Question("end", "TXT"): Answer(Status.NXDOMAIN)})
    run(["one", "two"], follow({"one": "shared", "two": "shared"}), world)
    assert world.rounds == [[Question("shared", "TXT")], [Question("end", "TXT")]]


def test_only_who_misses_something_is_judged_again():
    """A domain whose judgement is complete is not judged a second time."""
    judged = []

    def make(base):
        def judge(key):
            judged.append(key)
            return base(Question(key, "TXT")).status if key == "asks" else None

        return judge

    assert run(["asks", "idle"], make, World({Question("asks", "TXT"): found("x")})) == {
        "asks": Status.FOUND,
        "idle": None,
    }
    assert judged == ["asks", "idle", "asks"]


def test_what_nobody_answers_stays_unknown_and_ends():
    """A question without an answer is not asked a second time."""
    world = World({})
    assert run(["a"], follow({}), world) == {"a": ("a", Status.UNKNOWN)}
    assert len(world.rounds) == 1


def test_nobody_is_asked_where_nobody_is_to_be_asked():
    """Without a way to ask, all is judged once, with what is known."""
    assert run(["a"], follow({}), None) == {"a": ("a", Status.UNKNOWN)}


def test_a_chain_without_end_ends():
    """Somebody whose every answer leads to another name is given up after some rounds."""

    class Endless:
        rounds = 0

        async def __call__(self, questions):
            Endless.rounds += 1
            return {question: found(f"{question.name}x") for question in questions}

    assert run(["a"], follow({}), Endless())["a"][1] is Status.UNKNOWN
    assert Endless.rounds == ROUNDS


def test_what_is_asked_for_all_of_them_counts_for_each():
    """A question that making the judge asked leads to another round for every domain."""

    def make(base):
        shared = base(Question("zone", "NS")).status
        return lambda _: shared

    assert run(["a", "b"], make, World({Question("zone", "NS"): found("ns")})) == {"a": Status.FOUND, "b": Status.FOUND}
