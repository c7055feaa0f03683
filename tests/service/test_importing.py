"""Files of Frigate and go2rtc: names and addresses are taken over."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from rxvlm.service.configuration.importing import as_toml, cameras_in

FRIGATE = """
mqtt: {host: broker}
go2rtc:
  streams:
    front: ["rtsp://admin:{FRIGATE_RTSP_PASSWORD}@10.0.0.2/main", "ffmpeg:front#audio=opus"]
cameras:
  front:
    ffmpeg:
      inputs:
        - {path: "rtsp://127.0.0.1:8554/front", roles: [record]}
  back yard:
    ffmpeg:
      inputs:
        - {path: "rtsp://10.0.0.3/main", roles: [record]}
        - {path: "rtsp://10.0.0.3/sub", roles: [detect]}
  shed:
    enabled: false
    ffmpeg: {inputs: [{path: "rtsp://10.0.0.4/main", roles: [detect]}]}
"""
GO2RTC = """
streams:
  gate: rtsp://10.0.0.5/main#media=video
  porch: [ffmpeg:http://10.0.0.6/video.mjpg#video=h264]
  odd: exec:ffmpeg -i x -f rtsp {output}
"""


def test_a_file_of_frigate(tmp_path: Path) -> None:
    """The input that Frigate looks at, the camera's own address, variables of the environment."""
    path = tmp_path / "frigate.yml"
    path.write_text(FRIGATE)
    written = as_toml(cameras_in(path))
    assert tomllib.loads(written)["cameras"] == {
        "front": {"uri": "rtsp://admin:${FRIGATE_RTSP_PASSWORD}@10.0.0.2/main"},
        "back yard": {"uri": "rtsp://10.0.0.3/sub"},
    }
    assert "# disabled in Frigate\n# [cameras.shed]\n" in written


def test_a_file_of_go2rtc(tmp_path: Path) -> None:
    """Its own settings after # are left out; what no camera sends stands in a comment."""
    path = tmp_path / "go2rtc.yaml"
    path.write_text(GO2RTC)
    written = as_toml(cameras_in(path))
    assert tomllib.loads(written)["cameras"] == {
        "gate": {"uri": "rtsp://10.0.0.5/main"},
        "porch": {"uri": "http://10.0.0.6/video.mjpg"},
    }
    assert "# [cameras.odd]" in written


STYLES = """
x-common: &common {record: {enabled: true}}
go2rtc:
  streams:
    yard: rtsp://${USER:admin}:${PASSWORD}@10.0.0.7/main#backchannel=0
    yard_sub: yard
    circle: loop
    loop: circle
    empty:
cameras:
  yard:
    <<: *common
    ffmpeg:
      inputs:
        - {path: "rtsp://127.0.0.1:8554/yard?video=copy", input_args: preset-rtsp-restream, roles: record}
        - {path: "rtsp://localhost:8554/yard_sub?video=copy&audio=aac", roles: detect}
  odd: {ffmpeg: {inputs: [{path: "rtsp://u:a${b}@10.0.0.8/", roles: [detect]}]}}
  circle: {ffmpeg: {inputs: [{path: "rtsp://127.0.0.1:8554/circle", roles: [detect]}]}}
  empty: {ffmpeg: {inputs: [{path: "rtsp://127.0.0.1:8554/empty", roles: [detect]}]}}
"""


def test_styles_of_files(tmp_path: Path) -> None:
    """Anchors, variables of go2rtc with defaults, streams that name others, and a ${ that is no variable."""
    path = tmp_path / "frigate.yml"
    path.write_text(STYLES)
    written = as_toml(cameras_in(path))
    assert tomllib.loads(written)["cameras"] == {
        "yard": {"uri": "rtsp://${USER:-admin}:${PASSWORD}@10.0.0.7/main"},
        "odd": {"uri": "rtsp://u:a$${b}@10.0.0.8/"},
        "empty": {"uri": "rtsp://127.0.0.1:8554/empty"},
    }
    assert "# it has no address\n# [cameras.circle]" in written


@pytest.mark.parametrize(
    ("text", "said"), [("a: [", "line 1: not YAML"), ("a: 1", "has no cameras"), ("", "has no cameras")]
)
def test_another_file_is_an_error(text: str, said: str, tmp_path: Path) -> None:
    """In one line."""
    path = tmp_path / "x.yml"
    path.write_text(text)
    with pytest.raises(ValueError, match=said):
        cameras_in(path)
