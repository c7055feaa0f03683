"""Ray, as it is used here: the one module that imports it, with types of our own."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Callable, Generator, Sequence
from importlib import import_module
from typing import Any, Final, Protocol, TypeAlias

from rxvlm.cluster.deciding.placement import Node
from rxvlm.errors import MissingPartError, RxvlmError

_LOCAL: Final = "local"
_STORE_BYTES: Final = 200 * 2**20  # answers are small: Ray's own default is 30 % of the machine's memory
_THREADS: Final = 16  # calls of a shard at a time
_CALL_SECONDS: Final = 2.0  # for an answer to a call between two processes
_ATTEMPTS: Final = 3  # to start Ray on a busy machine
_HELD: Final = 4  # batches of results that wait between a shard and who reads them

Ref: TypeAlias = Any
"""A result that is on its way; or several, of a method that yields."""


Caller: TypeAlias = Callable[..., Any]
"""Calls a method of a process by its name, with arguments, and waits for the result."""


class ProcessDiedError(RxvlmError):
    """Raised when the process that a call was sent to has died, with its machine or alone."""


class ProcessUnavailableError(RxvlmError):
    """Raised when the process that a call was sent to cannot be reached at the moment."""


class Engine(Protocol):
    """What starts processes and calls them."""

    def nodes(self) -> list[Node]:
        """Return the machines."""
        ...

    def start(self, kind: type, *args: object, node: Node | None, name: str | None = None) -> Any:  # noqa: ANN401
        """Start a process that holds an object of a class; return its handle."""
        ...

    def call(self, process: Any, method: str, *args: object) -> Ref:  # noqa: ANN401 - a handle
        """Call a method of the object; return at once."""
        ...

    def stream(self, process: Any, method: str, *args: object) -> Ref:  # noqa: ANN401 - a handle
        """Call a method that yields; return at once."""
        ...

    def wait(self, refs: Sequence[Ref], seconds: float) -> list[Ref]:
        """Wait up to some seconds until one of some results is there; return those that are."""
        ...

    def get(self, ref: Ref) -> Any:  # noqa: ANN401 - whatever the method returns
        """Return a result that is there, or raise its error."""
        ...

    def next(self, ref: Ref) -> Any:  # noqa: ANN401 - whatever the method yields
        """Return the next item of a method that yields; StopIteration at its end."""
        ...

    def caller(self, process: Any) -> Caller:  # noqa: ANN401 - a handle
        """Return what other processes may call a process with; it can travel to them."""
        ...

    def kill(self, process: Any) -> None:  # noqa: ANN401 - a handle
        """End a process at once; nothing starts it again."""
        ...


def check_ray() -> Any:  # noqa: ANN401 - the module
    """Return Ray's module.

    Raises:
        MissingPartError: If it is not installed.
    """
    try:
        return import_module("ray")
    except ImportError as error:
        raise MissingPartError("rxvlm.cluster needs Ray: pip install 'rxvlm[ray]'") from error


class Ray:
    """A connection to Ray.

    Args:
        address: ``"local"`` for a new one on this machine, or the address of a head. None: the one that this process
            is connected to, or else what ``RAY_ADDRESS`` names, or a new one on this machine.

    Raises:
        MissingPartError: If Ray is not installed.
        ConnectionError: If there is none at the address.
    """

    def __init__(self, address: str | None) -> None:
        self._ray: Any = check_ray()
        self._errors: Any = import_module("ray.exceptions")
        self._own = not self._ray.is_initialized()
        if self._own:
            self._connect(address)

    def _connect(self, address: str | None) -> None:
        here = address == _LOCAL or (address is None and not os.environ.get("RAY_ADDRESS"))
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # as it will be: it warns of it
        own = {"include_dashboard": False, "object_store_memory": _STORE_BYTES} if here else {}
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._ray.init(
                    address=_LOCAL if here else address,
                    log_to_driver=False,  # their lines would be written into the table; states come by the ledgers
                    logging_level=logging.ERROR,
                    **own,
                )
            except Exception as error:  # noqa: BLE001 - Ray raises a bare one when its processes start too slowly
                self._ray.shutdown()
                if attempt == _ATTEMPTS or not here:
                    where = "on this machine" if here else f"at {address}"
                    raise ConnectionError(f"there is no Ray {where}: {_short(error)}") from None
            else:
                return

    def nodes(self) -> list[Node]:
        """Return the machines that are alive."""
        state: Any = import_module("ray._private.state").state
        draining: Any = state.get_draining_nodes()
        return [
            Node(
                one["NodeID"],
                one["Resources"].get("CPU", 0.0),
                usable=one["NodeID"] not in draining,
                draining=one["NodeID"] in draining,
            )
            for one in self._ray.nodes()
            if one["Alive"]
        ]

    def start(self, kind: type, *args: object, node: Node | None, name: str | None = None) -> Any:  # noqa: ANN401
        """Start a process that holds an object of a class; a named one is started again when it dies."""
        options: dict[str, Any] = {"num_cpus": 0, "max_concurrency": _THREADS, "max_task_retries": 0, "max_restarts": 0}
        if name is not None:
            options |= {"name": name, "get_if_exists": True, "max_restarts": -1}
        if node is not None:
            strategies: Any = import_module("ray.util.scheduling_strategies")
            options["scheduling_strategy"] = strategies.NodeAffinitySchedulingStrategy(node.node_id, soft=False)
        return self._ray.remote(kind).options(**options).remote(*args)

    def call(self, process: Any, method: str, *args: object) -> Ref:  # noqa: ANN401 - a handle
        """Call a method of the object; return at once."""
        return getattr(process, method).remote(*args)

    def stream(self, process: Any, method: str, *args: object) -> Ref:  # noqa: ANN401 - a handle
        """Call a method that yields; it is held up while `_HELD` items are not taken."""
        options = {"num_returns": "streaming", "_generator_backpressure_num_objects": _HELD}
        return getattr(process, method).options(**options).remote(*args)

    def wait(self, refs: Sequence[Ref], seconds: float) -> list[Ref]:
        """Wait up to some seconds until one of some results is there; return those that are."""
        if not refs:
            return []
        ready, _ = self._ray.wait(list(refs), num_returns=1, timeout=seconds, fetch_local=True)
        if ready and len(refs) > 1:
            ready, _ = self._ray.wait(list(refs), num_returns=len(refs), timeout=0, fetch_local=True)
        return list(ready)

    def get(self, ref: Ref) -> Any:  # noqa: ANN401 - whatever the method returns
        """Return a result that is there, or raise its error.

        Raises:
            ProcessDiedError: If the process has died.
            ProcessUnavailableError: If it cannot be reached at the moment.
        """
        with self._our_errors():
            return self._ray.get(ref)

    def next(self, ref: Ref) -> Any:  # noqa: ANN401 - whatever the method yields
        """Return the next item of a method that yields; StopIteration at its end.

        Raises:
            ProcessDiedError: If the process has died.
            ProcessUnavailableError: If it cannot be reached at the moment.
        """
        with self._our_errors():
            return self._ray.get(next(ref))

    def caller(self, process: Any) -> Caller:  # noqa: ANN401 - a handle
        """Return what other processes may call a process with; it can travel to them."""
        return _RayCaller(process)

    def kill(self, process: Any) -> None:  # noqa: ANN401 - a handle
        """End a process at once; nothing starts it again."""
        with contextlib.suppress(Exception):  # it may be dead already, or Ray itself
            self._ray.kill(process, no_restart=True)

    def close(self) -> None:
        """Leave Ray, if it was entered here; its processes end."""
        if self._own:
            with contextlib.suppress(Exception):  # Ray may be dead itself
                self._ray.shutdown()

    @contextlib.contextmanager
    def _our_errors(self) -> Generator[None]:
        errors = self._errors
        try:
            yield
        except errors.ActorUnavailableError as error:
            raise ProcessUnavailableError(_short(error)) from None
        except (errors.RayActorError, errors.NodeDiedError, errors.OwnerDiedError, errors.ObjectLostError) as error:
            raise ProcessDiedError(_short(error)) from None
        except errors.RayTaskError as error:
            cause = getattr(error, "cause", None)
            raise (cause if isinstance(cause, Exception) else RxvlmError(_short(error))) from None


class _RayCaller:
    """Calls methods of a process from any other one."""

    def __init__(self, process: Any) -> None:  # noqa: ANN401 - a handle
        self._process = process

    def __call__(self, method: str, *args: object) -> Any:  # noqa: ANN401 - whatever the method returns
        """Call a method; an error if it does not answer within `_CALL_SECONDS`."""
        return check_ray().get(getattr(self._process, method).remote(*args), timeout=_CALL_SECONDS)


def was_started_again() -> bool:
    """Return whether this process of Ray was started again after it had died."""
    ray: Any = sys.modules.get("ray")
    if ray is None or not ray.is_initialized():
        return False
    context = ray.get_runtime_context()
    return context.get_actor_id() is not None and bool(context.was_current_actor_reconstructed)


def _short(error: Exception) -> str:
    return str(error).partition("\n")[0]
