"""How kernels are compiled: once for these sources, then read from disk; threads share the machine.

numba looks only at a kernel's own file when it reads what it compiled, but the compiled code has the kernels it calls
in it, from other files too. So what is kept lies under the name of all sources together: a new release compiles anew.
"""

import hashlib
from functools import partial
from pathlib import Path
from typing import Any

import numba

_HERE = Path(__file__).resolve().parent
_SOURCES = hashlib.sha256(b"".join(source.read_bytes() for source in sorted(_HERE.glob("*.py"))))

_config: Any = numba.config
if not _config.CACHE_DIR:  # NUMBA_CACHE_DIR, if somebody set it, goes first
    _config.CACHE_DIR = str(_HERE / "__pycache__" / f"kernels-{_SOURCES.hexdigest()[:16]}")

#: They let go of the interpreter lock.
compiled: Any = partial(numba.njit, cache=True, nogil=True)
