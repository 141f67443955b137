"""Runs a script as a run of the engine: checked first, its calls journalled, its end the end of the run."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from proctor.errors import ScriptError
from proctor.workflow.records import RunResult, canonical_json
from proctor.workflow.run import Run
from proctor.workflow.scripts.interpreter import Interpreter
from proctor.workflow.scripts.primitives import Conversation, Primitives
from proctor.workflow.scripts.source import Script
from proctor.workflow.scripts.wishes import Staff


@dataclass(frozen=True, slots=True)
class ScriptOutcome:
    """How the run ended, and what the script's last line said; that is None where it did not get there."""

    run: RunResult
    value: Any = None


@dataclass(frozen=True, slots=True)
class Setting:
    """What scripts run in: the interpreter, who does the work, and where saved workflows are found by name."""

    interpreter: Interpreter
    staff: Staff
    saved: Callable[[str], Script]


async def run_script(script: Script, args: object, run: Run, setting: Setting) -> ScriptOutcome:
    """Check a script, then run it; ScriptError says what is wrong with it, and a run that was begun ends with it."""
    await setting.interpreter.check(script)
    value = None
    async with run:
        run.begin(script.outline.description or script.name, data={"script": script.name})
        value = await _ScriptCalls(script, Conversation(run, setting.staff), setting).to_their_end(args)
    return ScriptOutcome(run.result, value)


@dataclass(frozen=True, slots=True)
class _ScriptCalls:
    script: Script
    conversation: Conversation
    setting: Setting

    async def to_their_end(self, args: object) -> object:
        primitives = Primitives(self.script.name, self.conversation, args, self._nested)
        value = await self.setting.interpreter.run(self.script, primitives)
        await self.conversation.end()
        return _plain(value, self.script)

    async def _nested(self, name: str, args: object) -> object:
        script = self.setting.saved(name)
        await self.setting.interpreter.check(script)
        primitives = Primitives(script.name, self.conversation, args, None)
        return _plain(await self.setting.interpreter.run(script, primitives), script)


def _plain(value: object, script: Script) -> object:
    """The value as plain JSON data; records of ours and of the script become mappings."""
    plain = _as_json(value)
    try:
        canonical_json(plain)
    except (TypeError, ValueError) as error:
        raise ScriptError(
            f"{script.place}: the value of the last line is not plain JSON: {error}",
            hint="end the script with a text, a number, a list or a dictionary of these, or None",
            slug="script-result",
        ) from None
    return plain


def _as_json(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _as_json({field.name: getattr(value, field.name) for field in dataclasses.fields(value)})
    match value:
        case dict():
            return {key: _as_json(item) for key, item in value.items()}
        case list() | tuple():
            return [_as_json(item) for item in value]
        case _:
            attributes = getattr(value, "attributes", None)  # of an instance whose class the script defined
            return value if attributes is None else _as_json(dict(attributes))
