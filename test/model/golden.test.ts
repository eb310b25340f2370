import { goldenSuite } from './golden-suite.ts';
import { ModelSubject } from './model-subject.ts';

goldenSuite('the plain model', true, (options) => new ModelSubject(options));
