import { goldenSuite } from './golden-suite.ts';
import { ModelSubject } from './model-subject.ts';

goldenSuite('the plain model', (options) => new ModelSubject(options));
