"""Typed answers and alerts on the command line: the options themselves, and whole runs."""

from __future__ import annotations

import json
import re
import stat
from itertools import pairwise
from pathlib import Path

import av
import pytest
from cli_here import rxvlm_here

from rxvlm import Event
from rxvlm.cli.alerts import rules_of, schema_of
from rxvlm.testing import FakeServer

CLIP = Path(__file__).parent.parent.parent / "notebooks" / "clips" / "cars.mp4"
SHORT = "demo:yard?seconds=20&fps=4&width=320&height=180"
AT_ONCE = ["--need", "1/1", "--clear", "1"]


def test_fields_become_a_closed_schema() -> None:
    """Each field has the type that was written, is required, and there are no others."""
    schema = schema_of("people:int, share : float,danger:bool, colour:str, seen:list", None)
    assert schema is not None
    kinds = {name: field["type"] for name, field in schema["properties"].items()}
    assert kinds == {
        "people": "integer",
        "share": "number",
        "danger": "boolean",
        "colour": "string",
        "seen": "array",
    }
    assert schema["required"] == list(kinds)
    assert schema["additionalProperties"] is False
    assert schema_of(None, None) is None


@pytest.mark.parametrize("fields", ["people", "people:integer", "people:", ":int", "", "1a:int", "a:int,,b:int"])
def test_fields_that_cannot_be_read_are_refused(fields: str) -> None:
    """The error shows how fields are written."""
    with pytest.raises(ValueError, match=r'as in "people:int, colour:str"'):
        schema_of(fields, None)


@pytest.mark.parametrize(("text", "said"), [("{", "is not JSON"), ("[]", "not a JSON schema"), ("\xff", "is not JSON")])
def test_a_schema_that_cannot_be_read_is_refused(text: str, said: str, tmp_path: Path) -> None:
    """The error names the file."""
    file = tmp_path / "schema.json"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match=said):
        schema_of(None, file)


def test_fields_and_a_schema_exclude_each_other() -> None:
    """Only one of the options can say what is asked for."""
    with pytest.raises(ValueError, match="not both"):
        schema_of("people:int", Path("schema.json"))


def test_an_alert_is_a_rule() -> None:
    """The name stands before the first colon; the numbers hold for all alerts."""
    rules = rules_of(["intruder: people > 0", "late night: people > 1 ? true : false"], "1/4", 3, 5.0, None)
    assert [rule.name for rule in rules] == ["intruder", "late night"]
    thresholds = rules[1].thresholds
    assert (thresholds.need, thresholds.clear, thresholds.cooldown, thresholds.lost_after) == ((1, 4), 3, 5.0, 600.0)


@pytest.mark.parametrize(
    ("alerts", "need", "said"),
    [
        (["people > 0"], "2/3", 'as in "intruder: people > 0"'),
        ([": people > 0"], "2/3", 'as in "intruder: people > 0"'),
        (["a: true", "a: false"], "2/3", "two alerts have the name 'a'"),
        (["a: true"], "2", "written as 2/3"),
        (["a: true"], "3/2", "1 <= n <= m"),
        ([], "x", "written as 2/3"),
    ],
)
def test_alerts_that_cannot_be_read_are_refused(alerts: list[str], need: str, said: str) -> None:
    """The error shows how it is written."""
    with pytest.raises(ValueError, match=re.escape(said)):
        rules_of(alerts, need, 2, 0.0, None)


def test_alerts_on_a_real_clip_without_a_key() -> None:
    """Opencv's answers have fields; a start and an end is a line each, between the answers."""
    done = rxvlm_here("watch", CLIP, "--every", "2", "--alert", "moves: motion.share > 0.01", *AT_ONCE)
    assert done.returncode == 0, done.stderr
    told = [line for line in done.stdout.splitlines() if "moves" in line]
    assert told[:2] == ["cars 0:04  moves begins", "cars 0:04-0:08  moves ended after 4 s, 2 clips (cleared)"]
    assert len(told) % 2 == 0


def test_events_are_lines_of_json(tmp_path: Path) -> None:
    """With --json and --log, events stand between the answers, each after the answer that caused it."""
    log = tmp_path / "log"
    alert = ["--alert", "moves: motion.share > 0.01", *AT_ONCE]
    done = rxvlm_here("watch", CLIP, "--every", "2", "--json", "--log", log, *alert)
    records = [json.loads(line) for line in done.stdout.splitlines()]
    events = [record for record in records if record["type"] == "event"]
    assert {event["name"] for event in events} == {"moves"}
    assert [event["phase"] for event in events][:3] == ["start", "update", "end"]
    for before, record in pairwise(records):
        if record["type"] == "event" and record["phase"] != "end":
            assert before == record["analysis"]
    logged = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert [record for record in logged if record["type"] == "event"] == events
    assert Event.from_dict(events[0]).name == "moves"


