import type { Candidate } from './candidate.ts';
import { precedes } from './seat-order.ts';
import { waterLevel } from './water-level.ts';

/**
 * Gives `count` (>= 0) further seats to the candidates, each up to its `limit`, in the order of `precedes`, and returns
 * how many were given: `count`, or less when all are full. The result is the one of giving seat by seat.
 *
 * It jumps to all seats whose pull/(2*seat+1) reaches one threshold and then gives or takes back the few that differ.
 * Those seats are a beginning of the seat order (all ties of the threshold included), so nothing else needs correcting.
 */
export function giveSeats(candidates: readonly Candidate[], count: number): number {
  let held = 0;
  let room = 0;
  for (const candidate of candidates) {
    candidate.base = candidate.replicas;
    held += candidate.replicas;
    room += candidate.limit - candidate.replicas;
  }
  if (count >= room) {
    for (const candidate of candidates) candidate.replicas = candidate.limit;
    return room;
  }
  if (count === 0) return 0;
  const missing = held + count - jump(candidates, waterLevel(candidates, held + count));
  if (missing > 0) move(candidates.filter(canGain), missing, 1, nextSeatFirst);
  if (missing < 0) move(candidates.filter(canLose), -missing, -1, lastSeatLast);
  return count;
}

/**
 * Sets every candidate to the number of seats with 2*seat+1 <= 2*level*pull, within base..limit; returns their sum.
 * The threshold has 24 bits and a pull 20, so the product is exact and no two seats can be confused by rounding.
 */
function jump(candidates: readonly Candidate[], level: number): number {
  const threshold = Math.fround(2 * level);
  let sum = 0;
  for (const candidate of candidates) {
    const reached = Math.floor((threshold * candidate.pull + 1) / 2);
    candidate.replicas = Math.max(candidate.base, Math.min(reached, candidate.limit));
    sum += candidate.replicas;
  }
  return sum;
}

type Before = (a: Candidate, b: Candidate) => boolean;

function canGain(candidate: Candidate): boolean {
  return candidate.replicas < candidate.limit;
}

function canLose(candidate: Candidate): boolean {
  return candidate.replicas > candidate.base;
}

function nextSeatFirst(a: Candidate, b: Candidate): boolean {
  return precedes(a, a.replicas, b, b.replicas);
}

function lastSeatLast(a: Candidate, b: Candidate): boolean {
  return precedes(b, b.replicas - 1, a, a.replicas - 1);
}

/** Adds `step` to the first candidate by `before`, `times` times; a candidate at its bound leaves. Reorders `heap`. */
function move(heap: Candidate[], times: number, step: 1 | -1, before: Before): void {
  const canMove = step === 1 ? canGain : canLose;
  for (let index = (heap.length >> 1) - 1; index >= 0; index--) siftDown(heap, index, before);
  for (let done = 0; done < times; done++) {
    const first = heap[0];
    if (first === undefined) return;
    first.replicas += step;
    const last = canMove(first) ? undefined : heap.pop();
    if (last !== undefined && last !== first) heap[0] = last;
    siftDown(heap, 0, before);
  }
}

function siftDown(heap: Candidate[], start: number, before: Before): void {
  const moving = heap[start];
  if (moving === undefined) return;
  let index = start;
  for (;;) {
    const left = 2 * index + 1;
    let child = heap[left];
    if (child === undefined) break;
    const right = heap[left + 1];
    const isRightFirst = right !== undefined && before(right, child);
    if (isRightFirst) child = right;
    if (!before(child, moving)) break;
    heap[index] = child;
    index = isRightFirst ? left + 1 : left;
  }
  heap[index] = moving;
}
