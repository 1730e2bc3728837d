"""Remember the last few results of something costly."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any


class Memo:
    """The `most` results used last, by key; safe to share between threads.

    Parameters
    ----------
    most : int

    Examples
    --------
    >>> memo, made = Memo(2), []
    >>> for key in "abaca": _ = memo.get(key, lambda: made.append(key))
    >>> made
    ['a', 'b', 'c']
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """Return the result under `key`, made when it is not there.

        Two threads may make the same result at once; both get the one that was kept.
        """
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        value = make()
        with self._lock:
            value = self._kept.setdefault(key, value)
            while len(self._kept) > self.most:
                self._kept.popitem(last=False)
        return value

    def __reduce__(self) -> tuple[type[Memo], tuple[int]]:
        # Another process starts with nothing remembered: results are quicker made than sent.
        return Memo, (self.most,)
