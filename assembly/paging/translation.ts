// Cached translations: a flat column of checked frame addresses a processor, one word a page, one column for loads and one for stores.
// A word holds while the generation in its page-offset bits is the processor's; a bumped generation drops all words at once. The highest of these bits is
// no generation's: in a word for stores it says that the engine has to see each of them.
import { PAGE_SHIFT } from '../shared/page.ts';
import {
  CB_COLUMN_PAGES,
  CB_COLUMN_TABLE,
  CB_COLUMN_TOP,
  CB_COUNT_PROCESSORS,
  CB_PROCESSOR_TABLE,
  PROCESSOR_BYTES,
  PROCESSOR_CAPACITY,
  PROCESSOR_LOAD_COLUMN,
  PROCESSOR_LOAD_GENERATION,
  PROCESSOR_NEXT,
  PROCESSOR_PAGES,
  PROCESSOR_PREVIOUS,
  PROCESSOR_REPLICA,
  PROCESSOR_STORE_COLUMN,
  PROCESSOR_STORE_GENERATION,
  PROCESSOR_VM,
  REPLICA_PAGES,
  REPLICA_PROCESSOR,
  VM_PROCESSOR_FIRST,
} from '../shared/layout.ts';
import { word, wordAdd, wordSet } from '../store/control.ts';
import { replicaRecord } from '../store/replica.ts';
import { vmRecord } from '../store/vm.ts';

export const OFFSET_MASK: u32 = (1 << PAGE_SHIFT) - 1;
/** In a word for stores, beside the generation: the page may be stored to, and the engine has to see it. */
export const SEEN: u32 = 1 << (PAGE_SHIFT - 1);

/** The processor record that belongs to a replica's number; number 0 is the null processor. */
export function processorRecord(replica: u32): usize {
  return word(CB_PROCESSOR_TABLE) + replica * PROCESSOR_BYTES;
}

/** Gives a replica a processor of its own, if there are columns left for it; else it runs on the null processor, by walking its table. */
export function processorAttach(vm: u32, replica: u32): void {
  const record = replicaRecord(replica);
  const pages = load<u32>(record + REPLICA_PAGES);
  const processor = processorRecord(replica);
  const capacity = load<u32>(processor + PROCESSOR_CAPACITY);
  if (capacity < pages) {
    const top = word(CB_COLUMN_TOP);
    if (pages > word(CB_COLUMN_PAGES) - top) {
      store<u32>(record + REPLICA_PROCESSOR, processorRecord(0) as u32);
      return;
    }
    const column: u32 = word(CB_COLUMN_TABLE) + (top << 3);
    wordSet(CB_COLUMN_TOP, top + pages);
    store<u32>(processor + PROCESSOR_LOAD_COLUMN, column);
    store<u32>(processor + PROCESSOR_STORE_COLUMN, column + (pages << 2));
    store<u32>(processor + PROCESSOR_CAPACITY, pages);
    store<u32>(processor + PROCESSOR_LOAD_GENERATION, 1);
    store<u32>(processor + PROCESSOR_STORE_GENERATION, 1);
  } else {
    processorDropLoads(processor);
    processorDropStores(processor);
  }
  store<u32>(processor + PROCESSOR_PAGES, pages);
  store<u32>(processor + PROCESSOR_REPLICA, replica);
  store<u32>(processor + PROCESSOR_VM, vmRecord(vm) as u32);
  const first = vmRecord(vm) + VM_PROCESSOR_FIRST;
  const next = load<u32>(first);
  store<u32>(processor + PROCESSOR_PREVIOUS, 0);
  store<u32>(processor + PROCESSOR_NEXT, next);
  if (next) store<u32>(next + PROCESSOR_PREVIOUS, processor as u32);
  store<u32>(first, processor as u32);
  store<u32>(record + REPLICA_PROCESSOR, processor as u32);
}

/** Takes a replica's processor away. */
export function processorDetach(vm: u32, replica: u32): void {
  const processor = processorRecord(replica) as u32;
  const record = replicaRecord(replica);
  if (load<u32>(record + REPLICA_PROCESSOR) != processor) return;
  const previous = load<u32>(processor + PROCESSOR_PREVIOUS);
  const next = load<u32>(processor + PROCESSOR_NEXT);
  if (previous) store<u32>(previous + PROCESSOR_NEXT, next);
  else store<u32>(vmRecord(vm) + VM_PROCESSOR_FIRST, next);
  if (next) store<u32>(next + PROCESSOR_PREVIOUS, previous);
  store<u32>(processor + PROCESSOR_PAGES, 0);
  store<u32>(processor + PROCESSOR_REPLICA, 0);
  store<u32>(record + REPLICA_PROCESSOR, processorRecord(0) as u32);
}

