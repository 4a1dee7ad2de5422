"""Cyclic garbage is collected on the GUI thread, never where a worker happens to allocate."""

import gc
import threading

from desktop.garbage import GuiThreadCollector


class Knot:
    """Something only the cyclic collector can free; it notes where that happens."""

    def __init__(self, freed):
        self.me = self
        self.freed = freed

    def __del__(self):
        self.freed.append(threading.current_thread())


def test_a_worker_never_collects(qapp):
    freed = []
    collector = GuiThreadCollector(qapp)
    try:
        Knot(freed)

        def allocate():
            kept = [[i] for i in range(200_000)]
            assert len(kept) == 200_000

        worker = threading.Thread(target=allocate)
        worker.start()
        worker.join()
        assert freed == []
        for _ in range(3):
            kept = [[i] for i in range(50_000)]
            collector.collect()
        assert len(kept) == 50_000
        assert freed == [threading.main_thread()]
    finally:
        collector.stop()
        collector.deleteLater()
    assert gc.isenabled()
