"""A goal whose scenario ends otherwise each time is reached by another scenario, of which something can be said."""

from dataclasses import replace
from pathlib import Path

from laboratory import Laboratory, laboratory

from proctor.execution.expressions import Expression, Literal
from proctor.oracles.cases import establish
from proctor.oracles.substitutes import substitutes
from proctor.scenarios.search import Found

BUCKETS = """
def bucket(value):
    if value:
        return hash(value)
    return -1
"""


def called_with(lab: Laboratory, value: Expression) -> Found:
    base = lab.base("bucket")
    argument = replace(base.act.arguments[0], value=value)
    scenario = replace(base, act=replace(base.act, arguments=(argument,)))
    seen = lab.see(scenario)
    return Found(scenario, seen, lab.goals.reached(seen))


def test_a_spare_scenario_takes_the_place_of_one_that_is_not_stable(tmp_path: Path):
    with laboratory(tmp_path, BUCKETS) as lab:
        kept = [called_with(lab, Literal("text")), called_with(lab, Literal(""))]
        spare = [called_with(lab, Literal("other text")), called_with(lab, Literal(5)), called_with(lab, Literal(7))]
        held = establish(lab.observers, "unit", [item.scenario for item in kept])

        found = substitutes(spare, kept, held, lab.observers, lab.goals.needed)

        assert [case.scenario for case in held] == [kept[1].scenario]
        assert [case.scenario for case in found] == [spare[1].scenario]
