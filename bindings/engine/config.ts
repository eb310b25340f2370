import * as layout from '../../assembly/shared/layout.ts';
import type { Core } from './core.ts';

/** Everything that the compiled engine is told once, in its own units. */
export interface CoreConfig {
  readonly regions: number;
  readonly regionBytes: number;
  readonly slots: number;
  readonly swapStore: number;
  readonly vms: number;
  readonly replicas: number;
  readonly changes: number;
  readonly players: number;
  readonly events: number;
  readonly pageObjects: number;
  readonly nodes: number;
  readonly mapNodes: number;
  readonly translatedPages: number;
  readonly queue: number;
  readonly expandSelection: number;
  /** SUMMARY_… bits: the summaries of regions that are kept. */
  readonly summaries: number;
  /** FEATURE_… bits. */
  readonly features: number;
  readonly accessNs: number;
  readonly readNs: number;
  readonly writeNs: number;
}

/** Writes the configuration words, before enginePlan. */
export function configWrite(core: Core, config: CoreConfig): void {
  core.wordSet(layout.CB_REGIONS, config.regions);
  core.wordSet(layout.CB_REGION_SHIFT, Math.log2(config.regionBytes / core.pageBytes));
  core.wordSet(layout.CB_SLOTS, config.slots);
  core.wordSet(layout.CB_SWAP_STORE, config.swapStore);
  core.wordSet(layout.CB_VMS, config.vms);
  core.wordSet(layout.CB_REPLICAS, config.replicas);
  core.wordSet(layout.CB_CHANGES, config.changes);
  core.wordSet(layout.CB_PLAYERS, config.players);
  core.wordSet(layout.CB_EVENTS, config.events);
  core.wordSet(layout.CB_PAGE_OBJECTS, config.pageObjects);
  core.wordSet(layout.CB_NODES, config.nodes);
  core.wordSet(layout.CB_MAP_NODES, config.mapNodes);
  core.wordSet(layout.CB_COLUMN_PAGES, config.translatedPages);
  core.wordSet(layout.CB_QUEUE, config.queue);
  core.wordSet(layout.CB_EXPAND_SELECTION, config.expandSelection);
  core.wordSet(layout.CB_SUMMARIES, config.summaries);
  core.wordSet(layout.CB_FEATURES, config.features);
  core.wordSet(layout.CB_EVENT_MASK, 0);
  core.numberSet(layout.CB_ACCESS_NS, config.accessNs);
  core.numberSet(layout.CB_READ_NS, config.readNs);
  core.numberSet(layout.CB_WRITE_NS, config.writeNs);
}
