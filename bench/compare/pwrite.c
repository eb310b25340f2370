/* Nanoseconds a page of 4 KiB to write PAGES pages to FILE with pwrite, BATCH pages a call: the median of 15 passes over the same file.
   usage: pwrite FILE PAGES BATCH */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "median.h"

enum { PAGE_BYTES = 4096, PASSES = 15 };

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  size_t pages = strtoul(argv[2], 0, 10), batch = strtoul(argv[3], 0, 10);
  int file = open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0600);
  char *bytes = aligned_alloc(PAGE_BYTES, pages * PAGE_BYTES);
  double passes[PASSES];
  if (file < 0 || !bytes) return 1;
  memset(bytes, 0x5a, pages * PAGE_BYTES);
  for (int pass = -1; pass < PASSES; pass++) {
    double started = now_ns();
    for (size_t page = 0; page < pages; page += batch) {
      size_t count = (pages - page < batch ? pages - page : batch) * PAGE_BYTES;
      if (pwrite(file, bytes + page * PAGE_BYTES, count, page * PAGE_BYTES) != (ssize_t)count) return 1;
    }
    if (pass >= 0) passes[pass] = (now_ns() - started) / pages;
  }
  printf("%f\n", median(passes, PASSES));
  close(file);
  unlink(argv[1]);
  return 0;
}
