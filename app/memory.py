"""How the process keeps its memory."""

import ctypes

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3  # <malloc.h>
KEPT_BYTES = 128 * 1024 * 1024


def keep_freed_memory() -> None:
    """Let glibc keep what answers of megabytes free, instead of returning it to the kernel after each.

    Fetching the same pages anew costs more than half the processor time of an answer of 2 MB. Other C libraries have no
    such setting and are left alone.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, KEPT_BYTES // 4)
        mallopt(_M_TRIM_THRESHOLD, KEPT_BYTES)
        mallopt(_M_TOP_PAD, 1024 * 1024)
