"""The command line with models that are servers: the real clients against a server on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli_here import rxvlm_here
from cli_terminal import Terminal
from conftest import WATCHDOG

from rxvlm.cli.run_of import _with_limits
from rxvlm.models import KINDS
from rxvlm.models.breaker import BreakerVlm
from rxvlm.models.combining.nesting import models_in
from rxvlm.testing import FakeServer, Reply, scripted

FILM = "demo:yard?seconds=20&fps=4&width=320&height=180"


def rxvlm(*args: str, home: Path, **keys: str) -> subprocess.CompletedProcess[str]:
    """Run the command line on a machine where nothing is set but these."""
    bare = {name: value for name, value in os.environ.items() if not name.endswith(("_KEY", "_PROXY", "_proxy"))}
    environment = {**bare, "HOME": str(home), "NO_PROXY": "127.0.0.1", **keys}
    return subprocess.run(
        [sys.executable, "-m", "rxvlm", *args],
        capture_output=True,
        text=True,
        timeout=WATCHDOG,
        check=False,
        env=environment,
    )


def test_models_are_listed(tmp_path: Path) -> None:
    """Each kind is there with what it needs, and whether its key is set."""
    said = rxvlm_here("models", home=tmp_path, OPENAI_API_KEY="sk-s3cret").stdout
    for kind in KINDS:
        assert kind.form in said
    assert "DASHSCOPE_API_KEY, which is not set" in said
    assert "OPENAI_API_KEY, which is set" in said
    assert "s3cret" not in said
    listed = json.loads(rxvlm_here("models", "--json", home=tmp_path).stdout)
    assert {record["form"]: record["ready"] for record in listed}["dashscope:NAME"] is False


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ("dashscope:qwen3-vl-plus", "DASHSCOPE_API_KEY"),
        ("openai:gpt-4o", "OPENAI_API_KEY"),
        ("openai:qwen@openrouter", "OPENROUTER_API_KEY"),
        ("openai:qwen@nowhere", "no model 'openai:qwen@nowhere'"),
        ("openai:llava@gpu:8000/v1", "gpu:8000/v1 is no address; did you mean http://gpu:8000/v1?"),
        ("dashscope", "dashscope needs the name of a model, as in dashscope:qwen3-vl-plus"),
        ("gpt-4o", "did you mean openai:gpt-4o?"),
        ("qwen3-vl-plus", "did you mean dashscope:qwen3-vl-plus?"),
        ("hal", "there are opencv, dashscope:NAME, openai:NAME"),
    ],
)
def test_what_is_missing_is_one_line(model: str, says: str, tmp_path: Path) -> None:
    """A missing key, or an unknown model, is one line that says what to set, and exit code 2."""
    done = rxvlm_here("watch", FILM, "--model", model, home=tmp_path)
    lines = done.stderr.strip().splitlines()
    assert (done.returncode, done.stdout, len(lines)) == (2, "", 1)
    assert says in lines[0]
    assert "api_key" not in lines[0]  # which a terminal has not


def test_a_missing_key_leaves_the_answer_to_the_fallback(tmp_path: Path) -> None:
    """As a wrong one does: a line says so, and each answer says who gave it."""
    done = rxvlm_here("watch", FILM, "--model", "dashscope:qwen3-vl-plus", "--fallback", "opencv", home=tmp_path)
    assert done.returncode == 0, done.stderr
    first = done.stderr.splitlines()[0]
    assert first.startswith("rxvlm: dashscope:qwen3-vl-plus is left out: ")
    assert first.endswith("set DASHSCOPE_API_KEY")
    lines = [line.split("  ", 1) for line in done.stdout.splitlines()]
    assert [who for who, _ in lines] == ["yard 0:00-0:10", "yard 0:10-0:19.75"]
    assert all(said.startswith("opencv: ") for _, said in lines)


def test_where_no_key_is_there_nobody_is_left(tmp_path: Path) -> None:
    """With several models, each of which lacks its key, each is named, and it ends."""
    done = rxvlm_here("watch", FILM, "--model", "dashscope:q", "--fallback", "openai:g", home=tmp_path)
    assert done.returncode == 2
    assert [line.rpartition("set ")[2] for line in done.stderr.splitlines()] == ["DASHSCOPE_API_KEY", "OPENAI_API_KEY"]


def test_a_prompt_that_nobody_reads_is_told(tmp_path: Path) -> None:
    """A line says that opencv does not read it; without a prompt there is none."""
    said = "rxvlm: opencv ignores the prompt; `rxvlm models` lists the models that read it"
    assert said in rxvlm_here("watch", FILM, "--prompt", "How many cars?", home=tmp_path).stderr.splitlines()
    assert "prompt" not in rxvlm_here("watch", FILM, home=tmp_path).stderr
    assert "reads no prompt" in rxvlm_here("models", home=tmp_path).stdout


def test_a_server_is_asked(tmp_path: Path) -> None:
    """`openai:NAME@URL` asks the server there, with the key from the environment, once for each window."""
    with FakeServer("a <cat>") as server:
        model = f"openai:tiny@{server.openai_url}"
        done = rxvlm("watch", FILM, "--model", model, "--json", home=tmp_path, RXVLM_API_KEY="sk-s3cret")
        assert done.returncode == 0, done.stderr
        records = [json.loads(line) for line in done.stdout.splitlines()]
        assert [(record["text"], record["model"]) for record in records] == [("a <cat>", "tiny")] * 2
        assert [request.headers["authorization"] for request in server.chats] == ["Bearer sk-s3cret"] * 2
    assert "s3cret" not in done.stdout + done.stderr


def test_dashscope_is_asked(tmp_path: Path) -> None:
    """`dashscope:NAME` asks through the SDK, at the address of the environment."""
    with FakeServer("a cat") as server:
        keys = {"DASHSCOPE_API_KEY": "sk-s3cret", "DASHSCOPE_HTTP_BASE_URL": server.dashscope_url}
        done = rxvlm("watch", FILM, "--model", "dashscope:qwen3-vl-plus", "--json", home=tmp_path, **keys)
        assert done.returncode == 0, done.stderr
        records = [json.loads(line) for line in done.stdout.splitlines()]
        assert [record["text"] for record in records] == ["a cat"] * 2
        assert all(record["usage"]["input"] > 0 for record in records)
    assert "s3cret" not in done.stdout + done.stderr


def test_what_passes_is_tried_again_and_what_does_not_falls_back(tmp_path: Path) -> None:
    """A busy server is asked again; one that is broken for good leaves the answer to the fallback."""
    busy, broken = Reply(status=429, headers={"Retry-After": "0"}), Reply(status=401, code="invalid_api_key")
    with FakeServer(busy, "a cat", broken) as server:
        model = f"openai:tiny@{server.openai_url}"
        done = rxvlm(
            "watch",
            FILM,
            "--model",
            model,
            "--fallback",
            "opencv",
            "--requests-per-minute",
            "6000",
            "--json",
            home=tmp_path,
        )
        assert done.returncode == 0, done.stderr
        assert [json.loads(line)["model"] for line in done.stdout.splitlines()] == ["tiny", "opencv"]
        assert len(server.chats) == 3


def test_a_run_without_one_answer_is_no_success(tmp_path: Path) -> None:
    """Each question says why; the exit code and the last line say that none was answered."""
    refused = Reply(status=401, code="invalid_api_key")
    with FakeServer(refused, refused) as server:
        model = f"openai:tiny@{server.openai_url}"
        done = rxvlm("watch", FILM, "--model", model, home=tmp_path, RXVLM_API_KEY="sk-s3cret")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "rxvlm: no question was answered"
    assert done.stdout.count("error:") == 2


def test_footage_that_leaves_is_said_once(tmp_path: Path) -> None:
    """The command line says on stderr, once, that clips go to another host; a fallback's host, too."""
    with FakeServer() as proxy:  # it refuses to be a proxy for TLS, so nothing leaves
        done = rxvlm(
            *("watch", FILM, "--every", "5", "--model", "openai:a@http://127.0.0.1:9/v1"),
            *("--fallback", "openai:gpt-4o"),
            home=tmp_path,
            OPENAI_API_KEY="sk-x",
            HTTPS_PROXY=proxy.url,
        )
    assert done.stderr.count("rxvlm: clips go to api.openai.com\n") == 1
    assert "clips go to 127" not in done.stderr


