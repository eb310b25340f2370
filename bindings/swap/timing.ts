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
 * Round figures for a class of device, one request at a time, from data sheets; on flash 20 us (read) and 5 us (write) are added for the host's software.
 * - `nvme`: TLC flash on PCIe 3, as Samsung 960 EVO: 14,000 reads and 50,000 writes a second at queue depth 1 (writes end in the drive's cache).
 * - `ssd`: TLC flash on SATA 3, as Samsung 850 EVO: 10,000 reads and 40,000 writes a second at queue depth 1; 540 and 520 MB/s.
 * - `disk`: 7,200 turns a minute, as Hitachi Deskstar 7K1000.C: half a turn (4.17 ms) and an average seek (8.5 ms reading, 9.5 ms writing).
 * - `network`: memory of a neighbour over 10 Gbit/s Ethernet: our assumption of a round trip, and what is left of the line for payload.
 */
export const DEVICE_PRESETS: Readonly<Record<DevicePreset, DeviceTiming>> = {
  nvme: { readLatencyNs: 90_000, writeLatencyNs: 25_000, readBandwidth: 3e9, writeBandwidth: 2e9 },
  ssd: { readLatencyNs: 110_000, writeLatencyNs: 25_000, readBandwidth: 5.4e8, writeBandwidth: 5.2e8 },
  disk: { readLatencyNs: 12_670_000, writeLatencyNs: 13_670_000, readBandwidth: 1.5e8, writeBandwidth: 1.5e8 },
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
