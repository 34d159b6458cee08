"""How kernels are compiled: once for these sources, then read from disk; threads share the machine.

numba looks only at a kernel's own file when it reads what it compiled, but the compiled code has the kernels it calls
in it, from other files too. So what is kept lies under the name of all sources together: a new release compiles anew.
"""

import hashlib
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import numba

_HERE = Path(__file__).resolve().parent
_config: Any = numba.config
_unliteral: Any = numba.types.unliteral
_CHOSEN = _config.CACHE_DIR  # NUMBA_CACHE_DIR, if somebody set it, goes first

#: Packages whose kernels call those of other packages.
_CALLS = {"batching": ("routing",)}


@cache
def folder_of(package: str) -> Path:
    """Where the compiled kernels of solver/<package> lie."""
    folders = [_HERE / name for name in (package, *_CALLS.get(package, ()))]
    sources = [source for folder in folders for source in sorted(folder.glob("*.py"))]
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    return _HERE / package / "__pycache__" / f"kernels-{digest[:16]}"


def compiled(function: Callable[..., Any] | None = None, **rules: Any) -> Any:
    """The decorator of kernels. They let go of the interpreter lock."""
    if function is None:
        return lambda later: compiled(later, **rules)
    package = function.__module__.split(".")[1]
    _config.CACHE_DIR = str(_CHOSEN or folder_of(package))  # numba looks at it now, and never again for this kernel
    kernel = numba.njit(cache=True, nogil=True, **rules)(function)
    kernel.get_call_template = partial(_as_plain_numbers, kernel.get_call_template)
    return kernel


def _as_plain_numbers(template: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """numba compiles a kernel again for each constant another one calls it with: up to thirteen times here."""
    return template(tuple(map(_unliteral, args)), {name: _unliteral(kind) for name, kind in kwargs.items()})
