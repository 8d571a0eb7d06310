"""Work whose memory must not stay."""

import multiprocessing


def in_process(function, *arguments):
    """In a process of its own, whose memory is free afterwards."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)
