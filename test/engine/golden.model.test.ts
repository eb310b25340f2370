import { goldenSuite } from '../model/golden-suite.ts';
import { EngineSubject, rawOptions } from '../model/engine-subject.ts';
import { buildOf } from '../support/builds.ts';
import { RawEngine } from '../support/raw.ts';

for (const store of ['linear', 'host'] as const) {
  goldenSuite(`the compiled engine with a ${store} store`, store === 'host', (options) => {
    return new EngineSubject(new RawEngine(buildOf('debug', options.pageBytes / 1024)), rawOptions(options, store, 64));
  });
}
