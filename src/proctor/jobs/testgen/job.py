"""The test generation job: its tasks, how they are solved offline, when a result is good enough, what is kept."""

from __future__ import annotations

import asyncio
import difflib
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from proctor.errors import ExecutionError
from proctor.jobs.testgen.checking import Checked, check_file
from proctor.jobs.testgen.delivery import Delivery, signed
from proctor.jobs.testgen.investigation import TargetUnusable
from proctor.jobs.testgen.ledger import Ledger
from proctor.jobs.testgen.request import Request
from proctor.jobs.testgen.solving import ModuleTask, Study, reject, study_module, write_module
from proctor.jobs.testgen.survey import Survey
from proctor.jobs.testgen.workplace import Conditions, Workplace
from proctor.jobs.testgen.wrapup import WrapUp
from proctor.workflow.plan import Phase, task_for
from proctor.workflow.records import Feedback, JsonObject, Reply, Task, TaskResult, Verdict
from proctor.writing.fixtures import SharedFixture, conftest_source
from proctor.writing.formatting import formatted

MODULE, WRAP_UP = "module", "wrap-up"


@dataclass(frozen=True, slots=True)
class JobOptions:
    """What the user chose: effort, how many things at once, where tests live; and whether conftest.py is ours."""

    effort: str
    workers: int
    tests_dir: str
    minimum: float
    owns_conftest: bool
    fingerprint: str
    agents_per_phase: Mapping[str, int]
    outputs: Mapping[str, str] = field(default_factory=dict)


