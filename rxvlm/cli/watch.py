"""`rxvlm watch`: files and cameras in, answers out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rxvlm.cli.alerts import Alert, Clear, Cooldown, Fields, Need, Schema
from rxvlm.cli.areas import Crop, Mask
from rxvlm.cli.event_clips import After, Before
from rxvlm.cli.pictures import Pictures
from rxvlm.cli.run_of import Form, run_of
from rxvlm.cli.windows import Align, Every
from rxvlm.watching.options import DEFAULTS, Effort, GateName, SamplerName


def watch(
    uris: Annotated[
        list[str],
        typer.Argument(
            metavar="[NAME=]URI...",
            help="Files, - (stdin), folders of pictures, rtsp://..., http://..., device numbers, demo:yard; each may "
            "get a name: gate=rtsp://...",
        ),
    ],
    *,
    model: Annotated[str, typer.Option(help="The model to ask; `rxvlm models` lists them.")] = "opencv",
    fallback: Annotated[
        list[str] | None,
        typer.Option(metavar="MODEL", help="The next model to ask if a model fails; you may repeat this option."),
    ] = None,
    requests_per_minute: Annotated[
        float | None,
        typer.Option(
            "--requests-per-minute",
            "--rpm",
            metavar="NUMBER",
            min=0.001,
            help="Requests to each model in a minute, at most, for all cameras together.",
        ),
    ] = None,
    timeout: Annotated[float, typer.Option(min=0.001, max=86_400, help="Seconds to wait for an answer.")] = (
        DEFAULTS.timeout
    ),
    wait_for_model: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            min=0.0,
            max=86_400,
            help="Seconds to wait for a model server that is starting or loading its model; cameras open after that.",
        ),
    ] = 0.0,
    prompt: Annotated[
        str | None,
        typer.Option(
            help="What to ask about each clip; without it, the model describes what happens. opencv ignores it.",
            show_default=False,
        ),
    ] = None,
    every: Every = DEFAULTS.every,
    aligned: Align = DEFAULTS.aligned,
    frames: Annotated[
        int, typer.Option(min=1, max=1000, help="Frames of each window that the model sees.")
    ] = DEFAULTS.frames,
    width: Annotated[
        int, typer.Option(min=2, max=10_000, help="Pixels across of the frames that the model sees, at most.")
    ] = 640,
    clip_as: Annotated[
        Form,
        typer.Option(
            "--as",
            help="How clips are sent. video: as an MP4; images: as pictures; auto: as a video, or as pictures if the "
            "server does not take video.",
        ),
    ] = "auto",
    effort: Annotated[
        Effort,
        typer.Option(
            help="How much to decode. exact: frames at evenly spaced moments; keyframes: key frames only, much "
            "cheaper; copy: all packets of the camera, without decoding."
        ),
    ] = DEFAULTS.effort,
    gate: Annotated[
        GateName | None,
        typer.Option(help="motion: ask only about windows in which something moves.", show_default=False),
    ] = None,
    sampler: Annotated[
        SamplerName | None,
        typer.Option(
            help="Which frames of a window the model sees. evenly: at evenly spaced moments; sharpest: the sharpest of "
            "each part; changes: frames in which something changed.",
            show_default=False,
        ),
    ] = None,
    mask: Mask = None,
    crop: Crop = None,
    pace: Annotated[
        float | None,
        typer.Option(min=0.001, help="Speed of files: 1 is real time. By default, as fast as the model answers."),
    ] = DEFAULTS.pace,
    follow: Annotated[
        bool,
        typer.Option("--follow", help="Files may still grow: go on until a file has not grown for 10 seconds."),
    ] = DEFAULTS.follow,
    json: Annotated[bool, typer.Option("--json", help="Print each answer as a line of JSON.")] = False,
    pictures: Pictures = False,
    save: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Save the clip of each answer in this folder, and its JSON beside it."),
    ] = None,
    fields: Fields = None,
    schema: Schema = None,
    alert: Alert = None,
    need: Need = "2/3",
    clear: Clear = 2,
    cooldown: Cooldown = 0.0,
    before: Before = None,
    after: After = None,
    log: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Add answers, events and states to this file, as lines of JSON."),
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Keep answers, events and clips in this file; `rxvlm results` finds them.",
        ),
    ] = None,
    sink: Annotated[
        list[str] | None,
        typer.Option(
            metavar="URL",
            help="Send events (without --alert: answers) there, too: http://..., mqtt://HOST or FILE.jsonl; you may "
            "repeat this option.",
        ),
    ] = None,
    metrics: Annotated[
        str | None,
        typer.Option(
            metavar="[HOST:]PORT",
            help="Serve counters for Prometheus there, at /metrics; without a host, for this machine only.",
        ),
    ] = None,
) -> None:
    """Ask a model about each window of one or more videos, and show its answers.

    On a terminal it draws a live table, and prints each answer about a file above it. Elsewhere it prints one
    line for each answer (JSON with --json), and on stderr one line for each change of a camera's state.
    It ends when all files have ended, or when you press Ctrl-C.

    Exit codes: 0 success; 1 a file broke off, clips could not be made or saved, a sink missed something, or no
    question was answered; 2 something can never be opened; 130 Ctrl-C;
    143 SIGTERM; 129 SIGHUP; 141 the program that read the output has ended.

    Columns of the table: **fps**: frames per second that arrive. **Window**: how full the newest window is.
    **Wait**: seconds of video that wait for the model. **Ask**: seconds of video that the model is being
    asked about. **Age**: time since the video of the newest answer was filmed. **Err**: calls that failed.
    The line below the table counts the frames of all cameras; **age p95**: 95 % of the answers of the last hour were
    at most so old when they came.

    `rxvlm monitor` has the same options, and fills the terminal with keys, history and pictures.
    """
    raise typer.Exit(run_of(locals()))
