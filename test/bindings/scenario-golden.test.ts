import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readScenario } from '../../bindings/scenario/read.ts';
import { runScenario } from '../../bindings/scenario/run.ts';
import { shippedBuilds } from '../support/builds.ts';
import { engineOn } from './scenario-support.ts';

const GOLDEN = new URL('../golden/', import.meta.url);

interface Expected {
  readonly runs: readonly {
    readonly strategy: string;
    readonly virtualNs: number;
    readonly vms: readonly { readonly finishNs: number }[];
    readonly reconfigurations: readonly object[];
  }[];
}

describe.each(shippedBuilds)('the scenario worked out by hand in test/golden/two-vms.md, on $name', (build) => {
  it.each([
    { title: 'L records store too, as they do by default', file: 'two-vms.loads-store.expected.json', fields: {} },
    { title: 'L records only load', file: 'two-vms.expected.json', fields: { loadsStore: false } },
  ])('gives every number of the expected JSON: $title', async ({ file, fields }) => {
    const expected = JSON.parse(readFileSync(new URL(file, GOLDEN), 'utf8')) as Expected;
    const { create, pageBytes } = engineOn(build);
    const scenario = await readScenario(fileURLToPath(new URL('two-vms.scenario.json', GOLDEN)), { pageBytes });
    const { result } = await runScenario({ ...scenario, ...fields }, { engineCreate: create, pageBytes });
    expect(result.contentsEqual).toBe(true);
    expect(result.runs).toHaveLength(expected.runs.length);
    expected.runs.forEach((run, index) => {
      const { vms, ...rest } = run;
      expect(result.runs[index]).toMatchObject({ ...rest, vms: vms.map(({ finishNs, ...vm }) => ({ ...vm, virtualNs: finishNs })) });
    });
  });
});
