"""DynamoDB Local as a container, through the docker command.

Unlike the Java process it can be published on loopback alone, and it is. Its identity is a label.
"""

from __future__ import annotations

import subprocess

from orm.local.errors import DockerError
from orm.local.state import EngineState

LABEL = "keyfold.engine"
DOCKER_TIMEOUT_SECONDS = 300  # the first run pulls the image
CONTAINER_PORT = 8000


class DockerHost:
    """Runs the engine with the docker command.

    Args:
        image: repository and tag.
        command: the program; a path or a name on PATH.
    """

    def __init__(self, image: str, command: str = "docker") -> None:
        self._image, self._command = image, command

    def launch(self, state: EngineState) -> EngineState:
        publish = f"127.0.0.1:{state.port}:{CONTAINER_PORT}"
        label = f"{LABEL}={state.marker}"
        engine = ["-jar", "DynamoDBLocal.jar", "-inMemory", "-disableTelemetry"]
        self._run("run", "--detach", "--label", label, "--publish", publish, self._image, *engine)
        return state

    def lives(self, state: EngineState) -> bool:
        return bool(self._find(state.marker))

    def listens(self, state: EngineState) -> bool:
        return True  # docker run fails when it cannot publish the port

    def end(self, state: EngineState) -> bool:
        container = self._find(state.marker, "--all")
        if container:
            self._run("rm", "--force", container)
        return bool(container)

    def log_tail(self, state: EngineState | None, lines: int) -> tuple[str, ...]:
        container = self._find(state.marker, "--all") if state else ""
        if not container:
            return ()
        return tuple(self._run("logs", "--tail", str(lines), container).splitlines())

    def _find(self, marker: str, *more: str) -> str:
        """The container's id; empty where there is none, as when Docker itself does not run."""
        try:
            return self._run("ps", "--quiet", "--filter", f"label={LABEL}={marker}", *more).strip()
        except DockerError:
            return ""

    def _run(self, *arguments: str) -> str:
        try:
            done = subprocess.run(
                [self._command, *arguments],
                capture_output=True,
                text=True,
                timeout=DOCKER_TIMEOUT_SECONDS,
            )
        except FileNotFoundError as error:
            raise DockerError(f"there is no command {self._command!r}") from error
        except subprocess.TimeoutExpired as error:
            raise DockerError(f"no answer within {DOCKER_TIMEOUT_SECONDS} s") from error
        if done.returncode != 0:
            said = done.stderr.strip().splitlines()
            raise DockerError(
                said[0].removeprefix("docker: ")
                if said
                else f"{arguments[0]} failed and says nothing"
            )
        return done.stdout
