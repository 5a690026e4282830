"""The columns of the data, in one place for the scripts."""

SIDE = 8
INK = 16  # the darkest value of a pixel
DIGITS = 10
TARGET = "digit"
SHEET = "sheet"
FEATURES = [f"pixel_{row}_{column}" for row in range(SIDE) for column in range(SIDE)]
