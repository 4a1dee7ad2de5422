"""Widths of text: the same whoever asks, also when two pages are drawn at the same time."""

import threading

from maps.drawing import lettering

WORDS = [chr(code) for code in range(0x4E00, 0x4E00 + 3_000)]


def test_two_threads_measure_text_as_one_does():
    lettering._advance.cache_clear()
    found, broken = {}, []

    def measure(name, words):
        try:
            found[name] = [lettering.width(word, 10.0, bold=True) for word in words]
        except RuntimeError as error:
            broken.append(error)

    both = [
        threading.Thread(target=measure, args=("up", WORDS)),
        threading.Thread(target=measure, args=("down", WORDS[::-1])),
    ]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert not broken
    lettering._advance.cache_clear()
    measure("alone", WORDS)
    assert found["up"] == found["down"][::-1] == found["alone"]