/** The word for a frame at `address` under a generation. */
export function translationFill(column: usize, page: u32, address: usize, generation: u32): void {
  store<u32>(column + (page << 2), (address as u32) | generation);
}

/** Drops all words for stores: before pages become shared. */
export function processorDropStores(processor: usize): void {
  drop(processor, PROCESSOR_STORE_GENERATION, PROCESSOR_STORE_COLUMN);
}

export function processorDropLoads(processor: usize): void {
  drop(processor, PROCESSOR_LOAD_GENERATION, PROCESSOR_LOAD_COLUMN);
}

function drop(processor: usize, generationOffset: i32, columnOffset: i32): void {
  let generation = load<u32>(processor + generationOffset);
  if (!generation) return; // the null processor
  generation++;
  if (generation >= SEEN) {
    memory.fill(load<u32>(processor + columnOffset), 0, load<u32>(processor + PROCESSOR_CAPACITY) << 2);
    generation = 1;
  }
  store<u32>(processor + generationOffset, generation);
}

/** No translation of the VM holds any longer. */
export function translationsDrop(vm: u32): void {
  let processor: usize = load<u32>(vmRecord(vm) + VM_PROCESSOR_FIRST);
  while (processor) {
    wordAdd(CB_COUNT_PROCESSORS, 1);
    processorDropLoads(processor);
    processorDropStores(processor);
    processor = load<u32>(processor + PROCESSOR_NEXT);
  }
}

/** No translation of the VM for stores holds any longer. */
export function translationsDropStores(vm: u32): void {
  let processor: usize = load<u32>(vmRecord(vm) + VM_PROCESSOR_FIRST);
  while (processor) {
    wordAdd(CB_COUNT_PROCESSORS, 1);
    processorDropStores(processor);
    processor = load<u32>(processor + PROCESSOR_NEXT);
  }
}

/** A page leaves the frame at `address`: drops the words for it in every processor of its VM. */
export function translationDropFrame(vm: u32, page: u32, address: usize): void {
  let processor: usize = load<u32>(vmRecord(vm) + VM_PROCESSOR_FIRST);
  while (processor) {
    wordAdd(CB_COUNT_PROCESSORS, 1);
    if (page < load<u32>(processor + PROCESSOR_PAGES)) {
      dropIfFrame(load<u32>(processor + PROCESSOR_LOAD_COLUMN) + (page << 2), address);
      dropIfFrame(load<u32>(processor + PROCESSOR_STORE_COLUMN) + (page << 2), address);
    }
    processor = load<u32>(processor + PROCESSOR_NEXT);
  }
}

function dropIfFrame(place: usize, address: usize): void {
  if ((load<u32>(place) & ~OFFSET_MASK) == (address as u32)) store<u32>(place, 0);
}

/** A page changes for one processor: drops its words. */
export function translationDropPage(processor: usize, page: u32): void {
  if (page >= load<u32>(processor + PROCESSOR_PAGES)) return;
  store<u32>(load<u32>(processor + PROCESSOR_LOAD_COLUMN) + (page << 2), 0);
  store<u32>(load<u32>(processor + PROCESSOR_STORE_COLUMN) + (page << 2), 0);
}

/** A page changes for the whole VM: drops the words for it in every processor. */
export function translationDropPages(vm: u32, page: u32): void {
  let processor: usize = load<u32>(vmRecord(vm) + VM_PROCESSOR_FIRST);
  while (processor) {
    wordAdd(CB_COUNT_PROCESSORS, 1);
    translationDropPage(processor, page);
    processor = load<u32>(processor + PROCESSOR_NEXT);
  }
}

/** A page must not be stored to unseen in any processor of the VM. */
export function translationDropStore(vm: u32, page: u32): void {
  let processor: usize = load<u32>(vmRecord(vm) + VM_PROCESSOR_FIRST);
  while (processor) {
    wordAdd(CB_COUNT_PROCESSORS, 1);
    if (page < load<u32>(processor + PROCESSOR_PAGES)) store<u32>(load<u32>(processor + PROCESSOR_STORE_COLUMN) + (page << 2), 0);
    processor = load<u32>(processor + PROCESSOR_NEXT);
  }
}
