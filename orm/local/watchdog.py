"""Runs one command for as long as its own standard input stays open.

Started as a script, not imported: `python watchdog.py java …`. It prints the command's pid and
waits. Whoever started it holds the other end of standard input; when that process ends, however
it ends, the system closes the pipe and the command is ended too. Being the command's parent, it
cannot hit another process by a pid that was given away.
"""

import subprocess
import sys
import threading

TERMINATE_WAIT_SECONDS = 5.0


def main(command: list[str]) -> int:
    """Run `command` until it ends or standard input does; give back its exit code."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr.fileno())
    print(child.pid, flush=True)
    threading.Thread(target=end_with_input, args=(child,), daemon=True).start()
    return child.wait()


def end_with_input(child: "subprocess.Popen[bytes]") -> None:
    """Wait for the end of standard input, then end the child."""
    sys.stdin.buffer.read()
    child.terminate()
    try:
        child.wait(TERMINATE_WAIT_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
