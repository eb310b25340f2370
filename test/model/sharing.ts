/** How much a VM's replicas and snapshots share. */
import type { Vm } from './world.ts';

/** Entries with content, different pages among them, those with several holders, entries saved by them, entries with a page of zeros, volatile pages. */
export function sharing(vm: Vm): number[] {
  const entries = vm.replicas.flatMap((replica) => [...replica.pages.values()]);
  const mapped = entries.filter((page) => page.frame !== null || page.slot !== null);
  const distinct = [...new Set(mapped)];
  const shared = distinct.filter((page) => page.references > 1);
  const ofShared = mapped.filter((page) => page.references > 1);
  const changing = distinct.filter((page) => page.references === 1 && page.isVolatile);
  return [mapped.length, distinct.length, shared.length, ofShared.length - shared.length, entries.length - mapped.length, changing.length];
}
