import { campaignSuite } from './campaign-suite.ts';

campaignSuite('debug');
