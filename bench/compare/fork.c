/* Nanoseconds a cycle: a process with PAGES written pages of 4 KiB forks, the child stores to STORES of them and ends, the parent waits: the median of 31.
   usage: fork PAGES STORES */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "median.h"

enum { PAGE_BYTES = 4096, CYCLES = 31 };

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  size_t pages = strtoul(argv[1], 0, 10), stores = strtoul(argv[2], 0, 10);
  char *bytes = mmap(0, pages * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  double cycles[CYCLES];
  if (bytes == MAP_FAILED) return 1;
  madvise(bytes, pages * PAGE_BYTES, MADV_NOHUGEPAGE);
  memset(bytes, 1, pages * PAGE_BYTES);
  for (int cycle = 0; cycle < CYCLES; cycle++) {
    double started = now_ns();
    pid_t child = fork();
    if (child < 0) return 1;
    if (child == 0) {
      for (size_t i = 0; i < stores; i++) bytes[i * (pages / stores) * PAGE_BYTES] = 2;
      _exit(0);
    }
    waitpid(child, 0, 0);
    cycles[cycle] = now_ns() - started;
  }
  printf("%f\n", median(cycles, CYCLES));
  return 0;
}