class GenerationJob:
    """Implements the engine's `Job` and the embedded agent's `Solver`."""

    def __init__(  # noqa: PLR0913 - the parts of a run, each with one owner, meet here and nowhere else
        self,
        workplace: Workplace,
        survey: Survey,
        request: Request,
        *,
        options: JobOptions,
        delivery: Delivery,
        wrap_up: WrapUp,
        ledger: Ledger,
        say: Callable[[str, str], None],
    ) -> None:
        self._workplace = workplace
        self._survey = survey
        self._request = request
        self._options = options
        self._delivery = delivery
        self._wrap_up = wrap_up
        self._ledger = ledger
        self._say = say
        self._studies: dict[str, Study] = {}
        self._scratch_lock = Lock()

    # --- what the engine asks

    def tasks(self, phase: Phase) -> Sequence[Task]:
        """One task an agent of the plan."""
        return [task_for(agent, phase, MODULE if agent.target else WRAP_UP) for agent in phase.agents]

    def key_material(self, task: Task) -> JsonObject:
        """Everything that a result depends on: all sources, the interpreter, the effort and the seed."""
        material = {
            "sources": self._options.fingerprint,
            "python": list(self._workplace.interpreter.version),
            "effort": self._options.effort,
            "seed": self._workplace.seed,
            "kinds": sorted(self._request.kinds),
            "minimum": self._options.minimum,
        }
        if task.kind == WRAP_UP:
            sources = "".join(str(output["source"]) for output in self._ledger.outputs)
            material["suite"] = hashlib.sha256(sources.encode()).hexdigest()
        return material

    async def check(self, task: Task, reply: Reply) -> Verdict:
        """Judge a reply by running what it holds."""
        return await asyncio.to_thread(self._check, task, reply)

    async def accept(self, task: Task, result: TaskResult) -> None:
        """Take a usable result over into the ledger and the scratch copy."""
        if task.kind == MODULE and result.output.get("source"):
            self._ledger.accept(result.output)
            self._restore_measures(result.output)
            self._put_in_scratch(result.output)
        elif task.kind == WRAP_UP:
            self._wrap_up.accept(result.output)

    async def sync(self, phase_id: str, results: Sequence[TaskResult]) -> None:
        """Write what the phase brought: the shared fixtures first, so that no written test lacks one."""
        await asyncio.to_thread(self._deliver, results)

    # --- what scripts ask

    def kind_of(self, inputs: JsonObject) -> str | None:
        """Return the kind of the task with these inputs; None where it is not a task of this job."""
        if inputs.get("target"):
            return MODULE
        return WRAP_UP if inputs.get("tasks") else None

    def completed(self, inputs: JsonObject) -> JsonObject:
        """Return the inputs with the test file of the target; ValueError where there is no such module."""
        target = inputs.get("target")
        known = [module.path for module in self._survey.targets]
        if target is not None and target not in known:
            near = difflib.get_close_matches(str(target), known, n=1)
            meant = f"; did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"agent: {target!r} is not a module that tests can be written for{meant}")
        return inputs if target is None or inputs.get("output") else {**inputs, "output": self._options.outputs[target]}

    # --- what the embedded agent asks

    def solve(self, task: Task, feedback: tuple[Feedback, ...]) -> Reply:
        """Do a task without a model."""
        if task.kind == WRAP_UP:
            return Reply(self._wrap_up.compose(), notes=("Writing the reports",))
        return self._solve_module(task, feedback)

    def _solve_module(self, task: Task, feedback: tuple[Feedback, ...]) -> Reply:
        wanted = self._module_task(task)
        try:
            study = self._studies.get(task.id) or self._study(task, wanted)
        except TargetUnusable as error:
            return Reply({"path": wanted.path, "problem": self._import_problem(wanted.path, error)})
        self._studies[task.id] = study
        if feedback:
            reject(study, feedback[-1].details.get("failing", ()))
        if not study.cases:
            return Reply({"path": wanted.path, "problem": "nothing in it could be called with values made here"})
        output = write_module(self._workplace, self._survey, wanted, study)
        lines = str(output["source"]).count("\n")
        self._say(task.id, f"Writing {wanted.test_file} ({lines} lines, {output['tests']} tests)")
        return Reply(output)

    def _import_problem(self, path: str, error: TargetUnusable) -> str:
        problem = error.problem
        place = f"{problem.file}:{problem.line}: " if problem.line else ""
        text = f"{path} cannot be imported: {place}{problem.type}: {problem.message}"
        return text.replace(f"{self._workplace.scratch}/", "")

    def _study(self, task: Task, wanted: ModuleTask) -> Study:
        if wanted.path not in self._survey.facts:
            broken = next(item for item in self._survey.unreadable if item.path == wanted.path)
            raise ExecutionError(
                f"{broken.path}:{broken.line}: {broken.message}", slug="unreadable-module", hint="correct the file"
            )
        study = study_module(self._workplace, self._survey, wanted, lambda text: self._say(task.id, text))
        for diagnosis in study.diagnoses:
            self._say(task.id, f"Diagnosed: {diagnosis.sentence}")
        for finding in study.findings:
            self._say(task.id, f"Source bug, for human review: {finding.function}: {finding.issue}")
        return study

    def _module_task(self, task: Task) -> ModuleTask:
        groups = tuple((group["name"], tuple(group["members"])) for group in task.inputs.get("groups", ()))
        return ModuleTask(
            task.inputs["target"],
            task.inputs["output"],
            groups,
            frozenset(self._request.kinds),
            str(task.inputs.get("effort", self._options.effort)),
            inline_fixtures=not self._options.owns_conftest,
            side_by_side=self._options.workers if self._is_alone(task) else 1,
        )

    def _is_alone(self, task: Task) -> bool:
        """Whether no other module is worked on beside this one."""
        return self._options.agents_per_phase.get(task.phase, 1) == 1

    # --- checking

    def _check(self, task: Task, reply: Reply) -> Verdict:
        if task.kind == WRAP_UP:
            return self._wrap_up.check(reply.output)
        problem = reply.output.get("problem")
        if problem:
            self._ledger.entry(str(reply.output["path"])).note = str(problem)
            return Verdict("give_up", str(problem))
        return self._check_module(task, reply.output)

    def _check_module(self, task: Task, output: Mapping[str, Any]) -> Verdict:
        self._put_in_scratch(output)
        test_file, path = str(output["test_file"]), str(output["path"])
        self._say(task.id, f"Running: pytest {test_file} --tb=short")
        conditions = Conditions(tuple(output.get("imports", ())), tuple(output.get("requirements", ())))
        checked = check_file(self._workplace, conditions, test_file, path, side_by_side=self._options.workers)
        for diagnosis in checked.diagnoses[:5]:
            self._say(task.id, f"Diagnosed: {diagnosis.sentence}")
        if not checked.is_green:
            return _retry(checked)
        self._measure(path, checked)
        return self._judged(task, checked)

    def _judged(self, task: Task, checked: Checked) -> Verdict:
        rate = checked.coverage.branch_rate if checked.coverage else 0.0
        details = measures(checked)
        shown = f"{checked.passed} passed" + (f", {checked.xfailed} xfailed" if checked.xfailed else "")
        self._say(task.id, f"{shown} in {checked.seconds:.2f}s; branch coverage {rate:.1f} %")
        if rate < self._options.minimum:
            cause = f"branch coverage {rate:.1f} % is below {self._options.minimum:g} %"
            return Verdict("degrade", cause, details=details)
        return Verdict("accept", shown, details=details)

    def _measure(self, path: str, checked: Checked) -> None:
        entry = self._ledger.entry(path)
        entry.passed, entry.xfailed, entry.after = checked.passed, checked.xfailed, checked.coverage

    def _restore_measures(self, output: Mapping[str, Any]) -> None:
        """A result from the journal was checked in an earlier run: it is measured with the whole suite again."""
        entry = self._ledger.entry(str(output["path"]))
        if not entry.passed:
            entry.passed = int(output["tests"]) - len(output["findings"])
            entry.xfailed = len(output["findings"])

    # --- writing

    def _put_in_scratch(self, output: Mapping[str, Any]) -> None:
        with self._scratch_lock:
            if self._options.owns_conftest:
                self._write_scratch(
                    f"{self._options.tests_dir}/conftest.py", self._conftest(self._ledger.offer(output))
                )
            self._write_scratch(str(output["test_file"]), str(output["source"]))

    def _write_scratch(self, path: str, text: str) -> None:
        place = self._workplace.scratch / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")

    def _conftest(self, fixtures: Sequence[SharedFixture]) -> str:
        path = f"{self._options.tests_dir}/conftest.py"
        return signed(path, formatted(conftest_source(fixtures), path, self._workplace.scratch))

    def _deliver(self, results: Sequence[TaskResult]) -> None:
        files = {}
        if self._options.owns_conftest and self._ledger.fixtures():
            files[f"{self._options.tests_dir}/conftest.py"] = self._conftest(self._ledger.fixtures())
        for result in results:
            if result.is_usable and result.output.get("source"):
                files[str(result.output["test_file"])] = str(result.output["source"])
        files |= self._wrap_up.files()
        self._delivery.write(files)


def measures(checked: Checked) -> JsonObject:
    """What the check measured, for the journal."""
    coverage = checked.coverage
    return {
        "passed": checked.passed,
        "xfailed": checked.xfailed,
        "branch_rate": coverage.branch_rate if coverage else None,
        "line_rate": coverage.line_rate if coverage else None,
    }


def _retry(checked: Checked) -> Verdict:
    sentences = [diagnosis.sentence for diagnosis in checked.diagnoses]
    summary = sentences[0] if sentences else "tests failed"
    details = {"failing": list(checked.failing), "diagnoses": sentences}
    return Verdict("retry", summary, Feedback(0, summary, details))
