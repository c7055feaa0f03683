"""run_of: what the options of `rxvlm watch` ask for, done; `rxvlm monitor` has the same options and another face."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import rxvlm  # its names load when they are used: --help stays quick
from rxvlm.cli.alerts import rules_of, schema_of
from rxvlm.cli.areas import with_areas
from rxvlm.cli.event_clips import event_clips
from rxvlm.cli.failures import complain, one_line_errors
from rxvlm.cli.report import Outputs
from rxvlm.cli.run import Run
from rxvlm.cli.waiting import wait_for_models
from rxvlm.errors import ModelUnauthorizedError
from rxvlm.uri import by_name

if TYPE_CHECKING:
    from rxvlm.cli.face import Face

Form: TypeAlias = Literal["auto", "video", "images"]
"""How clips are sent; the same as in `rxvlm.models.named`, which loads too much for --help."""

_HOW_WATCHED: Final = ("every", "aligned", "frames", "width", "effort", "pace", "gate", "sampler", "follow", "timeout")


def run_of(given: Mapping[str, Any], face: Face | None = None) -> int:
    """Watch until the end; return the exit code.

    Args:
        given: The parameters of `rxvlm.cli.watch.watch`, by name.
        face: What shows the run, in place of the table and the lines.
    """
    fallback: list[str] = given["fallback"] or []
    names: list[str] = [given["model"], *fallback]
    options: dict[str, Any] = {name: given[name] for name in _HOW_WATCHED}
    if given["prompt"] is not None:
        options["prompt"] = given["prompt"]
    with one_line_errors():
        cameras = with_areas(by_name(given["uris"]), given["mask"] or [], given["crop"] or [], given["effort"])
        wanted = schema_of(given["fields"], given["schema"])
        fields = None if "opencv" in names else wanted
        rules = rules_of(given["alert"] or [], given["need"], given["clear"], given["cooldown"], fields)
        made = _models(names, given["timeout"], given["clip_as"])
        asked = _with_limits(made, given["requests_per_minute"], given["timeout"], wanted)
        clips = event_clips((given["before"], given["after"]), given["save"], rules, options)
        run = Run(cameras, asked, options, _outputs(given, names), rules=rules, clips=clips, face=face)
        _say_what_is_ignored(given, names, wanted)
    wait_for_models(asked, given["wait_for_model"])
    return run.until_end()


def _outputs(given: Mapping[str, Any], names: list[str]) -> Outputs:
    return Outputs(
        json=given["json"],
        save=given["save"],
        log=given["log"],
        sinks=given["sink"] or [],
        store=given["store"],
        metrics=given["metrics"],
        names_the_model=len(names) > 1,
        pictures=given["pictures"],
    )


def _say_what_is_ignored(given: Mapping[str, Any], names: list[str], wanted: object) -> None:
    if given["prompt"] is not None and "opencv" in names:
        complain("opencv ignores the prompt; `rxvlm models` lists the models that read it")
    if wanted is not None and "opencv" in names:
        complain("opencv has fields of its own, and ignores --fields and --schema")
    sinks: list[str] = given["sink"] or []
    if not given["alert"] and any(one.lower().startswith(("http://", "https://")) for one in sinks):
        complain("without --alert there are no events: webhooks get every answer")


def _models(names: list[str], timeout: float, clip_as: Form) -> list[rxvlm.Vlm]:
    """Make the models. Leave out a model whose key is missing, with a line on stderr, if another model is left."""
    made: list[rxvlm.Vlm] = []
    for number, name in enumerate(names, 1):
        try:
            made.append(rxvlm.models.named(name, timeout=timeout, clip_as=clip_as))
        except ModelUnauthorizedError as error:
            if number == len(names) and not made:
                raise
            complain(f"{name} is left out: {error}")
    return made


def _with_limits(
    asked: list[rxvlm.Vlm],
    requests_per_minute: float | None,
    timeout: float,
    schema: dict[str, Any] | None = None,
) -> rxvlm.Vlm:
    """Combine models into one: limit, retry, breaker, structured around each; fallback asks the next if one fails."""
    models = rxvlm.models
    from rxvlm.models.breaker import timeout_below

    if requests_per_minute is not None:
        asked = [models.limit(model, requests_per_minute=requests_per_minute) for model in asked]
    tried = [models.breaker(models.retry(model), timeout=timeout_below(timeout)) for model in asked]
    if schema is not None:
        tried = [model if model.name == "opencv" else models.structured(model, schema) for model in tried]
    return tried[0] if len(tried) == 1 else models.fallback(*tried)
