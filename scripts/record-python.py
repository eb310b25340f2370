# What the python trace records: rows of objects made in order, an index over them built in a pseudo-random order, and searched in the same order
# from its middle on. No imports and no hash seed: the same every time.
ROWS = 70000
PERIOD = 1 << 17


def shuffled():
    """Each number below ROWS once, by a congruential generator of full period."""
    state = 1
    for _ in range(PERIOD):
        state = (state * 44485 + 12345) % PERIOD
        if state < ROWS:
            yield state


order = list(shuffled())
rows = [(number, number * 0.5, str(number) * 8) for number in range(ROWS)]

index = {}
for number in order:
    row = rows[number]
    index[row[2]] = row

total = 0
for number in order[ROWS // 2 :] + order[: ROWS // 2]:
    total += index[str(number) * 8][1]
print(total)
