from __future__ import annotations

from typing import Any

import httpx
import pytest
from asking import NATIVE, OPENAI, ask, question

from rxvlm.testing.server import FakeServer, Reply

pytestmark = pytest.mark.usefixtures("no_threads_left")

DATA = b"\r\n--\r\n\x00\xff\n\r" * 3  # what a sloppy reader of forms would spoil
RESOLVE = {"X-DashScope-OssResourceResolve": "enable"}


def allowed(server: FakeServer, client: httpx.Client) -> dict[str, Any]:
    url = f"{server.dashscope_url}/uploads?action=getPolicy&model=m"
    return client.get(url).json()["data"]


def upload(client: httpx.Client, policy: dict[str, Any], name: str = "clip.mp4") -> httpx.Response:
    form = {"key": f"{policy['upload_dir']}/{name}", "policy": policy["policy"]}
    return client.post(policy["upload_host"], data=form, files={"file": (name, DATA)})


def test_a_file_is_uploaded_byte_for_byte(client: httpx.Client) -> None:
    """The policy says where to; the form's file is kept under its key."""
    with FakeServer() as server:
        policy = allowed(server, client)
        assert upload(client, policy).status_code == 200
        assert server.uploads == {f"{policy['upload_dir']}/clip.mp4": DATA}
        assert [request.route for request in server.requests] == ["policy", "oss"]
        assert server.requests[0].query == {"action": "getPolicy", "model": "m"}
        assert server.chats == []


def test_an_upload_never_replaces_another(client: httpx.Client) -> None:
    """The same key again is refused, in the storage's own words; another permission has other keys."""
    with FakeServer() as server:
        policy = allowed(server, client)
        upload(client, policy)
        again = upload(client, policy)
        assert (again.status_code, again.text.startswith("<Error><Code>FileAlreadyExists<")) == (409, True)
        assert upload(client, allowed(server, client)).status_code == 200


@pytest.mark.parametrize(("path", "kind"), [(NATIVE, "video"), (OPENAI, "video_url")])
def test_a_question_about_an_upload_needs_it_and_a_header(client: httpx.Client, path: str, kind: str) -> None:
    """What was not uploaded, or is not to be looked up, is refused; and each has its turn of the script."""
    with FakeServer("one", "two", "three") as server:
        policy = allowed(server, client)
        upload(client, policy)

        def about(name: str, headers: dict[str, str]) -> httpx.Response:
            url = f"oss://{policy['upload_dir']}/{name}"
            part = {kind: url if kind == "video" else {"url": url}}
            return client.post(server.url + path, json=question(path, part), headers=headers)

        other, bare, right = about("other.mp4", RESOLVE), about("clip.mp4", {}), about("clip.mp4", RESOLVE)
    assert (other.status_code, "other.mp4 was not uploaded" in other.text) == (400, True)
    assert (bare.status_code, "needs X-DashScope-OssResourceResolve" in bare.text) == (400, True)
    assert (right.status_code, "three" in right.text) == (200, True)


def test_the_steps_of_an_upload_have_scripts_of_their_own(client: httpx.Client) -> None:
    """Either may fail, and the model is as it was."""
    with FakeServer() as server:
        server.then(Reply(status=401), Reply(), route="policy")
        server.then(Reply(status=403, code="Expired", message="1 < 2"), Reply(), route="oss")
        refused = client.get(f"{server.dashscope_url}/uploads")
        assert (refused.status_code, refused.json()["code"]) == (401, "InvalidApiKey")
        policy = allowed(server, client)
        forbidden = upload(client, policy)
        assert (forbidden.status_code, forbidden.headers["content-type"]) == (403, "application/xml")
        assert forbidden.text == "<Error><Code>Expired</Code><Message>1 &lt; 2</Message></Error>"
        assert server.uploads == {}
        assert upload(client, policy).status_code == 200
        assert ask(server, client).status_code == 200


def test_only_the_last_uploads_are_kept(client: httpx.Client) -> None:
    """A server that runs for long forgets them, too."""
    with FakeServer(keep=2) as server:
        policy = allowed(server, client)
        for name in "abc":
            upload(client, policy, name)
        assert [key[-1] for key in server.uploads] == ["b", "c"]
