"""Ctrl-C is heard wherever it falls: some code it lands in swallows it, or makes another error of it."""

from __future__ import annotations

import _thread
import signal
import sys
import threading

#: Until an interrupt that was swallowed is sent again, in seconds: then other code runs, most likely.
_AGAIN_AFTER = 0.05
_heard: list[bool] = []


def listen() -> None:
    """Remember interrupts, and send those again that were swallowed.

    A process that ignores Ctrl-C (started in the background by a shell) goes on ignoring it.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _remember)
        sys.unraisablehook = _send_again


def heard() -> bool:
    """Return whether there was an interrupt: then any error comes from it (a serializer reports its own)."""
    return bool(_heard)


def _remember(number: int, frame: object) -> None:
    _heard.append(True)
    raise KeyboardInterrupt


def _send_again(lost: sys.UnraisableHookArgs) -> None:
    """Take an exception that nobody can catch: raised in a callback of the compiler, or while an object goes."""
    if issubclass(lost.exc_type, KeyboardInterrupt):
        again = threading.Timer(_AGAIN_AFTER, _interrupt)
        again.daemon = True
        again.start()
    else:
        sys.__unraisablehook__(lost)


def _interrupt() -> None:
    if hasattr(signal, "pthread_kill"):  # also ends a wait
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
    else:
        _thread.interrupt_main()
