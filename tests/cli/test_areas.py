"""``--mask`` and ``--crop``: read for all cameras or for one, and nothing of what they hide is in what a run writes."""

from __future__ import annotations

import json
from pathlib import Path

import av
import pytest
from cli_here import rxvlm_here

from rxvlm import Camera
from rxvlm.cli.areas import with_areas

CAMERAS = {"gate": "demo:gate", "yard": "demo:yard"}
LEFT = "0,0 500,0 500,1000 0,1000"
POLYGON = ((0.0, 0.0), (500.0, 0.0), (500.0, 1000.0), (0.0, 1000.0))


def test_without_a_name_they_are_for_all_cameras() -> None:
    """Several masks are several polygons; a camera of which nothing is hidden stays an address."""
    both = with_areas(CAMERAS, [LEFT, "yard=" + LEFT], ["gate=0,0,500,500"], "exact")
    assert both == {
        "gate": Camera("demo:gate", mask=[POLYGON], crop=(0, 0, 500, 500)),
        "yard": Camera("demo:yard", mask=[POLYGON, POLYGON]),
    }
    assert with_areas(CAMERAS, ["yard=" + LEFT], [], "exact")["gate"] == "demo:gate"


@pytest.mark.parametrize(
    ("masks", "crops", "says"),
    [
        (["0,0 1,1"], [], "--mask is at least three points, as in"),
        (["0,0 1,1 2"], [], "--mask is at least three points, as in"),
        (["0,0 1,1 2,x"], [], "--mask is at least three points, as in"),
        (["0,0 1,1 2,2000"], [], "--mask is in per mille of the picture, 0 to 1000, not 2000"),
        (["door=0,0 1,1 2,2"], [], "--mask door=0,0 1,1 2,2: no camera is called 'door'; they are gate, yard"),
        ([], ["0,0,5"], "--crop is LEFT,TOP,RIGHT,BOTTOM, as in 250,0,750,1000, not '0,0,5'"),
        ([], ["9,0,5,9"], "--crop is .*nothing is inside"),
        ([], ["0,0,5,5", "gate=0,0,9,9"], "--crop: gate has 2 boxes"),
    ],
)
def test_what_cannot_be_read_is_told_in_the_words_of_the_option(masks: list[str], crops: list[str], says: str) -> None:
    """A ValueError, before anything is opened."""
    with pytest.raises(ValueError, match=says):
        with_areas(CAMERAS, masks, crops, "exact")


def test_copied_packets_cannot_be_masked() -> None:
    """``--effort copy`` is refused with either."""
    for masks, crops in (([LEFT], []), ([], ["0,0,500,500"])):
        with pytest.raises(ValueError, match="--effort copy"):
            with_areas(CAMERAS, masks, crops, "copy")


def test_saved_clips_and_those_of_events_are_masked(tmp_path: Path) -> None:
    """A whole run: the clips of answers and of alerts are black where the mask is; the other camera is not."""
    args = ["--mask", f"yard={LEFT}", "--sampler", "sharpest", "--every", "2", "--json", "--save", str(tmp_path)]
    alert = ["--alert", "lit: look.light > 0", "--need", "1/1", "--before", "1", "--after", "1"]
    uris = ["yard=demo:yard?seconds=4", "gate=demo:gate?seconds=4"]
    done = rxvlm_here("watch", *args, *alert, *uris)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert {line["camera"] for line in lines if line["type"] == "event"} == {"yard", "gate"}
    clips = sorted(tmp_path.rglob("*.mp4"))
    assert len([clip for clip in clips if "lit" in clip.name]) == 2
    for clip in clips:
        with av.open(str(clip), "r") as container:
            for picture in container.decode(video=0):
                left = picture.to_ndarray(format="bgr24")[:, :318]
                assert (int(left.max()) <= 24) is ("yard" in clip.parts)
