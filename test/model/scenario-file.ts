/** Reads a golden scenario file into the model's numbers. Knows the forms that the golden files use, and no more. */
import { readFileSync } from 'node:fs';
import type { Scenario } from './scenario.ts';
import { lackeyParse } from './trace.ts';

const UNITS: Readonly<Record<string, number>> = { '': 1, KiB: 1024, MiB: 1024 ** 2, ns: 1, us: 1000 };

/** A number with a unit, signed. */
function quantity(text: string): number {
  const [, digits = '', unit = ''] = /^([+-]?\d+)([A-Za-z]*)$/.exec(text) ?? [];
  const factor = UNITS[unit];
  if (digits === '' || factor === undefined) throw new Error(`golden file: ${text} is no quantity`);
  return Number(digits) * factor;
}

interface ScenarioFile {
  readonly memory: string;
  readonly region: string;
  readonly swap: { readonly size: string; readonly readLatency: string; readonly writeLatency: string };
  readonly vms: readonly { readonly name: string; readonly memory: string; readonly trace: string }[];
  readonly changes: readonly {
    readonly when: { readonly vm: string; readonly progress: number };
    readonly reconfigure: Readonly<Record<string, string>>;
  }[];
}

export function scenarioRead(url: URL, pageBytes: number): Scenario {
  const file = JSON.parse(readFileSync(url, 'utf8')) as ScenarioFile;
  const regionBytes = quantity(file.region);
  const regionsOf = (amount: string): number => quantity(amount) / regionBytes;
  const numberOf = (name: string): number => file.vms.findIndex((vm) => vm.name === name);
  const vms = file.vms.map((vm) => ({
    regions: regionsOf(vm.memory),
    trace: lackeyParse(readFileSync(new URL(vm.trace, url), 'utf8')),
    eviction: 'lru' as const,
  }));
  return {
    world: {
      pageBytes,
      regionPages: regionBytes / pageBytes,
      regions: regionsOf(file.memory),
      slots: quantity(file.swap.size) / pageBytes,
      accessNs: 1,
      readNs: quantity(file.swap.readLatency),
      writeNs: quantity(file.swap.writeLatency),
      queue: 1,
      expand: 'lowest',
    },
    vms,
    changes: file.changes.map(({ when, reconfigure }) => ({
      vm: numberOf(when.vm),
      record: Math.floor(when.progress * (vms[numberOf(when.vm)]?.trace.length ?? 0)),
      reconfigure: Object.entries(reconfigure).map(([name, amount]) => ({ vm: numberOf(name), regions: regionsOf(amount) })),
    })),
  };
}
