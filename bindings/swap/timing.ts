import { checkChoice } from '../options.ts';
import { parseBandwidth, parseTimeNs } from '../units.ts';
import type { Quantity } from '../units.ts';

/** Time that the device takes on the virtual clock: latency + bytes / bandwidth for each page. */
export interface DeviceTiming {
  readonly readLatencyNs: number;
  readonly writeLatencyNs: number;
  /** Bytes per second; Infinity: the transfer costs nothing. */
  readonly readBandwidth: number;
  readonly writeBandwidth: number;
}

export type DevicePreset = 'nvme' | 'ssd' | 'disk' | 'network';

/**
 * Round figures for a class of device, for one page at a time; not one product. Where they come from: docs/swap.md.
 * - `nvme`: TLC flash on PCIe 3: random read about 90 us, writes land in the drive's own memory in about 25 us; 3 and 2 GB/s.
 * - `ssd`: the same flash behind SATA 3 (6 Gbit/s, about 550 MB/s of payload) and AHCI: about 120 and 60 us.
 * - `disk`: 7,200 turns a minute: half a turn (4.17 ms) and an average seek (8.5 ms reading, 9.5 ms writing); 200 MB/s.
 * - `network`: memory of a neighbour over 10 Gbit/s Ethernet and TCP: a round trip of about 50 us; 1.1 GB/s of payload.
 */
export const DEVICE_PRESETS: Readonly<Record<DevicePreset, DeviceTiming>> = {
  nvme: { readLatencyNs: 90_000, writeLatencyNs: 25_000, readBandwidth: 3e9, writeBandwidth: 2e9 },
  ssd: { readLatencyNs: 120_000, writeLatencyNs: 60_000, readBandwidth: 5.5e8, writeBandwidth: 5.2e8 },
  disk: { readLatencyNs: 12_670_000, writeLatencyNs: 13_670_000, readBandwidth: 2e8, writeBandwidth: 2e8 },
  network: { readLatencyNs: 50_000, writeLatencyNs: 50_000, readBandwidth: 1.1e9, writeBandwidth: 1.1e9 },
};

const NO_TIME: DeviceTiming = { readLatencyNs: 0, writeLatencyNs: 0, readBandwidth: Infinity, writeBandwidth: Infinity };

export interface TimingOptions {
  /** Where the numbers start from; without it, from no time at all. */
  readonly device?: DevicePreset | undefined;
  readonly readLatency?: Quantity | undefined;
  readonly writeLatency?: Quantity | undefined;
  readonly readBandwidth?: Quantity | undefined;
  readonly writeBandwidth?: Quantity | undefined;
}

export const TIMING_FIELDS = ['device', 'readLatency', 'writeLatency', 'readBandwidth', 'writeBandwidth'] as const;

/** The timing that `options` (the field `what`) describe: a preset, and single figures over it. */
export function deviceTiming(what: string, options: TimingOptions): DeviceTiming {
  const { device, readLatency, writeLatency, readBandwidth, writeBandwidth } = options;
  const preset = device === undefined ? NO_TIME : DEVICE_PRESETS[checkChoice(`${what}.device`, device, DEVICE_PRESETS)];
  return {
    readLatencyNs: readLatency === undefined ? preset.readLatencyNs : parseTimeNs(`${what}.readLatency`, readLatency),
    writeLatencyNs: writeLatency === undefined ? preset.writeLatencyNs : parseTimeNs(`${what}.writeLatency`, writeLatency),
    readBandwidth: readBandwidth === undefined ? preset.readBandwidth : parseBandwidth(`${what}.readBandwidth`, readBandwidth),
    writeBandwidth: writeBandwidth === undefined ? preset.writeBandwidth : parseBandwidth(`${what}.writeBandwidth`, writeBandwidth),
  };
}

/** Whole nanoseconds, rounded up, that one page takes. */
export function pageTimeNs(latencyNs: number, bandwidth: number, pageBytes: number): number {
  return latencyNs + Math.ceil((pageBytes * 1e9) / bandwidth);
}
