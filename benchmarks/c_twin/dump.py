"""Write packed arrays for the C program, and read its results back.

A dump is a sequence of blocks: item size and number of items (int64 each), then the bytes. The first block is a
text that names every field and column in order; the C program refuses a dump whose text is not its own. The second
names the purposes of random words, of which the program must find those it uses.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, get_type_hints

import numpy as np

from forecast.engine.bridge import Case, Draws, Out, codes
from forecast.engine.buffers import new_out
from kernels.types import INCIDENT, ISSUE, KIND, PARTY, POSITION, STAGE, START, SYSTEM, TRIAL

#: Annotations of `Case` -> what is written.
_SCALAR_TYPES = {float: np.float64, int: np.int64, np.uint64: np.uint64}


def scalar_fields(case: Case) -> list[str]:
    """Return the names of the fields of a case that are numbers."""
    return [name for name, value in case._asdict().items() if not isinstance(value, np.ndarray)]


def layout(case: Case, draws: Draws) -> str:
    """Return the text that the C program compares with its own."""
    arrays = [name for name, value in case._asdict().items() if isinstance(value, np.ndarray)] + list(draws._fields)
    records = {"party": PARTY, "kind": KIND, "issue": ISSUE, "position": POSITION, "system": SYSTEM,
               "incident": INCIDENT, "stage": STAGE, "start": START, "trial": TRIAL}
    return "".join(
        [
            "scalars ",
            *(f"{name} " for name in scalar_fields(case)),
            "arrays ",
            *(f"{name} " for name in arrays),
            "columns ",
            *(f"{column.name} " for column in codes.Column),
            "records ",
            " ".join(f"{name}:{','.join(dtype.names)}" for name, dtype in records.items()),
        ]
    )


def purposes() -> str:
    """Return the names and values of all purposes, a blank on either side of each."""
    return " ".join(["", *(f"{purpose.name}={purpose.value}" for purpose in codes.Purpose), ""])


def write_dump(path: Path, case: Case, draws: Draws) -> None:
    """Write a scenario and its draws.

    Parameters
    ----------
    path : Path
        The file to write.
    case, draws : Case, Draws
        As `forecast.engine.packing.pack` makes them.
    """
    with path.open("wb") as file:
        _write_block(file, np.frombuffer(layout(case, draws).encode("ascii"), np.uint8))
        _write_block(file, np.frombuffer(purposes().encode("ascii"), np.uint8))
        types = get_type_hints(Case)
        for name in scalar_fields(case):
            file.write(_SCALAR_TYPES[types[name]](getattr(case, name)).tobytes())
        for value in (*case, *draws):
            if isinstance(value, np.ndarray):
                _write_block(file, value)


def _write_block(file: BinaryIO, array: np.ndarray) -> None:
    """Write the item size, the number of items and the items of one array."""
    file.write(np.array([array.dtype.itemsize, array.size], np.int64).tobytes())
    file.write(np.ascontiguousarray(array).tobytes())


def read_results(path: Path, case: Case, cells: int) -> Out:
    """Read what the C program wrote into arrays like those of the kernels.

    Raises
    ------
    ValueError
        If the file has another size than `cells` results take.
    """
    empty = new_out(case, cells)
    wanted = sum(array.nbytes for array in empty)
    if path.stat().st_size != wanted:
        raise ValueError(f"{path.name}: {path.stat().st_size} bytes, {wanted} expected")
    with path.open("rb") as file:
        return Out(*(np.fromfile(file, array.dtype, array.size).reshape(array.shape) for array in empty))
