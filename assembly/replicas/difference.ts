// Looking for the pages in which replicas in step differ, one after the other.
import { ENTRY_OBJECT_MASK, NODE_ENTRIES, NODE_SHIFT } from '../shared/layout.ts';
import { STATUS_NO_SUCH_VM } from '../shared/status.ts';
import { fail } from '../store/control.ts';
import { vmIsLive } from '../store/vm.ts';
import { rootsCollect, tableHeight } from './step.ts';
import { areasCollect, areasGroup, childrenCollect, isSame } from './sweep.ts';

/** The first page at or above `from` below the `count` nodes of row `level`, plus 1; 0: none; or the negated status. */
function differenceBelow(level: u32, count: u32, height: u32, page: u32, from: u32): i32 {
  const shift = (height - 1) * NODE_SHIFT;
  const mask: u32 = height == 1 ? ENTRY_OBJECT_MASK : 0xffffffff;
  for (let index: u32 = from > page ? (from - page) >> shift : 0; index < (NODE_ENTRIES as u32); index++) {
    if (isSame(level, count, index, mask)) continue;
    const first = page + (index << shift);
    if (height == 1) {
      const groups = areasGroup(areasCollect(level, count, index));
      if (groups < 0) return groups;
      if (groups > 1) return first + 1;
      continue;
    }
    const found = differenceBelow(level + 1, childrenCollect(level, count, index), height - 1, first, from);
    if (found) return found;
  }
  return 0;
}

/** The first page at or above `from` in which the VM's replicas in step differ, plus 1; 0: none; or the negated status. */
export function vmDifference(vm: u32, from: u32): i32 {
  if (!vmIsLive(vm)) return -fail(STATUS_NO_SUCH_VM, vm, 0, 0);
  const count = rootsCollect(vm);
  const height = count < 2 ? 0 : tableHeight(vm);
  if (!height || (height * NODE_SHIFT < 32 && from >> (height * NODE_SHIFT))) return 0;
  return differenceBelow(0, count, height, 0, from);
}