@pytest.mark.parametrize(("timeout", "late"), [(60.0, 30.0), (20.0, 18.0)])
def test_each_server_has_a_breaker(timeout: float, late: float) -> None:
    """The order is fallback(breaker(retry(limit(m))), ...), and a breaker counts a call that the time-out cuts."""
    asked = _with_limits([scripted("yes", name="a"), scripted("yes", name="b")], 60.0, timeout)
    kinds = [type(part).__name__ for part in models_in(asked)]
    assert kinds == ["FallbackVlm", *["BreakerVlm", "RetryVlm", "LimitVlm", "ScriptedVlm"] * 2]
    assert [part.timeout for part in models_in(asked) if isinstance(part, BreakerVlm)] == [late] * 2


def test_a_model_that_is_loading_is_waited_for(tmp_path: Path) -> None:
    """Cameras open when its server is ready; stderr says that it waits, and for what."""
    loading = Reply(status=503, code="unavailable_error", message="Loading model")
    refused = Reply(status=400, code="invalid_request_error", message="no messages")
    with FakeServer(loading, refused, "a cat") as server:
        model = f"vllm:tiny@{server.openai_url}"
        done = rxvlm("watch", FILM, "--model", model, "--wait-for-model", "60", "--json", home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["text"] for line in done.stdout.splitlines()] == ["a cat"] * 2
    first, ready, *rest = done.stderr.splitlines()
    assert first == "rxvlm: waiting for tiny: Loading model"
    assert ready.startswith("rxvlm: tiny is ready after ")
    assert rest == ["yard: playing", "yard: ended"]


