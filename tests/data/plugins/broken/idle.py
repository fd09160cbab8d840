"""Forgets to mark its hook."""


def raum_detectors():
    return []
