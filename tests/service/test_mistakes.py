"""Mistakes in a file: each has one readable message, and all are told at once."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from rxvlm.errors import ConfigurationError
from rxvlm.service.loading import load

SECRET = "hunter2"
ENVIRONMENT = {"PASSWORD": SECRET, "EVERY": SECRET, "MODEL": f"nothing-{SECRET}", "EMPTY": "", "NUMBER": "5"}
YARD = '[cameras.yard]\nuri = "demo:yard"\n'
TWO_MODELS = '[models.a]\nuse = "opencv"\n[models.b]\nuse = "opencv"\n'

# What stands in the file, and the message without the name of the file.
MISTAKES = {
    "no toml": ("x = ", "is not TOML: Invalid value (at end of document)"),
    "no camera": ("", "cameras: there is none; write [cameras.NAME] and uri = ... below it"),
    "empty section": ("[cameras]\n", "cameras: there is none; write [cameras.NAME] and uri = ... below it"),
    "unknown table": (YARD + "[camera.x]\n", "camera: there is no such table; did you mean cameras?"),
    "cameras is a value": ("cameras = 3", "cameras: expected tables by name, as in [cameras.NAME], found 3"),
    "a camera is a value": ("[cameras]\nyard = 3", "cameras.yard: expected a table, found 3"),
    "no uri": ("[cameras.yard]\nevery = 3", "cameras.yard.uri: is missing"),
    "empty uri": ('[cameras.yard]\nuri = ""', "cameras.yard.uri: expected a text that is not empty"),
    "uri is a number": ("[cameras.yard]\nuri = 3", "cameras.yard.uri: expected a text"),
    "uri of no kind": ('[cameras.yard]\nuri = "rtps://a"', "cameras.yard.uri: "),
    "uri without a host": ('[cameras.yard]\nuri = "rtsp://"', "cameras.yard.uri: "),
    "unknown drawing": ('[cameras.yard]\nuri = "demo:moon"', "cameras.yard.uri: "),
    "mistyped key": (YARD + "evry = 3", "cameras.yard.evry: there is no such key; did you mean every?"),
    "unknown key": (YARD + "zzz = 3", "cameras.yard.zzz: there is no such key; there are "),
    "key with blanks": (YARD + '"a b" = 3', 'cameras.yard."a b": there is no such key; there are '),
    "text for a number": (YARD + 'every = "10s"', 'cameras.yard.every: expected a number, found "10s"'),
    "true for a number": (YARD + "every = true", "cameras.yard.every: expected a number, found true"),
    "zero": (YARD + "every = 0", "cameras.yard.every: expected a number above 0, found 0"),
    "negative": (YARD + "every = -1.5", "cameras.yard.every: expected a number above 0, found -1.5"),
    "infinite": (YARD + "every = inf", "cameras.yard.every: expected a finite number, found inf"),
    "not a number": (YARD + "timeout = nan", "cameras.yard.timeout: expected a finite number, found nan"),
    "too large": (YARD + "frames = 5000", "cameras.yard.frames: expected a number of at most 1000, found 5000"),
    "broken": (YARD + "frames = 1.5", "cameras.yard.frames: expected a whole number, found 1.5"),
    "a list for a text": (YARD + "prompt = [1]", "cameras.yard.prompt: expected a text, found [1]"),
    "a table for a text": (YARD + "prompt = {a = 1}", "cameras.yard.prompt: expected a text, found a table"),
    "wrong choice": (
        YARD + 'effort = "exct"',
        "cameras.yard.effort: expected one of 'exact', 'keyframes', 'copy', found \"exct\"; did you mean 'exact'?",
    ),
    "wrong gate": (
        YARD + 'gate = "moton"',
        "cameras.yard.gate: expected 'motion', found \"moton\"",
    ),
    "wrong fields": (
        YARD + 'model = "a"\nfields = "people"\n' + '[models.a]\nuse = "ollama:x"',
        "cameras.yard.fields: ",
    ),
    "mask of two points": (
        YARD + "mask = [[[0, 0], [1, 1]]]",
        "cameras.yard.mask[0]: expected a list of at least 3, found [[0, 0], [1, 1]]",
    ),
    "mask outside": (
        YARD + "mask = [[[0, 0], [1, 1], [2000, 5]]]",
        "cameras.yard.mask[0][2][0]: expected a number of at most 1000, found 2000",
    ),
    "mask and copy": (YARD + 'effort = "copy"\nmask = [[[0, 0], [9, 0], [9, 9]]]', "cameras.yard"),
    "unknown model": (
        YARD + 'model = "eye"\n[models.eyes]\nuse = "opencv"',
        "cameras.yard.model: there is no such model; did you mean eyes?",
    ),
    "which model": (YARD + TWO_MODELS, "cameras.yard.model: is missing: there are 2 models"),
    "defaults": ("[defaults]\nframs = 3\n" + YARD, "defaults.frams: there is no such key; did you mean frames?"),
    "defaults' model": ('[defaults]\nmodel = "x"\n' + YARD, "defaults.model: there is no such model; there are opencv"),
    "no use": (YARD + "[models.a]\n", "models.a.use: is missing"),
    "use of nothing": (YARD + '[models.a]\nuse = "opncv"', "models.a.use: "),
    "address forgotten": (YARD + '[models.a]\nuse = "openai:x@gpu:8000/v1"', "models.a.use: "),
    "own fallback": (
        YARD + '[models.a]\nuse = "opencv"\nfallback = ["a"]',
        "models.a.fallback[0]: a model cannot be its own fallback",
    ),
    "unknown fallback": (
        YARD + '[models.a]\nuse = "opencv"\nfallback = ["b"]',
        "models.a.fallback[0]: there is no such model; there are ",
    ),
    "retry": (
        YARD + '[models.a]\nuse = "opencv"\nretry = "yes"',
        "models.a.retry: expected true, false, or a table of options",
    ),
    "retry's option": (
        YARD + '[models.a]\nuse = "opencv"\nretry = {atempts = 3}',
        "models.a.retry.atempts: there is no such key; did you mean attempts?",
    ),
    "rate of zero": (
        YARD + '[models.a]\nuse = "opencv"\nrequests_per_minute = 0',
        "models.a.requests_per_minute: expected a number above 0, found 0",
    ),
    "no when": (YARD + "[rules.a]\n", "rules.a.when: is missing"),
    "and": (YARD + '[rules.a]\nwhen = "people > 0 and dogs > 0"', "rules.a.when: "),
    "need": (YARD + '[rules.a]\nwhen = "people > 0"\nneed = "3/2"', "rules.a.need: "),
    "need of one": (
        YARD + '[rules.a]\nwhen = "people > 0"\nneed = [2]',
        "rules.a.need: expected a list of at least 2, found [2]",
    ),
    "active": (YARD + '[rules.a]\nwhen = "people > 0"\nactive = "Mon 25:00-26:00"', "rules.a.active: "),
    "time zone": (YARD + '[rules.a]\nwhen = "people > 0"\nactive = "22:00-06:00 Europe/Brlin"', "rules.a.active: "),
    "rule's camera": (
        YARD + '[rules.a]\nwhen = "a > 0"\ncameras = ["yrd"]',
        "rules.a.cameras[0]: there is no such camera; did you mean yard?",
    ),
    "empty sink": (YARD + "[sinks.a]\n", "sinks.a: expected either url or command"),
    "two sinks in one": (
        YARD + '[sinks.a]\nurl = "http://h"\ncommand = ["x"]',
        "sinks.a: expected either url or command",
    ),
    "sink of no kind": (YARD + '[sinks.a]\nurl = "gopher://h"', "sinks.a.url: "),
    "phase": (
        YARD + '[sinks.a]\nurl = "http://h"\nphases = ["begin"]',
        "sinks.a.phases[0]: expected one of 'start', 'update', 'end', found \"begin\"",
    ),
    "command is a text": (
        YARD + '[sinks.a]\ncommand = "notify-send x"',
        'sinks.a.command: expected a list, found "notify-send x"',
    ),
    "secret file": (
        YARD + '[sinks.a]\nurl = "http://h"\nsecret_file = "nowhere"',
        "sinks.a.secret_file: cannot be read: No such file or directory",
    ),
    "store without path": (YARD + "[store]\n", "store.path: is missing"),
    "store's folder": (YARD + '[store]\npath = "no/where.db"', "store.path: there is no folder "),
    "store's clips": (
        YARD + '[store]\npath = "a.db"\nclips = "event"',
        "store.clips: expected one of 'all', 'events', 'none', found \"event\"; did you mean 'events'?",
    ),
    "metrics": (
        YARD + '[metrics]\nlisten = "here"',
        'metrics.listen: expected an address and a port, as "127.0.0.1:9464"',
    ),
    "variable": (
        '[cameras.yard]\nuri = "rtsp://a:${PASSWRD}@h"',
        "cameras.yard.uri: the environment has no variable PASSWRD; set it, or write ${PASSWRD:-default}",
    ),
    "half a variable": (
        YARD + 'prompt = "${A"',
        "cameras.yard.prompt: a variable is written ${NAME} or ${NAME:-default}, and ${ itself as $${",
    ),
    "secret number": (YARD + 'every = "${EVERY}"', "cameras.yard.every: expected a number"),
    "secret model": (YARD + '[models.a]\nuse = "${MODEL}"', "models.a.use: there is no such model"),
    "secret in a bad uri": (f'[cameras.yard]\nuri = "rtps://a:{SECRET}@h"', "cameras.yard.uri: "),
    "include": ('include = ["none.toml"]\n' + YARD, "cannot be read: No such file or directory"),
    "include is a number": ("include = [3]\n" + YARD, "include: expected a list of files, found 3"),
    "number as a text": (YARD + 'every = "10"', 'cameras.yard.every: expected a number, found "10"'),
    "truth as a text": (YARD + 'follow = "true"', 'cameras.yard.follow: expected true or false, found "true"'),
    "mask without its inner brackets": (
        YARD + "mask = [[0, 0], [1, 1], [2, 2]]",
        "cameras.yard.mask: expected a list of lists",
    ),
    "mistyped section": ('[cameas.yard]\nuri = "demo:yard"', "cameas: there is no such table; did you mean cameras?"),
    "empty name": (YARD + '[cameras.""]\nuri = "demo:yard"', 'cameras."": the name is empty'),
    "fields of the built-in model": (YARD + 'fields = "people:itn"', "cameras.yard.fields: fields is as in "),
    "built-in model's name": (
        YARD + '[models.opencv]\nuse = "vllm:x"',
        "models.opencv: is the name of the built-in model; choose another one",
    ),
    "retries that get shorter": (
        YARD + '[models.a]\nuse = "vllm:x"\nretry = {first = 9, longest = 1}',
        "models.a.retry: ",
    ),
    "picture of a command": (
        YARD + '[sinks.a]\ncommand = ["x"]\npicture = true',
        "sinks.a.picture: goes with a webhook, and this is a command; {picture} in an argument is its path",
    ),
    "answers of a broker": (YARD + '[sinks.a]\nurl = "mqtt://h"\nanswers = true', "sinks.a.answers: goes with "),
    "folder of a file": (YARD + '[sinks.a]\nurl = "no/a.jsonl"', "sinks.a.url: there is no folder "),
    "sink's name": (
        YARD + '[sinks.store]\nurl = "a.jsonl"\n[store]\npath = "a.db"',
        "sinks.store: is the name of [store]; choose another one",
    ),
    "store is a folder": (YARD + '[store]\npath = "."', "store.path: expected a file, found a folder"),
    "secret in the store's path": (
        YARD + '[store]\npath = "${PASSWORD}/a.db"',
        "store.path: the value that the environment",
    ),
    "secret in a file's name": (
        YARD + '[sinks.a]\nurl = "${PASSWORD}/a.jsonl"',
        "sinks.a.url: the value that the environ",
    ),
    "secret in a uri of no kind": (
        '[cameras.yard]\nuri = "${PASSWORD}:x"',
        "cameras.yard.uri: the value that the environ",
    ),
    "secret that is no address": (f'[cameras.yard]\nuri = "{SECRET}:x"', "cameras.yard.uri: there is no such kind of "),
    "secret include": ('include = ["${PASSWORD}.toml"]\n' + YARD, "${PASSWORD}.toml: cannot be read: No such file"),
    "include of no variable": ('include = ["${NOPE}.toml"]\n' + YARD, "include: the environment has no variable NOPE"),
    "include itself": ('include = ["watch.toml"]\n' + YARD, "include: watch.toml includes itself"),
}


@pytest.mark.parametrize(("text", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_has_one_message(text: str, said: str, tmp_path: Path) -> None:
    """It names the file, the key, and what was expected; and never a secret."""
    path = tmp_path / "watch.toml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        load(path, environment=ENVIRONMENT)
    assert len(caught.value.mistakes) == 1, caught.value.mistakes
    message = (
        caught.value.mistakes[0]
        .removeprefix(str(tmp_path / "none.toml") + ": ")
        .removeprefix(f"{path}: ")
        .removeprefix(f"{tmp_path}/")
    )
    assert message.startswith(said)
    assert SECRET not in str(caught.value)


def test_the_environment_may_give_numbers(tmp_path: Path) -> None:
    """And true and false, which a file itself may not write as texts."""
    path = tmp_path / "watch.toml"
    path.write_text(
        YARD + 'every = "${NUMBER}"\nfollow = "${FOLLOW:-true}"\n'
        '[models.a]\nuse = "vllm:x"\nretry = "${RETRY:-false}"\nbreaker = {failures = "${NUMBER}"}\n'
    )
    loaded = load(path, environment=ENVIRONMENT)
    assert (loaded.cameras["yard"].every, loaded.cameras["yard"].follow) == (5.0, True)
    words = loaded.words.models["a"]
    assert words.retry is None
    assert words.breaker is not None
    assert words.breaker.failures == 5


def test_checking_a_file_leaves_nothing_behind(tmp_path: Path) -> None:
    """No file is made, nothing is connected, no thread begun."""
    path = tmp_path / "watch.toml"
    before = threading.active_count()
    path.write_text(
        YARD + '[sinks.a]\nurl = "a.jsonl"\n[sinks.b]\nurl = "mqtt://127.0.0.1:9"\n[store]\npath = "a.db"\n[metrics]\n'
    )
    load(path)
    assert threading.active_count() == before
    assert list(tmp_path.iterdir()) == [path]


def test_all_are_told_at_once(tmp_path: Path) -> None:
    """Those of several tables, also where one of them names another that is wrong itself."""
    path = tmp_path / "watch.toml"
    path.write_text(
        '[cameras.yard]\nuri = 3\nmodel = "x"\n[models.a]\nuse = "opencv"\n[rules.r]\nwhen = "a >"\n[stre]\n'
    )
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    keys = [mistake.removeprefix(f"{path}: ").partition(":")[0] for mistake in caught.value.mistakes]
    assert sorted(keys) == ["cameras.yard.model", "cameras.yard.uri", "rules.r.when", "stre"]
