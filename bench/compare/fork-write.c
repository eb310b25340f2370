/* Nanoseconds a page to write first to pages shared with a forked child: the parent has PAGES written pages of 4 KiB, forks, and stores to each while the
   child waits: the median of 15.
   usage: fork-write PAGES */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "median.h"

enum { PAGE_BYTES = 4096, ROUNDS = 15 };

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  size_t pages = strtoul(argv[1], 0, 10);
  volatile char *bytes = mmap(0, pages * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  double rounds[ROUNDS];
  if (bytes == MAP_FAILED) return 1;
  madvise((void *)bytes, pages * PAGE_BYTES, MADV_NOHUGEPAGE);
  memset((void *)bytes, 1, pages * PAGE_BYTES);
  for (int round = 0; round < ROUNDS; round++) {
    pid_t child = fork();
    if (child < 0) return 1;
    if (child == 0)
      for (;;) pause();
    double started = now_ns();
    for (size_t page = 0; page < pages; page++) bytes[page * PAGE_BYTES] = (char)round;
    rounds[round] = (now_ns() - started) / pages;
    kill(child, SIGKILL);
    waitpid(child, 0, 0);
  }
  printf("%f\n", median(rounds, ROUNDS));
  return 0;
}
