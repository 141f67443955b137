"""Short names for runs that people can say and type."""

from collections.abc import Container
from random import Random

_QUALITIES = (
    "amber bold brave brisk calm clear cosy deep eager early fair fast fine fond fresh glad gold grand green keen "
    "kind late light lucky mild neat new noble plain proud quick quiet rare ready sharp shy silent sly small smart "
    "soft solid sunny swift tall tidy true warm wide wise young"
)
_ANIMALS = (
    "badger beaver bison boar crane crow deer dove duck eagle falcon ferret finch fox frog gull hare hawk heron "
    "ibex jay kite koala lark lion lynx marten mole moose newt otter owl panda plover puffin rabbit raven robin "
    "rook salmon seal shrew snipe stoat stork swan tern toad trout viper wolf wren"
)


def new_run_id(random: Random, taken: Container[str] = ()) -> str:
    """Return an id such as `calm-otter-27` that is not taken."""
    qualities, animals = _QUALITIES.split(), _ANIMALS.split()
    while True:
        name = f"{random.choice(qualities)}-{random.choice(animals)}-{random.randrange(10, 100)}"
        if name not in taken:
            return name
