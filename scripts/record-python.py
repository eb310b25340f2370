# What the python trace records: rows of objects made in order, an index over them built in a pseudo-random order, and searched in the same order
# from its middle on. No imports and no hash seed: the same every time.
ROWS = 65536
PRIME = ROWS + 1
ROOT = 75  # its powers modulo the prime are all numbers from 1 to ROWS

order = []
power = 1
for _ in range(ROWS):
    order.append(power - 1)
    power = power * ROOT % PRIME

rows = [(number, number * 0.5, str(number) * 8) for number in range(ROWS)]

index = {}
for number in order:
    row = rows[number]
    index[row[2]] = row

total = 0
for number in order[ROWS // 2 :] + order[: ROWS // 2]:
    total += index[str(number) * 8][1]
print(total)
