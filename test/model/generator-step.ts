/** What a drawn step is made of, and what it finds when its turn comes. */
import type { ModelSubject } from './model-subject.ts';
import type { Operation } from './operation.ts';
import type { Vm, WorldOptions } from './world.ts';

export interface Step {
  readonly kind: string;
  /** Who: modulo the live VMs, replicas or changes. */
  readonly who: number;
  /** Where: a page or slot, modulo what there is and a little more. */
  readonly where: number;
  readonly amount: number;
  readonly detail: number;
  /** For steps that need many numbers: where `numbersFrom` begins. */
  readonly seed: number;
}

export interface MachineRun {
  readonly world: Omit<WorldOptions, 'pageBytes'>;
  readonly store: 'linear' | 'host';
  readonly columnPages: number;
  readonly spacePages: number;
  readonly firstVms: readonly Step[];
  readonly steps: readonly Step[];
}

/** The state in which a step is decided. */
export interface Scene {
  readonly subject: ModelSubject;
  readonly run: MachineRun;
  readonly pageBytes: number;
  readonly vms: readonly Vm[];
  readonly vm: Vm | undefined;
  readonly vmNumber: number;
  /** Regions that the VM manages. */
  readonly managed: number;
  readonly requestNs: number;
}

/** A VM or replica that there is not. */
export const NOBODY = -1;

/** An item by a drawn number; undefined where there is none. */
export function pick<Item>(items: readonly Item[], number: number): Item | undefined {
  return items.length === 0 ? undefined : items[number % items.length];
}

/** The first replica of a VM. */
export function replicaOf(subject: ModelSubject, vm: number): number {
  return subject.replicas.findIndex((replica) => replica.live && !replica.isSnapshot && replica.vm.name === vm);
}

/** Numbers of the scene's VM's replicas. */
export function replicasOf({ subject, vm }: Scene): number[] {
  return holdersOf(subject, vm).filter((number) => subject.replicas[number]?.isSnapshot === false);
}

/** Numbers of a VM's replicas and snapshots. */
export function holdersOf(subject: ModelSubject, vm: Vm | undefined): number[] {
  return subject.replicas.flatMap((replica, number) => (replica.live && replica.vm === vm ? [number] : []));
}

/** Replicas and snapshots in all that a world may come to. */
const HOLDERS_MOST = 7;

export function holdersLeft(subject: ModelSubject): number {
  return HOLDERS_MOST - subject.replicas.filter(({ live }) => live).length;
}

/** Stores `byte` to a VM's whole address space. */
export function fillAll({ subject, run, pageBytes }: Scene, vm: number, byte: number): Operation {
  return { op: 'fill', replica: replicaOf(subject, vm), address: 0, length: run.spacePages * pageBytes, byte };
}

export interface Numbers {
  /** A number below `end`. */
  below(end: number): number;
  /** One of some items. */
  of<const Item>(items: readonly [Item, ...Item[]]): Item;
  shuffled<Item>(items: readonly Item[]): Item[];
}

/** Numbers that follow from a seed (a linear congruence; the high bits are used). */
export function numbersFrom(seed: number): Numbers {
  let state = seed >>> 0;
  const below = (end: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * end);
  };
  return {
    below,
    of: (items) => items[below(items.length)] ?? items[0],
    shuffled: (items) => {
      const left = [...items];
      return items.flatMap(() => left.splice(below(left.length), 1));
    },
  };
}
