import module_of_another_planet

def double(number: int) -> int:
    return 2 * number
