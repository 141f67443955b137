"""Which attributes a method reads and changes is read from its source, calls of its own class included."""

from proctor.analysis.state_uses import StateUse, StateUses

SOURCE = """
class Queue:
    def push(self, item):
        self._items.append(item)

    def drop(self):
        items, count = self._items, self._count
        del items[0]

    def is_open(self):
        return self._limit > 0 and self._is_short()

    def _is_short(self):
        return len(self._items) < 3

    def rename(self, name):
        self.name = name

    class Inner:
        def touch(self):
            self.touched += 1
"""


def use(reads: set[str], writes: set[str]) -> StateUse:
    return StateUse(frozenset(reads), frozenset(writes))


def test_reads_and_changes_of_every_kind_are_found():
    uses = StateUses(SOURCE)
    names = ["Queue.push", "Queue.drop", "Queue.is_open", "Queue.rename", "Queue.Inner.touch", "Queue.unknown"]

    assert [uses.of(name) for name in names] == [
        use({"_items"}, {"_items"}),
        use({"_items", "_count"}, {"_items"}),
        use({"_limit", "_is_short", "_items"}, set()),
        use(set(), {"name"}),
        use(set(), {"touched"}),
        use(set(), set()),
    ]
