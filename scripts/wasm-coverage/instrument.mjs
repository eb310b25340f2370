// Puts a counter at the start of each function, of each arm of an `if` and of each loop's body. The counters are imported mutable globals
// (module "coverage", names 0, 1, …), so that all instances of a process share them and nothing of the engine's own memory is used.
import { concat, moduleOf, OPCODE, Reader, SECTION, sections, skipImmediates, varint } from './binary.mjs';

const KIND_GLOBAL = 3;
const I32 = 0x7f;
const MUTABLE = 1;

/** @typedef {'function' | 'if' | 'else' | 'loop'} Kind */
/** @typedef {{ kind: Kind, offset: number }} Point where a counter stands; the offset is in the module without counters */

/** @param {string} text */
const name = (text) => [...varint(text.length), ...new TextEncoder().encode(text)];

/** How many of the imports are globals. @param {Uint8Array} payload of the import section */
function importedGlobals(payload) {
  const reader = new Reader(payload);
  let globals = 0;
  for (let i = reader.varint(); i > 0; i--) {
    reader.skip(reader.varint());
    reader.skip(reader.varint());
    const kind = reader.byte();
    if (kind === 0) reader.skipVarint();
    else if (kind === 2) skipLimits(reader);
    else if (kind === KIND_GLOBAL) {
      reader.skip(2);
      globals++;
    } else throw new Error('a table is imported: this instrumenter does not know how');
  }
  return globals;
}

/** @param {Reader} reader */
function skipLimits(reader) {
  const flags = reader.byte();
  reader.skipVarint();
  if ((flags & 1) !== 0) reader.skipVarint();
}

/** The import section with the counters behind what was there. @param {Uint8Array} payload @param {number} counters */
function importsWith(payload, counters) {
  const reader = new Reader(payload);
  const count = reader.varint();
  const added = Array.from({ length: counters }, (_, i) => [...name('coverage'), ...name(String(i)), KIND_GLOBAL, I32, MUTABLE]).flat();
  return concat([new Uint8Array(varint(count + counters)), payload.subarray(reader.at), new Uint8Array(added)]);
}

/** The places in the code section at which a counter goes. @param {Uint8Array} payload @param {number} start its place in the module @returns {Point[]} */
function pointsOf(payload, start) {
  /** @type {Point[]} */
  const points = [];
  walk(payload, (kind, behind) => {
    if (kind) points.push({ kind, offset: start + behind });
  });
  return points;
}

/**
 * Calls `visit` for the start of each function's instructions and for each instruction, in order, with the place behind it, and where the instruction begins.
 * @param {Uint8Array} payload
 * @param {(kind: Kind | undefined, behind: number, begin: number, opcode: number) => void} visit
 * @param {(locals: number) => void} [open] called before each function body, with the place of its locals
 */
function walk(payload, visit, open) {
  const reader = new Reader(payload);
  for (let i = reader.varint(); i > 0; i--) {
    const size = reader.varint();
    const locals = reader.at;
    const end = locals + size;
    for (let groups = reader.varint(); groups > 0; groups--) {
      reader.skipVarint();
      reader.skip(1);
    }
    open?.(locals);
    visit('function', reader.at, reader.at, -1);
    while (reader.at < end) {
      const begin = reader.at;
      const opcode = reader.byte();
      skipImmediates(reader, opcode);
      visit(kindOf(opcode), reader.at, begin, opcode);
    }
    if (reader.at !== end)
      throw new Error(`the instructions of a function do not end where its body ends (byte ${end} of the code section)`);
  }
}

/** @param {number} opcode @returns {Kind | undefined} */
function kindOf(opcode) {
  if (opcode === OPCODE.if) return 'if';
  if (opcode === OPCODE.else) return 'else';
  return opcode === OPCODE.loop ? 'loop' : undefined;
}

/** The code section with counting instructions. @param {Uint8Array} payload @param {number} first index of the first counter @param {number} counters */
function codeWith(payload, first, counters) {
  /** @type {Uint8Array[][]} */
  const bodies = [];
  let from = 0;
  let counter = first;
  /** @param {Uint8Array} piece */
  const emit = (piece) => {
    /** @type {Uint8Array[]} */ (bodies.at(-1)).push(piece);
  };
  walk(
    payload,
    (kind, behind, begin, opcode) => {
      if (opcode === OPCODE.globalGet || opcode === OPCODE.globalSet) {
        const index = new Reader(payload, begin + 1).varint();
        emit(payload.subarray(from, begin));
        emit(new Uint8Array([opcode, ...varint(index < first ? index : index + counters)]));
      } else emit(payload.subarray(from, behind));
      from = behind;
      if (kind === undefined) return;
      // global.get counter, i32.const 1, i32.add, global.set counter
      emit(new Uint8Array([OPCODE.globalGet, ...varint(counter), 0x41, 0x01, 0x6a, OPCODE.globalSet, ...varint(counter)]));
      counter++;
    },
    (code) => {
      bodies.push([]);
      from = code;
    },
  );
  const pieces = bodies.map(concat).flatMap((body) => [new Uint8Array(varint(body.length)), body]);
  return concat([new Uint8Array(varint(bodies.length)), ...pieces]);
}

/** The module with counters, and what each of them counts. @param {Uint8Array} bytes @returns {{ bytes: Uint8Array, points: Point[] }} */
export function instrument(bytes) {
  const parts = sections(bytes);
  const imports = parts.find(({ id }) => id === SECTION.import);
  const code = parts.find(({ id }) => id === SECTION.code);
  if (!imports || !code) throw new Error('the module imports nothing or has no code');
  const points = pointsOf(code.payload, code.start);
  const first = importedGlobals(imports.payload);
  const changed = parts
    // the names of globals would be off by the number of counters; debuggers do without
    .filter(({ id }) => id !== SECTION.custom)
    .map(({ id, payload }) => {
      if (id === SECTION.import) return { id, payload: importsWith(payload, points.length) };
      if (id === SECTION.code) return { id, payload: codeWith(payload, first, points.length) };
      return { id, payload };
    });
  return { bytes: moduleOf(bytes, changed), points };
}
