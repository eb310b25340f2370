# What the sort trace sorts: lines whose first eight characters are in no order.
BEGIN {
  state = 1
  for (line = 0; line < 110000; line++) {
    state = (state * 16807) % 2147483647
    printf "%08x %0140d\n", state, line
  }
}