def test_an_event_that_runs_ends_with_the_stream() -> None:
    """What still holds at the end of a film is ended there."""
    done = rxvlm_here("watch", SHORT, "--every", "10", "--alert", "always: true", *AT_ONCE)
    assert "always ended after 20 s, 2 clips (stream ended)" in done.stdout


def test_a_wrong_condition_points_at_the_place() -> None:
    """The lines on stderr show the text and where it is wrong; nothing was opened."""
    done = rxvlm_here("watch", SHORT, "--alert", "moves: motion.share > 0.05 and true")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "rxvlm: --alert moves: this is CEL: write && for and",
        "    motion.share > 0.05 and true",
        "                        ^",
    ]


@pytest.mark.parametrize(
    "options", [["--fields", "x"], ["--alert", "x"], ["--need", "x"], ["--schema", "nowhere.json"]], ids=str
)
def test_a_wrong_option_is_one_line(options: list[str]) -> None:
    """It is an error at once, with exit code 2."""
    done = rxvlm_here("watch", SHORT, *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1


def test_fields_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """--fields makes structured answers, whose fields conditions see; a wrong name is an error at once."""
    monkeypatch.setenv("RXVLM_API_KEY", "k")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with FakeServer('{"people": 2, "colour": "dark red"}') as server:
        model = ["--model", f"openai:tiny@{server.openai_url}", "--fields", "people:int, colour:str"]
        alert = ["--alert", "red: people > 0 && colour.contains('red')", *AT_ONCE]
        done = rxvlm_here("watch", SHORT, "--json", *model, *alert)
        records = [json.loads(line) for line in done.stdout.splitlines()]
        wrong = rxvlm_here("watch", SHORT, *model, "--alert", "red: peple > 0")
    assert [record["value"] for record in records if record["type"] == "analysis"] == [
        {"people": 2, "colour": "dark red"}
    ] * 2
    assert [record["phase"] for record in records if record["type"] == "event"] == ["start", "update", "end"]
    assert wrong.returncode == 2
    assert "there is no field 'peple': the fields are people, colour" in wrong.stderr


def test_opencv_has_fields_of_its_own() -> None:
    """--fields with opencv is said to have no effect, and it answers all the same."""
    done = rxvlm_here("watch", SHORT, "--fields", "people:int")
    assert done.returncode == 0
    assert "opencv has fields of its own" in done.stderr


def test_what_the_cooldown_holds_back_is_said() -> None:
    """An alert that begins too soon after another is a line on stderr."""
    done = rxvlm_here(
        "watch", CLIP, "--every", "2", "--alert", "moves: motion.share > 0.01", *AT_ONCE, "--cooldown", "300"
    )
    assert [line for line in done.stdout.splitlines() if "moves begins" in line] == ["cars 0:04  moves begins"]
    assert "cars 0:14: moves begins, held back by --cooldown" in done.stderr.splitlines()


def test_the_clip_of_an_alert_is_saved(tmp_path: Path) -> None:
    """The end of an alert names its clip, which reaches from before it to after it, for the user alone."""
    around = ["--before", "3", "--after", "1.5", "--save", tmp_path]
    done = rxvlm_here(
        "watch", CLIP, "--every", "2", "--json", "--alert", "it moves: motion.share > 0.01", *AT_ONCE, *around
    )
    assert done.returncode == 0, done.stderr
    events = [event for line in done.stdout.splitlines() if (event := json.loads(line))["type"] == "event"]
    assert {event["clip"] for event in events if event["phase"] != "end"} == {None}
    ends = [event for event in events if event["phase"] == "end"]
    assert (ends[0]["start"], ends[0]["clip"]) == (4.0, str(tmp_path / "cars" / "00-00-04-it_moves.mp4"))
    for end in ends:
        file = Path(end["clip"])
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert json.loads(file.with_suffix(".json").read_text(encoding="utf-8")) == end
        with av.open(str(file)) as container:
            times = [picture.time or 0.0 for picture in container.decode(video=0)]
        keys = [at * 4.8 for at in range(8)]  # where the film has key frames
        begins = max(key for key in keys if key <= max(0.0, end["start"] - 3) + 1e-6)
        assert begins + times[-1] == pytest.approx(min(end["end"] + 1.5, 30.16), abs=0.3)
    again = rxvlm_here("watch", CLIP, "--every", "2", "--alert", "it moves: motion.share > 0.01", *AT_ONCE, *around)
    assert again.returncode == 0
    second = tmp_path / "cars" / "00-00-04-it_moves-2.mp4"
    assert second.exists()
    assert f"cars 0:04-0:08  it moves ended after 4 s, 2 clips (cleared): {second}" in again.stdout.splitlines()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--before", "3", "--save", "clips"], "use --alert, too"),
        (["--after", "3", "--alert", "n: true"], "use --save, too"),
    ],
)
def test_clips_of_alerts_need_alerts_and_a_folder(options: list[str], said: str, tmp_path: Path) -> None:
    """--before and --after alone would do nothing: an error says what is missing."""
    done = rxvlm_here("watch", SHORT, *[str(tmp_path) if option == "clips" else option for option in options])
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
