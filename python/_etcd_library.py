"""Where the library is found: what etcd.py has as etcd.load()."""

import ctypes
import os
import threading
from typing import Optional, Union

import _etcd_abi as abi

Path = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]

_OLDEST = (0, 1, 0)

_lock = threading.Lock()
_loaded: Optional[ctypes.CDLL] = None


def load(path: Path = "libetcd.so.0") -> None:
    """Loads the library from a place of the caller's choice, before anything else is used.

    Otherwise the first use loads libetcd.so.0 from where the system keeps its libraries.
    """
    global _loaded
    with _lock:
        if _loaded is not None:
            raise RuntimeError("the library is loaded already")
        if ctypes.sizeof(ctypes.c_void_p) != 8:
            raise OSError("libetcd is for 64-bit systems")
        try:
            library = ctypes.CDLL(os.fsdecode(path))
        except OSError as error:
            raise OSError("{}; call etcd.load() with its path first, or set LD_LIBRARY_PATH".format(error)) from None
        number = library.etcd_version_number()
        found = (number >> 16, number >> 8 & 0xFF, number & 0xFF)
        if found[0] != _OLDEST[0] or found < _OLDEST:
            raise OSError("{}: version {}.{}.{}, but {}.{}.{} is needed".format(os.fsdecode(path), *found, *_OLDEST))
        for name, (result, arguments) in abi.FUNCTIONS.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
        _loaded = library


def _library() -> ctypes.CDLL:
    if _loaded is None:
        try:
            load()
        except RuntimeError:
            pass  # Another thread was quicker.
    assert _loaded is not None
    return _loaded
