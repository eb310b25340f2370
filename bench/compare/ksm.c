/* Milliseconds until Linux's KSM has merged two mappings of PAGES pages of 4 KiB, the n-th page of the one like the n-th of the other, with the kernel's
   thread scanning as fast as it can. The kernel's settings are put back. Status 3 where KSM cannot be switched on, or is on already.
   usage: ksm PAGES */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "median.h"

enum { PAGE_BYTES = 4096, SETTINGS = 3, POLL_US = 500, PATIENCE_S = 20, UNAVAILABLE = 3 };
static const char *const names[SETTINGS] = {"run", "pages_to_scan", "sleep_millisecs"};
static const long wanted[SETTINGS] = {0, 1000000, 0};
static long found[SETTINGS];
static int saved;

static FILE *setting(const char *name, const char *mode) {
  char path[64];
  snprintf(path, sizeof path, "/sys/kernel/mm/ksm/%s", name);
  return fopen(path, mode);
}

static long get(const char *name) {
  long value = -1;
  FILE *file = setting(name, "r");
  if (!file) return -1;
  if (fscanf(file, "%ld", &value) != 1) value = -1;
  fclose(file);
  return value;
}

static int set(const char *name, long value) {
  FILE *file = setting(name, "w");
  if (!file) return 0;
  int written = fprintf(file, "%ld", value) > 0;
  return fclose(file) == 0 && written;
}

static void restore(void) {
  if (saved)
    for (int i = 0; i < SETTINGS; i++) set(names[i], found[i]);
}

static void interrupted(int signal) {
  restore();
  _exit(128 + signal);
}

static char *mapping(size_t bytes) {
  char *start = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) exit(1);
  madvise(start, bytes, MADV_NOHUGEPAGE);
  for (size_t i = 0; i < bytes / sizeof(uint64_t); i++) ((uint64_t *)start)[i] = (i + 1) * 0x9e3779b97f4a7c15u;
  return start;
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  size_t pages = strtoul(argv[1], 0, 10), bytes = pages * PAGE_BYTES;
  for (int i = 0; i < SETTINGS; i++)
    if ((found[i] = get(names[i])) < 0 || !set(names[i], found[i])) return UNAVAILABLE;
  if (found[0] != 0) return UNAVAILABLE; /* somebody uses it */
  saved = 1;
  atexit(restore);
  signal(SIGINT, interrupted);
  signal(SIGTERM, interrupted);
  signal(SIGHUP, interrupted);
  for (int i = 0; i < SETTINGS; i++)
    if (!set(names[i], wanted[i])) return UNAVAILABLE;

  char *mappings[2] = {mapping(bytes), mapping(bytes)};
  for (int i = 0; i < 2; i++)
    if (madvise(mappings[i], bytes, MADV_MERGEABLE)) return UNAVAILABLE;
  long before = get("pages_sharing");
  double started = now_ns();
  if (!set("run", 1)) return UNAVAILABLE;
  while (get("pages_sharing") - before < (long)pages) {
    if (now_ns() - started > PATIENCE_S * 1e9) return 1;
    usleep(POLL_US);
  }
  printf("%f\n", (now_ns() - started) / 1e6);
  /* what the kernel keeps of these pages goes when its thread meets them again */
  for (int i = 0; i < 2; i++) munmap(mappings[i], bytes);
  for (started = now_ns(); get("pages_sharing") > before && now_ns() - started < PATIENCE_S * 1e9;) usleep(POLL_US);
  return 0;
}