def test_a_model_that_is_never_ready_is_asked_all_the_same(tmp_path: Path) -> None:
    """When the time is up, the cameras open, and the fallback answers."""
    options = ["--model", "vllm:tiny@http://127.0.0.1:9/v1", "--fallback", "opencv", "--every", "20"]
    done = rxvlm("watch", FILM, *options, "--wait-for-model", "0.1", home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "rxvlm: waiting for tiny: it cannot be reached" in done.stderr
    assert "s, and watching begins" in done.stderr
    assert done.stdout.startswith("yard 0:00-0:19.75  opencv: ")


def test_a_server_can_be_looked_at(tmp_path: Path) -> None:
    """`rxvlm models NAME` says what its server is taken for, and what it takes."""
    with FakeServer("a cat") as server:
        said = rxvlm("models", f"llamacpp:tiny@{server.openai_url}", home=tmp_path)
    assert said.returncode == 0, said.stderr
    facts = dict(line.strip().split("  ", 1) for line in said.stdout.splitlines())
    assert facts["address"] == server.openai_url
    assert (facts["server"], facts["state"]) == ("llamacpp", "ready")
    assert facts["a clip goes as"] == "video, else as images"


def test_a_narrow_terminal_folds_between_words() -> None:
    """What a model is stands beside its name, on as many lines as it takes."""
    terminal = Terminal("models", columns=60)
    assert terminal.end() == 0
    lines = [line.rstrip() for line in terminal.seen.replace("\r", "").splitlines()]
    assert "opencv                  classical vision, no VLM, reads no" in lines
    assert "                        prompt: what moved, when and where;" in lines
    assert all(len(line) <= 60 for line in lines)
