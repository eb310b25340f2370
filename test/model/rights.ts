/** The rights table: who may get, give and take which region. Frames are no concern of this file. */
import { expansionFollow } from './changes.ts';
import type { Region, Vm, World } from './world.ts';

/** A VM holds a machine slot when it manages or uses a region there. */
export function regionAtSlot(world: World, vm: Vm, slot: number): Region | null {
  return (
    world.regions.find(
      (region) => (region.manager === vm && region.managerSlot === slot) || (region.user === vm && region.userSlot === slot),
    ) ?? null
  );
}

function lowestHole(world: World, vm: Vm): number {
  let slot = 0;
  while (regionAtSlot(world, vm, slot)) slot++;
  return slot;
}

export function managedRegions(world: World, vm: Vm): Region[] {
  return world.regions.filter((region) => region.manager === vm);
}

/** Fig. 6 S109, S110. A region given back keeps its place. */
export function manageRegion(world: World, region: Region, vm: Vm): void {
  region.managerSlot = region.user === vm ? region.userSlot : lowestHole(world, vm);
  region.manager = vm;
}

/** Fig. 6 S105. */
export function unmanageRegion(region: Region): void {
  region.manager = null;
  region.managerSlot = null;
}

/** Fig. 9 S407: the manager becomes the user. */
export function useRegion(region: Region, vm: Vm, timeNs: number): void {
  if (region.manager !== vm || region.user !== null) throw new Error(`model: region ${region.number} cannot be taken into use`);
  region.user = vm;
  region.userSlot = region.managerSlot;
  expansionFollow(region, timeNs);
}

/** The use right is gone; what the region held is gone already. */
export function unuseRegion(region: Region): void {
  region.user = null;
  region.userSlot = null;
  region.statistics = null;
  region.stamp = 0;
}

const FRAMES_LEAST = 2;
const FRAMES_LEAST_WITH_REPLICAS = 4;

/** Frames that a VM with so many replicas and snapshots must manage. */
export function framesLeast(replicas: number): number {
  return replicas > 1 ? FRAMES_LEAST_WITH_REPLICAS : FRAMES_LEAST;
}
