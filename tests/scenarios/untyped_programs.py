"""Programs without annotations, and such as read texts: each has branches that one technique finds."""

UNTYPED = '''
"""Small programs that say nothing of types."""
import re
from json import loads


class Engine:
    """Made in one way only."""

    def __init__(self, plan):
        fields = plan.split(";")
        if len(fields) != 4:
            raise ValueError("four fields are needed")
        self.fields = fields

    def first(self, loud=False):
        """The first field.

        >>> engine = Engine("a;b;c;d")
        >>> engine.push("e")
        >>> engine.first()
        'e'
        """
        if loud:
            return self.fields[0].upper()
        return self.fields[0]

    def push(self, field):
        self.fields.insert(0, field)


def doors(house):
    total = 0
    for room in house.rooms:
        if room.locked:
            total += room.count_doors()
    return total


def label(record):
    if record["kind"] == "box":
        return record["size"]
    return record.get("name")


def applied(action, value):
    if action(value):
        return "accepted"
    return "refused"


def shout(words):
    return [word.upper() for word in words]


def handed_on(things):
    return shout(things)


def halves(sheet):
    """Half of a sheet.

    Args:
        sheet (int): how many there are
    """
    if sheet & 1:
        return "odd"
    return "even"


def scan(source):
    position = 0
    while position < len(source):
        char = source[position]
        if char == "<":
            if source[position : position + 3] == "<!>":
                return "bang"
            position += 1
        elif char == ";":
            return "end"
        else:
            position += 1
    return "nothing"


def section(text):
    titles = "|".join(["Steps", "Notes"])
    found = re.search("^(" + titles + "):$", text, re.M)
    if found is None:
        return "untitled"
    if text[found.end():].strip():
        return "full"
    return "empty"


def shelf(options=None, **settings):
    if settings.get("sorted"):
        return "sorted"
    return "as it is"


def greeted(guests: dict):
    for guest in guests:
        if not hasattr(guest, "title"):
            return "numbers"
        if hasattr(guests[guest], "popitem"):
            return "nested"
    return "names"


def looked_up(code):
    """Look a code up: `looked_up("ZX-81")` is a machine."""
    if code.encode().hex() == "5a582d3831":
        return "machine"
    return "unknown"
'''

COMPLAINING = '''
"""Programs that only say at run time what they want."""


def converted(kind, text):
    return kind(text)


class Ledger:
    """Its constructor is hard to please."""

    def __init__(self, year, balance, notes):
        self.year = converted(int, year)
        self.balance = converted(float, balance)
        self.notes = notes

    def last(self, *, loud):
        if loud:
            return str(self.year)
        return self.notes


class Register(dict):
    """A container of the project."""


def closed(ledger: Ledger):
    if ledger.year > 2000:
        return "open"
    return "closed"


def tallied(register: Register):
    for name in register:
        if name.lower() == "total":
            return "totalled"
    return "not totalled"


def opened(box: list[object]):
    for part in box:
        if part.copy():
            return "full"
    return "empty"


def weighed(thing: object):
    if not isinstance(thing, int):
        raise ValueError("weigh numbers")
    return "light"
'''
