"""Small text formats that keep coming back."""
