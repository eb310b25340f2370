// The short way of a store that is compared: to a page that the replica has alone, known and in its cached translations. It costs what the bytes written
// cost: one term of the page's hash, and a look at the other known pages of its number. In a class because only there it can be told to be inlined.
import { HashTerm } from '../base/page-hash.ts';
import { CB_ZERO_HASH, OBJECT_COPY, OBJECT_FLAGS, OBJECT_HASH, OBJECT_HASHED, OBJECT_KNOWN, PROCESSOR_REPLICA } from '../shared/layout.ts';
import { Known } from '../paging/known.ts';
import { objectRecord } from '../paging/page-object.ts';
import { word } from '../store/control.ts';
import { frameAt, frameObject } from '../store/frame.ts';
import { replicaRecord } from '../store/replica.ts';
import { storeSettle } from './on-write.ts';

export class SeenStore {
  /** The page object in the frame at `frame`, if the short way will do for it; else 0: nothing has happened. */
  @inline static object(frame: usize): u32 {
    const object = frameObject(frameAt(frame));
    return (load<u16>(objectRecord(object) + OBJECT_FLAGS) & ~(OBJECT_COPY | OBJECT_HASHED)) == OBJECT_KNOWN ? object : 0;
  }

  /** Stores the word at byte `offset`, a multiple of 4, of a page (S8, S9), and compares it (S11, S12). `processor` runs the replica. */
  @inline static store(processor: usize, object: u32, frame: usize, offset: u32, value: u32): void {
    const record = objectRecord(object);
    const hash = load<u32>(record + OBJECT_HASH) + HashTerm.change(frame, offset, load<u32>(frame + offset), value);
    store<u32>(frame + offset, value);
    store<u32>(record + OBJECT_HASH, hash);
    if (SeenStore.mayEqual(object, hash)) storeSettle(replicaRecord(load<u32>(processor + PROCESSOR_REPLICA)), object, false);
  }

  /** Has any page of its ring the same hash, or have zeros it? */
  @inline static mayEqual(object: u32, hash: u32): bool {
    if (hash == word(CB_ZERO_HASH)) return true;
    for (let other = load<u32>(Known.ring(object)); other != object; other = load<u32>(Known.ring(other))) {
      if (load<u32>(objectRecord(other) + OBJECT_HASH) == hash) return true;
    }
    return false;
  }
}
