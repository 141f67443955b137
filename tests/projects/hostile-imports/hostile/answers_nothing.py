def __getattr__(name):
    raise SystemExit(name)


class Sly(type):
    def __getattribute__(cls, name):
        raise SystemExit(name)


class Thing(metaclass=Sly):
    pass


thing = Thing

def double(number: int) -> int:
    return 2 * number
