// Pages that are held at several addresses, as a scan leaves them: a page object's own page number does not say where it is mapped.
import { OBJECT_FRAME, OBJECT_PAGE, OBJECT_SCATTERED } from '../shared/layout.ts';
import { frameAddress } from '../store/frame.ts';
import { objectFlag, objectHas, objectRecord, objectUnflag, objectVm } from './page-object.ts';
import { knownForget } from './known.ts';
import { translationDropFrame, translationsDrop } from './translation.ts';

/** An entry of page `page` refers to the object from now on. Pages that comparison on write knows are at one address. */
export function objectHold(object: u32, page: u32): void {
  if (objectHas(object, OBJECT_SCATTERED) || load<u32>(objectRecord(object) + OBJECT_PAGE) == page) return;
  knownForget(object);
  objectFlag(object, OBJECT_SCATTERED);
}

/** The object has one entry left, that of page `page`. */
export function objectGather(object: u32, page: u32): void {
  if (!objectHas(object, OBJECT_SCATTERED)) return;
  store<u32>(objectRecord(object) + OBJECT_PAGE, page);
  objectUnflag(object, OBJECT_SCATTERED);
}

/** A page leaves its frame: drops the words for it in every processor of its VM, wherever they are. */
export function objectDropTranslations(object: u32): void {
  const record = objectRecord(object);
  const vm = objectVm(object);
  if (objectHas(object, OBJECT_SCATTERED)) translationsDrop(vm);
  else translationDropFrame(vm, load<u32>(record + OBJECT_PAGE), frameAddress(load<u32>(record + OBJECT_FRAME)));
}
