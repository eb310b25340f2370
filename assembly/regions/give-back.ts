// Regions that come back to the VM that still uses them, in runs: as managerSet does it for one. They keep their places, and nothing waits for them.
import {
  CB_REGION_FREE,
  CB_REGION_MANAGER,
  CB_REGION_MANAGER_SLOT,
  CB_REGION_REDUCE,
  CB_REGION_USER,
  CB_REGION_USER_SLOT,
  EVENT_GRANT,
  FLAG_CAPACITY_NOW,
  MAP_MANAGES,
  SEEK_BORROWED,
  SEEK_MANAGED,
  VM_OWN,
  VM_WITHDRAWN,
} from '../shared/layout.ts';
import { word } from '../store/control.ts';
import { mapLeaf, mapLeafBits, mapLeafBitsSet, mapRenew } from '../store/machine-map.ts';
import { regionManager, regionModes, regionReduce, regionUser, regionUserSlot } from '../store/region.ts';
import { vmRecord } from '../store/vm.ts';
import { bitsOf, wordsFill } from './bits.ts';
import { changeSupersede } from './change.ts';
import { runExtend } from './run.ts';

/** How many regions from `region` on, used by `vm` and managed by nobody, lie next to each other in one leaf of the pool and in one of the VM. */
function runOf(region: u32, vm: u32, most: u32): u32 {
  const slot = regionUserSlot(region);
  const reduction = regionReduce(region);
  const limit = min<u32>(most, min<u32>(64 - ((region - 1) & 63), 64 - ((slot - 1) & 63)));
  const offset = region << 2;
  const users: usize = word(CB_REGION_USER) + offset;
  const managers: usize = word(CB_REGION_MANAGER) + offset;
  const slots: usize = word(CB_REGION_USER_SLOT) + offset;
  const reductions: usize = word(CB_REGION_REDUCE) + offset;
  let expected = v128.add<i32>(i32x4.splat(slot), i32x4(0, 1, 2, 3));
  let count: u32 = 0;
  while (count + 4 <= limit) {
    const at = count << 2;
    const differences = v128.or(
      v128.or(v128.xor(v128.load(users + at), i32x4.splat(vm)), v128.load(managers + at)),
      v128.or(v128.xor(v128.load(slots + at), expected), v128.xor(v128.load(reductions + at), i32x4.splat(reduction))),
    );
    if (v128.any_true(differences)) break;
    expected = v128.add<i32>(expected, i32x4.splat(4));
    count += 4;
  }
  while (count < limit) {
    const next = region + count;
    if (regionUser(next) != vm || regionManager(next) || regionUserSlot(next) != slot + count || regionReduce(next) != reduction) break;
    count++;
  }
  return count;
}

/** Which of `count` regions have a free frame, from bit `first` on. */
function withRoom(region: u32, count: u32, first: u32): u64 {
  const frees: usize = word(CB_REGION_FREE) + (region << 2);
  let bits: u64 = 0;
  let i: u32 = 0;
  for (; i + 4 <= count; i += 4) {
    bits |= (i32x4.bitmask(i32x4.ne(v128.load(frees + (i << 2)), i32x4.splat(0))) as u64) << ((first + i) as u64);
  }
  for (; i < count; i++) bits |= ((load<u32>(frees + (i << 2)) ? 1 : 0) as u64) << ((first + i) as u64);
  return bits;
}

/** Up to `most` regions from `region` on. Their manager's and the pool's totals are left to the caller. Returns how many. */
export function regionsGiveBack(vm: u32, region: u32, most: u32, change: u32, timeNs: f64): u32 {
  const count = runOf(region, vm, most);
  const slot = regionUserSlot(region) - 1;
  const reduction = regionReduce(region);
  const record = vmRecord(vm);
  const offset = region << 2;
  if (regionModes(region) & FLAG_CAPACITY_NOW) store<u32>(record + VM_WITHDRAWN, load<u32>(record + VM_WITHDRAWN) - count);
  wordsFill(word(CB_REGION_MANAGER) + offset, count, vm, 0);
  wordsFill(word(CB_REGION_MANAGER_SLOT) + offset, count, slot + 1, 1);
  wordsFill(word(CB_REGION_REDUCE) + offset, count, 0, 0);
  store<u32>(record + VM_OWN, load<u32>(record + VM_OWN) + count);
  const leaf = mapLeaf(vm, slot);
  const bits = bitsOf(slot & 63, count);
  mapLeafBitsSet(leaf, MAP_MANAGES, mapLeafBits(leaf, MAP_MANAGES) | bits);
  mapLeafBitsSet(leaf, SEEK_MANAGED, mapLeafBits(leaf, SEEK_MANAGED) | withRoom(region, count, slot & 63));
  mapLeafBitsSet(leaf, SEEK_BORROWED, mapLeafBits(leaf, SEEK_BORROWED) & ~bits);
  mapRenew(vm, slot);
  const poolLeaf = mapLeaf(0, region - 1);
  mapLeafBitsSet(poolLeaf, MAP_MANAGES, mapLeafBits(poolLeaf, MAP_MANAGES) & ~bitsOf((region - 1) & 63, count));
  mapRenew(0, region - 1);
  if (reduction) changeSupersede(reduction, region, count, timeNs);
  runExtend(EVENT_GRANT, vm, region, slot, count, change, timeNs);
  return count;
}
