from app.core.errors import InsufficientStock, OrderNotFound


def test_not_found_names_what_is_missing():
    assert str(OrderNotFound(7)) == "order 7 not found"


def test_insufficient_stock_says_how_much_there_is():
    assert str(InsufficientStock(3, 5, 2)) == "product 3: wanted 5, only 2 in stock"
