"""What people type into the search leads to the page that answers it: asked of the search that runs in the browser."""

from __future__ import annotations

import json
from typing import Any

import pytest
from browser import Browser

START = """
(async () => {
    const search = JSON.parse(document.getElementById("__config").textContent).search
    const worker = new Worker(new URL(search, location))
    const answer = message => new Promise((resolve, reject) => {
        worker.onmessage = ({data}) => resolve(data)
        worker.onerror = ({message}) => reject(new Error(message))
        worker.postMessage(message)
    })
    const index = await (await fetch("search/search_index.json")).json()
    await answer({type: 0, data: {...index, options: {suggest: true}}})
    window.ask = async question => (await answer({type: 2, data: question})).data
    return true
})()
"""
QUESTIONS = {
    # the five errands
    "vllm": "how-to/own_server/",
    "ollama": "how-to/own_server/",
    "own server": "how-to/own_server/",
    "local model gpu": "how-to/own_server/",
    "person": "how-to/tell_me_when/",
    "alert": "how-to/tell_me_when/",
    "notify me when a person is seen": "how-to/tell_me_when/",
    "missing frames": "how-to/missing_frames/",
    "dropped frames": "how-to/missing_frames/",
    "frames lost": "how-to/missing_frames/",
    "backpressure": "how-to/missing_frames/",
    "overflow": "how-to/missing_frames/",
    "sampler": "how-to/own_sampler/",
    "custom sampler": "how-to/own_sampler/",
    "choose frames": "how-to/own_sampler/",
    "analyze": "how-to/analyze/",
    "analyze timeout": "how-to/analyze/",
    # words that people use
    "notify": "how-to/commands/",
    "telegram": "how-to/commands/",
    "webhook": "how-to/webhooks/",
    "mqtt": "how-to/home_assistant/",
    "home assistant": "how-to/home_assistant/",
    "latency": "how-to/missing_frames/",
    "docker": "how-to/own_server/",
    "systemd": "how-to/service/",
    "gpu": "how-to/own_server/",
    "licence": "licence/",
    "license": "licence/",
    "changelog": "changelog/",
    "h.265": "cameras/",
    "hevc": "cameras/",
    "rtsp": "cameras/",
    "webcam": "cameras/",
    "onvif": "cameras/",
    "grafana": "how-to/prometheus/",
    "json schema": "how-to/structured_answers/",
    "privacy mask": "how-to/hide_parts/",
    "cost": "how-to/keep_costs_down/",
    "rate limit": "how-to/keep_costs_down/",
    "asyncio": "how-to/push_frames/",
    "opencv videocapture": "coming-from/",
    "pandas": "cookbook/pandas/",
    "exit code": "reference/cli/",
    # names, by their parts as well
    "buffer_by_time": "reference/operators/#rxvlm.operators.buffer_by_time.buffer_by_time",
    "flat_map_bounded": "reference/operators/#rxvlm.operators.flat_map_bounded.flat_map_bounded",
    "rxvlm.models.retry": "reference/models/#rxvlm.models.retry.retry",
    "ModelTimeoutError": "reference/errors/#rxvlm.errors.model.ModelTimeoutError",
    "Overflow": "how-to/missing_frames/",
    "LossReason": "reference/types/#rxvlm.ledger.reasons.LossReason",
    "openai_compatible": "reference/models/#rxvlm.models.openai_compatible.openai_compatible",
    "--cooldown": "how-to/tell_me_when/",
}


@pytest.fixture(scope="module")
def search(browser: Browser, address: str) -> Browser:
    """A browser in which the manual's own search has been started."""
    browser.open(address)
    assert browser.wait_for(START)
    return browser


def found(search: Browser, question: str) -> list[list[str]]:
    """Return the places that the first hits lead to; of a page also those of its parts that fit best."""
    answer: dict[str, Any] = search.evaluate(f"ask({json.dumps(question)})")
    return [_shown(page) for page in answer["items"][:3]]


def _shown(page: list[dict[str, Any]]) -> list[str]:
    best = max(part["score"] for part in page)
    return [part["location"] for part in page if part["score"] == best or "#" not in part["location"]]


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_finds_its_page(search: Browser, question: str) -> None:
    """The page that answers the question is among the first three hits, and a name leads to its own place."""
    hits = found(search, question)
    assert any(QUESTIONS[question] in page for page in hits), hits


def test_there_are_forty_questions() -> None:
    """The list of questions does not shrink unseen."""
    assert len(QUESTIONS) >= 40


def test_a_word_that_is_begun_is_completed(search: Browser) -> None:
    """The search suggests how a word goes on."""
    assert search.evaluate("ask('backpr')")["suggest"][-1].startswith("backpressure")
