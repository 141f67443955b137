import re
from random import Random

from proctor.workflow.run_ids import new_run_id


def test_an_id_is_short_and_can_be_typed() -> None:
    ids = [new_run_id(Random(seed)) for seed in range(50)]

    assert [name for name in ids if not re.fullmatch(r"[a-z]{3,7}-[a-z]{3,7}-\d\d", name)] == []
    assert len(set(ids)) == 50


def test_an_id_that_is_taken_is_not_given_again() -> None:
    first = new_run_id(Random(1))

    assert new_run_id(Random(1), {first}) != first
