// Writes lackey's text: the way back from a compact trace.
import { KIND_FETCH, TRACE_UNIT_SHIFT } from '../../assembly/shared/trace-format.ts';
import type { RecordBatch } from './record.ts';

const NEWLINE = 0x0a;
const SPACE = 0x20;
const COMMA = 0x2c;
const DIGIT_0 = 0x30;
const LETTER_I = 0x49;

const OFFSET_DIGITS = TRACE_UNIT_SHIFT / 4;
const KIND_LETTER = Uint8Array.from(' LSM', (letter) => letter.charCodeAt(0));
const HEX_DIGIT = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));
const LACKEY_UNIT_DIGITS = 8 - OFFSET_DIGITS;
/** 'I  ', 16 digits, a comma, 4 digits, the newline. */
const LACKEY_LINE_BYTES = 3 + 16 + 1 + 4 + 1;

/** Lackey's text of records. At least eight digits of address, as lackey has them. */
export class LackeyWriter {
  #text = new Uint8Array(1 << 16);
  #used = 0;

  /** The text of a batch; it holds until the next call. */
  write(batch: RecordBatch): Uint8Array {
    const most = batch.count * LACKEY_LINE_BYTES;
    if (this.#text.length < most) this.#text = new Uint8Array(most);
    this.#used = 0;
    for (let i = 0; i < batch.count; i++) this.#line(batch.kinds[i]!, batch.units[i]!, batch.offsets[i]!, batch.sizes[i]!);
    return this.#text.subarray(0, this.#used);
  }

  #line(kind: number, unit: number, offset: number, size: number): void {
    const text = this.#text;
    let at = this.#used;
    text[at++] = kind === KIND_FETCH ? LETTER_I : SPACE;
    text[at++] = kind === KIND_FETCH ? SPACE : KIND_LETTER[kind]!;
    text[at++] = SPACE;
    let digits = LACKEY_UNIT_DIGITS;
    for (let rest = unit / 16 ** digits; rest >= 1; rest /= 16) digits++;
    const end = at + digits;
    for (let place = end - 1, rest = unit; place >= at; place--) {
      const quotient = Math.floor(rest / 16);
      text[place] = HEX_DIGIT[rest - quotient * 16]!;
      rest = quotient;
    }
    at = end;
    for (let place = OFFSET_DIGITS - 1; place >= 0; place--) text[at++] = HEX_DIGIT[(offset >>> (place * 4)) & 15]!;
    text[at++] = COMMA;
    for (let power = size >= 1000 ? 1000 : size >= 100 ? 100 : size >= 10 ? 10 : 1; power >= 1; power = Math.floor(power / 10)) {
      text[at++] = DIGIT_0 + (Math.floor(size / power) % 10);
    }
    text[at++] = NEWLINE;
    this.#used = at;
  }
}
